"""Files as they are read: a folder, and a document with its places."""
