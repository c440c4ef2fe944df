"""Landmarks drawn: on images, into videos, and geometry in another image's style."""
