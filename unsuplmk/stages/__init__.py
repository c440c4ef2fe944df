"""Stages: what happens beside the training step."""
