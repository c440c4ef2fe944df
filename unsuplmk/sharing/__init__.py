"""Runs for others, and runs of others: hub, folders, model cards."""
