"""What the training loop is put together from, and what keeps a run that cannot work from starting."""
