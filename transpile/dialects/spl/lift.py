"""A search as IR: command by command, what narrows the events becomes the rule, and the rest is named.

Every piece of the text that is not in the rule is in `Lifted.left`: presentation, which changes nothing, and what has
no form in a rule. What has no form is left out so that the rule matches more, never less, unless it says so.
"""

from __future__ import annotations

import re
from dataclasses import replace

from transpile.diagnostics import diagnose
from transpile.dialects.base import Lifted, ReadOptions
from transpile.dialects.spl import codes
from transpile.dialects.spl import tree as spl
from transpile.dialects.spl.lift_commands import Reader
from transpile.dialects.spl.macros import expand
from transpile.dialects.spl.parse import parse
from transpile.source import Source
from transpile.syntax.lexer import ParseError

_EARLIEST = re.compile(r"\bearliest\s*=\s*\"?-(\d+)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def lift(tree: spl.Pipeline, source: Source, options: ReadOptions) -> Lifted:
    """What a search means. It never raises; a refusal among the diagnostics means that there is no rule."""
    expanded = expand(source, options.macros)
    if expanded.source is not source and expanded.source.text != source.text:
        try:
            tree = parse(expanded.source)
        except ParseError as error:
            return Lifted(None, diagnostics=(diagnose(codes.SPL020, None, reason=error.message),))
    reader = Reader(expanded, options)
    for command in tree.commands:
        reader.read(command)
    lifted = reader.finish()
    times = [found for left in lifted.left if (found := _EARLIEST.search(left.text)) is not None]
    return replace(lifted, lookback=int(times[0][1]) * _SECONDS[times[0][2]]) if times else lifted
