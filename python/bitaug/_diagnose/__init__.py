"""What is wrong with data, loaders and machines: audit, compare, leaks, verify."""
