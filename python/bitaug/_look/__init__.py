"""What people look at: a sample's draws as a table, its stages, and pictures of them."""
