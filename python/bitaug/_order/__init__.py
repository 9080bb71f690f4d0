"""Which sample stands where: orders, shards and splits."""
