"""Detection rules from one language to another, with the same meaning.

>>> import transpile
>>> sorted(transpile.__all__)
['Conversion', 'Options', 'Status', '__version__', 'convert', 'convert_all', 'convert_paths']

Importing the package loads no engine; the names below are loaded when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transpile.batch import convert_paths
    from transpile.conversion import Conversion, Options, Status, convert, convert_all

__all__ = ["Conversion", "Options", "Status", "__version__", "convert", "convert_all", "convert_paths"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = "transpile.batch" if name == "convert_paths" else "transpile.conversion"
    return getattr(import_module(home), name)
