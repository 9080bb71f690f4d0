"""The ops, by families: each class is the face of one op of the core."""
