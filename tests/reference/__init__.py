"""The pipeline a second time, in plain NumPy, written from docs/spec.md: the oracle of the bytes."""
