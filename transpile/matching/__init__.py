"""Rules over a user's own logs: events from files, which rules apply to which, and a matcher that holds many rules."""
