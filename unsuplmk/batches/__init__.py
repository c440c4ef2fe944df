"""From frames to batches: packed, sharded, ordered, augmented."""
