"""What a transform is: the declaration that all ops share, its calls, addresses and targets."""
