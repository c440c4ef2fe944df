"""Bottlenecks: heatmaps to points to maps."""
