"""Detection rules from one language to another, meaning the same."""
