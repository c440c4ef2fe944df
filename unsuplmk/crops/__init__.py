"""Crops: where the object is in each frame."""
