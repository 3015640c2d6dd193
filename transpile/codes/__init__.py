"""The table of codes: everything that the tool can say about a rule, one file a room.

A code's first letters name the room it comes from: `SIG` reading Sigma, `MAP` data models, `SPL`, `KQL`, `EQL`,
`YAR` the dialects, `RUN` running and verifying, `DEP` deploy files, `IO` files. A room's codes stand in numeric order,
and a number, once published, keeps its meaning for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from transpile.codes import deploy, eql, files, kql, models, proof, sigma, spl, yaral
from transpile.codes.code import Code, Effect

CODES: Mapping[str, Code] = MappingProxyType(
    {
        **files.CODES,
        **sigma.CODES,
        **models.CODES,
        **spl.CODES,
        **kql.CODES,
        **eql.CODES,
        **yaral.CODES,
        **proof.CODES,
        **deploy.CODES,
    }
)


def find_code(code: str) -> Code | None:
    """The table's row for a code, the `W` or `N` of an approximation ignored; None if there is none."""
    return CODES.get(code) or CODES.get(code.rstrip("WN"))


__all__ = ["CODES", "Code", "Effect", "find_code"]
