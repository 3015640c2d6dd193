"""Data models: what a platform calls each field and log source, as data."""
