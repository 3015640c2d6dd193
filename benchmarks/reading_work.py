"""What `reading.py` asks of one file: work for other processes."""

from __future__ import annotations

import re
from typing import Any

import yaml

from transpile import dialects, formats
from transpile.batch.find import RuleFile, read_source
from transpile.codes import Effect
from transpile.conversion import Conversion, Options, Status, convert_reading, convert_source, read_source_rules
from transpile.dialects.base import Reading
from transpile.dialects.codes import DIA003
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.witness import make_witnesses
from transpile.ir.expr import Expr, Keyword, Match
from transpile.ir.match import Case, Null, Pattern, Regex
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.ir.stream import Events
from transpile.ir.walk import all_events, conditions, leaves, replace_leaves, value_fields
from transpile.record import record
from transpile.record import replace as changed
from transpile.source import Source

_WORD = re.compile(r"[A-Za-z0-9]{3,}")


@record
class Query:
    """One query read without a data model. `lost`: words of its literals that are neither in the rule nor left."""

    path: str
    language: str
    text: str
    is_read: bool
    has_rule: bool
    is_exact: bool
    is_single: bool
    lost: tuple[str, ...]
    codes: tuple[str, ...]


@record
class Way:
    """One query read by the data models, and written for another platform."""

    path: str
    language: str
    status: str
    codes: tuple[str, ...]
    logsource: str  # empty without a rule
    unknown: tuple[str, ...]  # fields that SigmaHQ's rules on processes do not use
    is_windows_process: bool
    is_endpoint: bool
    other_status: str = ""
    other: str = ""
    other_codes: tuple[str, ...] = ()

    @property
    def is_process_rule(self) -> bool:
        """Whether it is a rule on started processes with SigmaHQ's fields."""
        return self.logsource == "process_creation/windows/*" and not self.unknown


@record
class Trip:
    """One rule in one language, exactly, and read back."""

    path: str
    language: str
    logsource: str
    has_logsource: bool
    has_fields: bool
    is_same: bool
    reason: str
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()


def back(trip: Trip) -> str:
    """What a trip with data models did not bring back, in words to count."""
    found = [] if trip.has_logsource else [trip.reason]
    if not trip.has_fields:
        found.append(f"-{','.join(trip.lost)} +{','.join(trip.gained)}")
    return f"{trip.logsource}: {' '.join(found)}"


def read_native(options: Options, file: RuleFile) -> list[Query]:
    """What reading each query of a file gives, its names kept."""
    source = read_source(file)
    if not isinstance(source, Source):
        return []
    found = []
    for text, one in zip(_texts(source), convert_source(source, options), strict=False):
        effects = {each.effect for each in one.diagnostics}
        rule = one.rule
        found.append(
            Query(
                source.path,
                one.origin.language if one.origin else "",
                text,
                not any(each.kind is DIA003 or each.effect is Effect.FAILED for each in one.diagnostics),
                one.query is not None,
                one.query is not None and one.status is Status.EXACT and Effect.APPROXIMATE not in effects,
                rule is not None and isinstance(rule.body, Events),
                _lost(text, one) if rule is not None else (),
                _codes(one),
            )
        )
    return found


def _texts(source: Source) -> list[str]:
    known = formats.recognise(source)
    try:
        return [item.source.text for item in known.items(source)] if known else []
    except ValueError:
        return []


def _lost(text: str, one: Conversion) -> tuple[str, ...]:
    """The words of the literals of a query that are in none of the places where they may be."""
    assert one.origin is not None
    dialect = dialects.load(one.origin.language)
    assert dialect.highlight is not None
    pieces = [piece for kind, piece in dialect.highlight(text) if kind == "string"]
    words = {word.casefold() for piece in pieces for word in _WORD.findall(piece)}
    kept = f"{one.query}\n{one.rule and one.rule.body}\n{[left.text for left in one.left]}".casefold()
    return tuple(sorted(word for word in words if word not in kept))


def _codes(one: Conversion) -> tuple[str, ...]:
    """The codes of what is not exact."""
    wrong = (Effect.APPROXIMATE, Effect.REFUSED, Effect.UNREADABLE, Effect.FAILED)
    return tuple(sorted({each.code for each in one.diagnostics if each.effect in wrong}))


_ENDPOINT = re.compile(r"(?i)datamodel\W+Endpoint\b")
_OTHER_SYSTEM = re.compile(r"(?i)linux|macos|\bmac\b|esxi|auditd|osx")
_WINDOWS_PROCESS = {
    "spl": re.compile(r"(?i)datamodel\W+Endpoint\.Processes|(?=.*sysmon)EventCode\s*=\s*\"?1\b", re.DOTALL),
    "eql": re.compile(r"\A\s*process where(?=.*\"(?:start|process_started)\")", re.DOTALL),
    "kql": re.compile(r"\A\s*(//[^\n]*\n\s*)*DeviceProcessEvents"),
    "yaral": re.compile(r'event_type\s*=\s*"PROCESS_LAUNCH"'),
}
_WINDOWS_INDEX = re.compile(r"winlogbeat|\.windows|OS: Windows")
_OTHER_INDEX = re.compile(r"OS: (Linux|macOS)")


def read_through(options: Options, known: frozenset[str], file: RuleFile) -> list[Way]:
    """What each query of a file is in Sigma, and on another platform."""
    source = read_source(file)
    if not isinstance(source, Source):
        return []
    lenient = changed(options, allow_approximate=True)
    found = []
    for text, reading in zip(_texts(source), read_source_rules(source, lenient), strict=False):
        one = convert_reading(reading, source, lenient)[0]
        language = one.origin.language if one.origin else ""
        parts = [each.logsource for each in all_events(one.rule.body)] if one.rule and one.query else []
        fields = _fields(one.rule) if one.rule else frozenset()
        way = Way(
            source.path,
            language,
            one.status.value,
            _codes(one),
            " ".join(sorted(set(map(_words, parts)))),
            tuple(sorted(fields - known)),
            _is_windows_process(language, text, source),
            language == "spl" and _ENDPOINT.search(text) is not None,
        )
        found.append(_elsewhere(way, reading, source, options))
    return found


