"""Trackers: filters over time."""
