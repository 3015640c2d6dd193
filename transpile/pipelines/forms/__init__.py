"""The ways of storing a field: a closed union, `How`, of forms, one file for each or for a few alike.

`base` says what is asked of a form. `How` is a union, so the type checker finds the form that lacks an answer.
"""

from __future__ import annotations

from transpile.pipelines.forms.affixes import Behind, Ended, Prefixed, Quoted
from transpile.pipelines.forms.any_of import AnyOf
from transpile.pipelines.forms.conditions import Condition, Conditions
from transpile.pipelines.forms.filled import Filled
from transpile.pipelines.forms.hashes import Digest, Hashes
from transpile.pipelines.forms.longer import Element, Inside
from transpile.pipelines.forms.numbers import Codes, Hex
from transpile.pipelines.forms.paths import Extension, FileName, PathAndName
from transpile.pipelines.forms.registry import RegistryData, RegistryStrings
from transpile.pipelines.forms.rename import Absent, Fixed, Rename
from transpile.pipelines.forms.replace import Replace
from transpile.pipelines.forms.split import Split
from transpile.pipelines.forms.url import Piece, UrlPart
from transpile.pipelines.forms.values import Cases, Values

How = (
    Rename
    | Values
    | Cases
    | Split
    | FileName
    | PathAndName
    | Extension
    | Prefixed
    | Ended
    | Filled
    | Behind
    | Quoted
    | Element
    | Inside
    | UrlPart
    | Hashes
    | RegistryData
    | RegistryStrings
    | Codes
    | Digest
    | Replace
    | Hex
    | AnyOf
    | Fixed
    | Absent
)

__all__ = [
    "Absent",
    "AnyOf",
    "Behind",
    "Cases",
    "Codes",
    "Condition",
    "Conditions",
    "Digest",
    "Element",
    "Ended",
    "Extension",
    "FileName",
    "Filled",
    "Fixed",
    "Hashes",
    "Hex",
    "How",
    "Inside",
    "PathAndName",
    "Piece",
    "Prefixed",
    "Quoted",
    "RegistryData",
    "RegistryStrings",
    "Rename",
    "Replace",
    "Split",
    "UrlPart",
    "Values",
]