def _is_windows_process(language: str, text: str, source: Source) -> bool:
    pattern = _WINDOWS_PROCESS.get(language)
    if pattern is None or not pattern.search(text):
        return False
    if language == "eql":
        return _WINDOWS_INDEX.search(source.text) is not None and not _OTHER_INDEX.search(source.text)
    return not _OTHER_SYSTEM.search(source.path) and not _OTHER_SYSTEM.search(text)


def _words(logsource: Any) -> str:
    return f"{logsource.category or '*'}/{logsource.product or '*'}/{logsource.service or '*'}"


def _elsewhere(way: Way, reading: Reading, source: Source, options: Options) -> Way:
    target, model = {"spl": ("kql", "defender"), "eql": ("spl", "windows-xml")}.get(way.language, ("", ""))
    if way.status != "exact" or not (way.is_endpoint or (way.is_windows_process and way.language == "eql")):
        return way
    (other,) = convert_reading(reading, source, changed(options, targets=(target,), models=(model,)))
    return changed(way, other_status=other.status.value, other=other.query or "", other_codes=_codes(other))


# --- there and back


def trip_rules(options: Options, file: RuleFile) -> list[Trip]:
    """Each rule of a file in each language, where that is exact, and read back from there."""
    source = read_source(file)
    if not isinstance(source, Source):
        return []
    return [
        _trip(one, options)
        for one in convert_source(source, options)
        if one.query is not None and one.status is Status.EXACT and one.rule is not None and one.rule.is_single
    ]


def _trip(one: Conversion, options: Options) -> Trip:
    rule, query = one.rule, one.query
    assert rule is not None
    assert query is not None
    plain = options.models == ("none",)
    how = changed(options, read=one.target, source_model="none" if plain else one.model, models=(), targets=("sigma",))
    reading = read_source_rules(Source(query, f"back{dialects.load(one.target).extension}"), how)[0]
    logsource = _words(next(iter(all_events(rule.body))).logsource)
    if reading.rule is None:
        return Trip(one.path, one.target, logsource, False, False, False, f"not read: {reading.diagnostics[0].message}")
    again = reading.rule
    ours, theirs = _fields(rule), _fields(again)
    back_to = " ".join(sorted({_words(each.logsource) for each in all_events(again.body)}))
    codes = sorted({each.code for each in reading.diagnostics if each.effect is Effect.APPROXIMATE})
    same, reason = _same(rule, again)
    return Trip(
        one.path,
        one.target,
        logsource,
        back_to == logsource,
        ours == theirs,
        same,
        reason if plain else f"{back_to} {' '.join(codes)}",
        tuple(sorted(ours - theirs)),
        tuple(sorted(theirs - ours)),
    )


def _fields(rule: Rule) -> frozenset[str]:
    tested = [leaf for each in conditions(rule.body) for leaf in leaves(each) if isinstance(leaf, Match)]
    return frozenset(field.name for leaf in tested for field in value_fields(leaf.value))


def _same(rule: Rule, again: Rule) -> tuple[bool, str]:
    """Whether two rules match the same events of those that are made from the first."""
    if not again.is_single:
        return False, "relates events"
    try:
        one, other = compile_rule(run_passes(rule)), compile_rule(run_passes(again))
        for witness in make_witnesses(run_passes(rule)).events:
            if one(witness.event) is not other(witness.event):
                return False, f"differs on {dict(witness.event)}"
    except Unproven as reason:
        return False, f"unproven: {reason}"
    return True, ""


def judge_lucene(file: RuleFile) -> list[tuple[str, str]]:
    """What is wrong with each Lucene query of pySigma's, read back: the same but for case, or why it is not."""
    from sigma.backends.elasticsearch import LuceneBackend
    from sigma.collection import SigmaCollection

    source = read_source(file)
    if not isinstance(source, Source):
        return []
    try:
        documents = list(yaml.safe_load_all(source.text))
        written = LuceneBackend().convert(SigmaCollection.from_yaml(source.text))
    except Exception:  # pySigma has no query for it
        return []
    rules = read_source_rules(source, Options(("sigma",)))
    if len(documents) != 1 or len(written) != 1 or len(rules) != 1 or rules[0].rule is None:
        return []
    reading = read_source_rules(
        Source(written[0], "back.lucene"), Options(("sigma",), read="lucene", source_model="none")
    )[0]
    if reading.rule is None:
        return [(source.path, f"not read: {reading.diagnostics[0].message}")]
    return [(source.path, _unlike(rules[0].rule, reading.rule))]


def _unlike(rule: Rule, again: Rule) -> str:
    """How two rules differ, the case of values aside. Regexes and null mean something else to pySigma: left out."""
    if not (rule.is_single and again.is_single):
        return "relates events"
    if any(isinstance(leaf, Match) and isinstance(leaf.test, Regex | Null) for leaf in leaves(rule.condition)):
        return ""
    plain = [one.with_events(condition=replace_leaves(one.condition, _without_case)) for one in (rule, again)]
    return _same(*plain)[1]


def _without_case(leaf: Match | Keyword) -> Expr:
    test = leaf.test
    return changed(leaf, test=changed(test, case=Case.UNICODE)) if isinstance(test, Pattern) else leaf
