"""The regexes of YARA-L, which are RE2's.

The source: Google's page of `re.regex`: the regex searches; without `(?s)` it "only matches the first line" of a value,
which RE2 itself does not do. Where the two readings differ nothing is proven.
"""

from __future__ import annotations

import re

from transpile.dialects.kit.running.perl import RE2, compile_perl
from transpile.evaluate import Unproven

_DOTALL = re.compile(r"\(\?[imU]*s[imsU]*\)")


def compile_re2(pattern: str, nocase: bool = False) -> re.Pattern[str]:
    """The regex as one of Python's. Raises `Unproven` for one that RE2 rejects or Python cannot express."""
    return compile_perl(pattern, RE2, nocase)


def search(pattern: str, text: str, *, nocase: bool = False) -> bool:
    r"""Whether the regex finds something in the text. Raises `Unproven` for one that RE2 rejects or is not run here.

    >>> search("(?s)a.b", "xa\nb"), search("^B", "ab", nocase=True)
    (True, False)
    """
    regex = compile_re2(pattern, nocase)
    found = regex.search(text) is not None
    if ("\n" in text or "\r" in text) and not _DOTALL.match(pattern):
        first = regex.search(re.split(r"[\r\n]", text, maxsplit=1)[0]) is not None
        if first is not found:
            raise Unproven(f"/{pattern}/ has no (?s): documented to see the first line of a value only")
    return found
