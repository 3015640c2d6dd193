"""A linter for Sigma: what pySigma's validators and other linters look for, offline, each finding with its place.

- `run`: `lint_text`, `lint_source` and `lint_files`, with what shows only among many rules.
- `fix`: `fix_text` and `fix_files`, which keep only what is proved to change nothing else.
- `settings`, `load`, `pysigma`, `comments`: what runs, and what is silenced.
- `codes`: the table of lint rules; the modules of the same names hold one small function for each.
"""
