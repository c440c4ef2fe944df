"""Metrics: figures about predicted points."""
