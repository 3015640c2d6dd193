"""`--to elastic`: of the languages of one platform, for each rule the first that is exact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transpile import dialects
from transpile.conversion import Conversion


def languages_of(name: str) -> tuple[str, ...]:
    """The languages of a platform that has several, the preferred first; none for any other name."""
    if name in dialects.writers():
        return ()
    from transpile.deploy.plan import PLATFORMS, platform

    found = platform(name).dialects if name in PLATFORMS else ()
    return found if len(found) > 1 else ()


def language_of(name: str) -> str:
    """The end of a message about a platform of one language, which is no language; empty for any other name."""
    from transpile.deploy.plan import PLATFORMS, platform

    if name not in PLATFORMS:
        return ""
    found = platform(name)
    model = f" --model {found.model}" if found.model else ""
    return f"; for the platform write --to {','.join(found.dialects)}{model}"


def platforms_in(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The languages of each platform among the names, without those that are named by themselves."""
    groups = (tuple(one for one in languages_of(name) if one not in names) for name in names)
    return tuple(dict.fromkeys(group for group in groups if len(group) > 1))


def pick(conversions: Sequence[Conversion], languages: int, groups: Sequence[Sequence[str]]) -> Iterator[Conversion]:
    """Of each rule's conversions to so many languages all but those that another of the same platform outdoes.

    The first that is exact, else the first approximate one, else the first.
    """
    from transpile.deploy.plan import choose

    for start in range(0, len(conversions), languages):
        of_rule = conversions[start : start + languages]
        outdone: set[str] = set()
        for group in groups:
            (best,) = choose([one for name in group for one in of_rule if one.target == name], len(group))
            outdone |= set(group) - {best.target}
        yield from (one for one in of_rule if one.target not in outdone)
