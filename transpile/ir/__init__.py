"""A detection rule as every room sees it, whatever language it came from."""
