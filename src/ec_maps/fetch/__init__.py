"""One file from a publisher into the cache."""
