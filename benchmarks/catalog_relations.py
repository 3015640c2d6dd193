"""Relations of a catalog on drawn events: does a rule match one that the rule which contains it does not?

    python benchmarks/catalog_relations.py CATALOG.sqlite [EVENTS [PAIRS]]

For each pair of rules that are equal or one contained in the other, events are made from both rules and changed at
random: fields are dropped, take a value from another event or any, change in case, or lose or gain a letter. What
matters are those that the contained rule matches; 200 of them are drawn for each pair where they can be had, and the
wider one must match each.
With PAIRS, about as many pairs are tried, an even share of all.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from transpile.batch.pool import Lost, run
from transpile.catalog.database import open_catalog
from transpile.catalog.frozen import thaw
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.witness import make_witnesses
from transpile.ir.rule import Rule

EVENTS = 200
TRIES = 20  # events made for each that is asked for
TIMEOUT = 60.0  # seconds for one pair


def changed(event: dict[str, Any], other: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """An event with one to three fields changed."""
    found = dict(event)
    for _ in range(chance.randint(1, 3)):
        name = chance.choice(list({**found, **other}) or ["x"])
        value = found.get(name, "")
        match chance.randrange(8):
            case 0:
                found.pop(name, None)
            case 1 if name in other:
                found[name] = other[name]
            case 2 if isinstance(value, str):
                found[name] = chance.choice(("a", "C:\\", " ")) + value
            case 3 if isinstance(value, str):
                found[name] = value + chance.choice(("a", "\\x.exe", " "))
            case 4 | 5 if isinstance(value, str):
                found[name] = "".join(chance.choice((char.lower(), char.upper())) for char in value)
            case 6 if name not in event:
                found[name] = "".join(chance.choices("abC:\\/.-_ 019$*", k=chance.randrange(12)))
            case _ if isinstance(value, str) and value:
                at = chance.randrange(len(value))
                found[name] = value[:at] + value[at + 1 :]
    return found


def drawn(narrow: Rule, wide: Rule, wanted: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Different events that the narrow rule matches."""
    matches_narrow = compile_rule(narrow)
    made = [dict(one.event) for rule in (narrow, wide) for one in make_witnesses(rule).events]
    matching = [event for event in made if matches_narrow(event)] or made
    seen: set[str] = set()
    for _ in range(wanted * TRIES):
        event = changed(chance.choice(matching), chance.choice(made), chance)
        text = repr(sorted(event.items(), key=lambda one: one[0]))
        if text not in seen and matches_narrow(event):
            seen.add(text)
            yield event
            if len(seen) == wanted:
                return


class Outcome(NamedTuple):
    """What one pair showed: how many events were drawn, and the first that the wider rule does not match."""

    events: int
    wrong: dict[str, Any] | None


def survives(texts: Mapping[int, str], wanted: int, pair: tuple[int, int]) -> Outcome:
    """Draw events for a pair of rules until one tells that the relation is wrong, or there are enough."""
    narrow, wide = thaw(texts[pair[0]]), thaw(texts[pair[1]])
    matches_wide = compile_rule(wide)
    count = 0
    for event in drawn(narrow, wide, wanted, random.Random("{}-{}".format(*pair))):
        count += 1
        if not matches_wide(event):
            return Outcome(count, event)
    return Outcome(count, None)


def main(arguments: list[str]) -> None:
    """Print how many pairs, events and wrong pairs there are."""
    db = open_catalog(arguments[0])
    wanted = int(arguments[1]) if len(arguments) > 1 else EVENTS
    rules = {
        row["id"]: row for row in db.execute("select id, vendor, title, frozen from rule where frozen is not null")
    }
    rows = db.execute("select a, b, how from relation where how in ('equal', 'contained') order by a, b").fetchall()
    if len(arguments) > 2:
        rows = rows[:: max(1, len(rows) // int(arguments[2]))]
    pairs = [(row["a"], row["b"]) for row in rows]
    across = sum(rules[a]["vendor"] != rules[b]["vendor"] for a, b in pairs)
    work = partial(survives, {id_: row["frozen"] for id_, row in rules.items()}, wanted)
    wrong = events = full = lost = 0
    for row, found in zip(rows, run(work, pairs, timeout=TIMEOUT), strict=True):
        if isinstance(found, Lost):
            lost += 1
            continue
        events += found.events
        full += found.events == wanted
        if found.wrong is not None:
            wrong += 1
            first, second = rules[row["a"]]["title"], rules[row["b"]]["title"]
            print(f"wrong: {first} is not {row['how']} in {second}: {found.wrong}")
    print(
        f"{len(pairs):,} pairs, {across:,} of two vendors; {events:,} events, {full:,} pairs with {wanted}; "
        f"{lost} not tried; {wrong} wrong"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
