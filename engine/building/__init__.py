"""How a tree is put together from documents, and the rules between its keys."""
