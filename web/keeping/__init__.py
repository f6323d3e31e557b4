"""What is done to a whole record: proved, moved to new trees, erased when it has come of age."""
