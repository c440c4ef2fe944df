"""From DATA to frames: which files hold them, what is cut out of each, and how they are made square."""
