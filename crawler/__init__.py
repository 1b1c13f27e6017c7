"""From an address to a clean release: sources, fetching, reading, repair."""
