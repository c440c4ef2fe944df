"""The detector as a file that runs without this library."""
