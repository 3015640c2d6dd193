"""Tools for people who work on transpile itself: `python -m transpile.dev`."""
