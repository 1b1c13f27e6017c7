"""When things happen, and the command line."""
