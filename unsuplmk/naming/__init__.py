"""Named points from a few labelled frames, and which frames to label next."""
