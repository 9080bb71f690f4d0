"""The pipeline once more, in plain NumPy, written from docs/spec.md: the oracle of the bytes."""
