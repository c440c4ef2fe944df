"""A look at data before training: what is there, what may spoil a run, contact sheets."""
