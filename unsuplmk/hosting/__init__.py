"""Whose code may enter, and how long it may take; new plugins written, and parts declared."""
