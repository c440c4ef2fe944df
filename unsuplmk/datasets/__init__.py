"""Datasets: frames found by name."""
