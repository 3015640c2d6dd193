"""Data models: what a platform calls each field and log source, as data that anyone can read and edit.

`docs/pipelines.md` describes the format. `load` reads a model, `apply` puts a rule through it, `events` puts an
event through it, `coverage` tells what a set of rules lacks, and `pysigma` finds pipelines in pySigma's own format.
"""
