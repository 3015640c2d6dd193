"""Google SecOps YARA-L 2.0: one whole rule for each Sigma rule."""
