"""The site's search index: words in small script files, so that it works without a server.

Documents have numbers; of each word the distances between them are kept, in base 36. A file holds the words that begin
alike; no file is larger than `LARGEST` unless one word alone is.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from transpile.record import record

LARGEST = 45_000  # bytes
BLOCK = 128  # documents of one file; the script knows the number
MOST_WORDS = 400  # of one document
_WORD = re.compile(r"[a-z0-9_]+(?:\.\d+)?")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@record
class SearchEntry:
    """What search finds: where it leads, its title, a line about it, and further words."""

    href: str
    title: str
    about: str
    text: str = ""


def words_of(text: str) -> list[str]:
    """The words of a text as search knows them; those of digits and letters that look like hashes are left out.

    >>> words_of("T1021.002: net.exe C:\\\\Temp")
    ['t1021.002', 'net', 'exe', 'c', 'temp']
    """
    return [word for word in _WORD.findall(text.lower()) if len(word) <= 32]


def files(documents: Sequence[SearchEntry]) -> Iterator[tuple[str, str]]:
    """The name and the content of each script file."""
    postings = _postings(documents)
    names = []
    for number, (prefix, lines) in enumerate(_split(sorted(postings), postings)):
        name = f"w{number}"
        names.append([prefix, name])
        yield name, f"catalogData('w',{json.dumps(name)},{_script(chr(10).join(lines))});\n"
    yield "names", f"catalogData('names',{_script(names)});\n"
    for block in range(0, len(documents), BLOCK):
        rows = [[one.href, one.title, one.about] for one in documents[block : block + BLOCK]]
        yield f"d{block // BLOCK}", f"catalogData('d',{block // BLOCK},{_script(rows)});\n"


def _script(value: object) -> str:
    """A value as JavaScript that no HTML parser takes for markup."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _postings(documents: Sequence[SearchEntry]) -> dict[str, str]:
    titles: dict[str, list[int]] = defaultdict(list)
    bodies: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(documents):
        title = dict.fromkeys(words_of(one.title))
        body = [word for word in dict.fromkeys(words_of(one.text)) if word not in title and len(word) > 1]
        for word in title:
            titles[word].append(number)
        for word in body[:MOST_WORDS]:
            bodies[word].append(number)
    return {word: f"{_deltas(titles.get(word, ()))} {_deltas(bodies.get(word, ()))}" for word in {*titles, *bodies}}


def _deltas(numbers: Iterable[int]) -> str:
    found, last = [], 0
    for number in numbers:
        found.append(base36(number - last))
        last = number
    return ".".join(found)


def base36(number: int) -> str:
    """A number in base 36.

    >>> base36(0), base36(35), base36(36)
    ('0', 'z', '10')
    """
    found = ""
    while True:
        number, digit = divmod(number, 36)
        found = _DIGITS[digit] + found
        if not number:
            return found


def _split(words: Sequence[str], postings: dict[str, str], depth: int = 1) -> Iterator[tuple[str, list[str]]]:
    """Words in groups that begin alike, as long a beginning as the size asks for."""
    groups: dict[str, list[str]] = defaultdict(list)
    for word in words:
        groups[word[:depth]].append(word)
    for prefix, group in sorted(groups.items()):
        size = sum(len(word) + len(postings[word]) + 2 for word in group)
        longer = [word for word in group if len(word) > depth]
        if size <= LARGEST or not longer:
            yield prefix, [f"{word} {postings[word]}" for word in group]
            continue
        short = [word for word in group if len(word) <= depth]
        if short:
            yield prefix, [f"{word} {postings[word]}" for word in short]
        yield from _split(longer, postings, depth + 1)
