"""Detection rules from one language to another, with the same meaning.

>>> import transpile
>>> {"convert", "explain", "check", "verify_all", "match", "deploy_paths"} <= set(dir(transpile))
True

Importing the package loads no engine; the names below are loaded when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transpile.api import Match, check, deploy_paths, explain, match, verify_all
    from transpile.batch import convert_paths
    from transpile.conversion import Conversion, Options, Status, convert, convert_all
    from transpile.diagnostics import Diagnostic, Severity
    from transpile.report.findings import Finding

__all__ = [
    "Conversion",
    "Diagnostic",
    "Finding",
    "Match",
    "Options",
    "Severity",
    "Status",
    "__version__",
    "check",
    "convert",
    "convert_all",
    "convert_paths",
    "deploy_paths",
    "explain",
    "match",
    "verify_all",
]

__version__ = "0.1.0"

_HOMES = {
    "convert_paths": "transpile.batch",
    "Diagnostic": "transpile.diagnostics",
    "Severity": "transpile.diagnostics",
    "Finding": "transpile.report.findings",
    **dict.fromkeys(("Match", "check", "deploy_paths", "explain", "match", "verify_all"), "transpile.api"),
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        near = next((f"; did you mean {one}?" for one in __all__ if one.startswith(f"{name}_")), "")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{near}")
    from importlib import import_module

    return getattr(import_module(_HOMES.get(name, "transpile.conversion")), name)


def __dir__() -> list[str]:
    return sorted(__all__)
