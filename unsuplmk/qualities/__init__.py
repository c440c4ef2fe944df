"""Qualities: figures about rebuilt images."""
