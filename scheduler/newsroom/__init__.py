"""The bundled newsroom: made-up bodies of a made-up harbour, for `baywire demo` and the tests."""
