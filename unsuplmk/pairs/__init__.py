"""Pair sources: which two frames make a pair."""
