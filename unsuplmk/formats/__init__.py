"""Formats: files of tracks."""
