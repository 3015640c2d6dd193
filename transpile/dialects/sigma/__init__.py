"""The Sigma rule format, read through pySigma."""
