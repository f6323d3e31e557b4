"""How a walk moves: from a node to the next that waits, and what it keeps of the way."""
