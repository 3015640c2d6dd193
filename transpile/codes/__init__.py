"""Diagnostic codes. Each room defines its own in a module `codes`; those of files and failures are in `failures`.

A code's first letters name its room: `SIG` reading Sigma, `MAP` data models, `SPL`, `KQL`, `EQL`, `YAR` the dialects,
`RUN` running and verifying, `DEP` deploy files, `LNT` the linter, `IO` files. A number, once published, keeps its
meaning.
"""

from transpile.codes.code import Code, Direction, Effect, codes_of

__all__ = ["Code", "Direction", "Effect", "codes_of"]
