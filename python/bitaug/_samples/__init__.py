"""A data set's samples, in whatever shape: what all adapters share."""
