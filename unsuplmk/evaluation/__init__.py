"""How good landmarks are: protocols, linear maps, published figures, and what else is asked of a run."""
