"""Generators: source and landmarks to target."""
