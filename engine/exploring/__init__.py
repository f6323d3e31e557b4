"""What exploring is made of: states of which only what matters is known."""
