"""Encoders: image to heatmaps."""
