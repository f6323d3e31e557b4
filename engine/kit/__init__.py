"""What a verb is made with: parts of its node, what it reads, what it answers."""
