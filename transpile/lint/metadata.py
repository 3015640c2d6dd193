"""`LNT001` to `LNT049`: what a rule says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from types import MappingProxyType
from uuid import NAMESPACE_URL, UUID, uuid5

from transpile.dialects.sigma.guess import guess
from transpile.dialects.sigma.metadata import KNOWN_KEYS
from transpile.dialects.sigma.tree import Mapping as Map
from transpile.dialects.sigma.tree import Scalar, Sequence, part
from transpile.lint.document import Check, Edit, LintDocument, LintHit, hit, remove_line, rewrite
from transpile.lint.options import LintOptions

_LINKS = ("http://", "https://", "internal research")
_SHORT_WORDS = frozenset(
    """a an and as at by for from in new of on or over the through to via with without""".split()  # noqa: SIM905
)
_TYPOS: Mapping[str, str] = MappingProxyType(
    {
        "unkown": "unknown",
        "unknow": "unknown",
        "unknwon": "unknown",
        "ligitimate": "legitimate",
        "legitim": "legitimate",
        "legitimeate": "legitimate",
        "legitmate": "legitimate",
        "adminstrator": "administrator",
        "adminstrators": "administrators",
        "administator": "administrator",
    }
)
_LEFT_OVER = re.compile(r"\b(todo|fixme|tbd|lorem ipsum|your name|insert .{1,20} here|changeme)\b", re.IGNORECASE)
_LONGEST = MappingProxyType({"description": 65_535, "name": 256, "taxonomy": 256})
OPTIONAL_KEYS = (
    "references",
    "tags",
    "falsepositives",
    "fields",
    "author",
    "description",
    "related",
    "modified",
    "license",
)
_GITHUB_FILE = re.compile(r"https://github\.com/.*\.\w{1,3}")
_COMMIT = re.compile(r"/[0-9a-f]{40}/")


def _missing(key: str, doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    if doc.values.get(key) is None:
        yield hit(doc.top)


def missing_id(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A rule without an id; the one proposed is made of its text, so that it is the same each time."""
    if doc.values.get("id") is None:
        yield hit(doc.top, example=_example(doc))


def _example(doc: LintDocument) -> UUID:
    made = uuid5(NAMESPACE_URL, f"{doc.source.text}{doc.node.span}")
    return UUID(int=made.int & ~(0xF << 76) | 4 << 76)


def _missing_in_rule(key: str, doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    if not doc.is_filter and doc.values.get(key) is None:
        yield hit(doc.top)


def id_form(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A UUID in capitals, braces or without hyphens."""
    node = doc.scalar("id")
    if node is None:
        return
    try:
        usual = str(UUID(node.text))
    except ValueError:
        return
    if usual != node.text:
        yield hit(node.span, *rewrite(doc, node, usual), value=node.text, usual=usual)


def short_description(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A description of a few words."""
    node = doc.scalar("description")
    if node and len(node.text.strip()) < options.description_length:
        yield hit(node.span, length=len(node.text.strip()), least=options.description_length)


def link_in_description(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A source that is named in the description only."""
    node = doc.scalar("description")
    if node is None or doc.list("references"):
        return
    lower = node.text.lower()
    for word in _LINKS:
        if word in lower:
            at = lower.index(word)
            yield hit(part(node, at, at + len(word)), word=word)
            return


def long_title(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A title that lists cut off; beyond 256 characters reading says so already."""
    node = doc.scalar("title")
    if node and options.title_length < len(node.text) <= 256:
        yield hit(node.span, length=len(node.text), most=options.title_length)


def title_starts_with_detects(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`Detects ...`."""
    node = doc.scalar("title")
    if node and (found := re.match(r"(Detects?|Detection of|Detecting) ", node.text)):
        yield hit(part(node, 0, len(found[1])), word=found[1])


def title_ends_with_dot(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A dot at the end, but not three."""
    node = doc.scalar("title")
    if node and node.text.endswith(".") and not node.text.endswith(".."):
        yield hit(node.span, *rewrite(doc, node, node.text[:-1]))


def title_case(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Words of a title in lower case."""
    node = doc.scalar("title")
    for found in re.finditer(r"[^ ]+", node.text) if node else ():
        word = found[0]
        if word.islower() and word not in _SHORT_WORDS and not word[0].isdigit() and not re.search(r"[./_]", word):
            assert node is not None
            yield hit(part(node, found.start(), found.end()), word=word)


def title_spaces(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Spaces at the ends, or several in a row."""
    node = doc.scalar("title")
    if node and (single := " ".join(node.text.split())) != node.text:
        yield hit(node.span, *rewrite(doc, node, single))


def _date(doc: LintDocument, key: str) -> date | None:
    text = doc.text(key)
    found = re.fullmatch(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", text or "")
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def modified_before_date(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`modified` earlier than `date`."""
    created, modified = _date(doc, "date"), _date(doc, "modified")
    if created and modified and modified < created:
        yield hit(doc.values["modified"].span, modified=modified, date=created)


def modified_without_date(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`modified` alone."""
    if doc.scalar("modified") and "date" not in doc.values:
        yield hit(doc.key("modified"))


def redundant_modified(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`modified` on the day of `date`."""
    created, modified = _date(doc, "date"), _date(doc, "modified")
    if created and created == modified:
        entry = doc.node.find("modified")
        assert entry is not None
        yield hit(entry.value.span, *remove_line(doc, entry.value, entry.key))


def date_in_future(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A date after today."""
    for key in ("date", "modified"):
        when = _date(doc, key)
        if when and when > options.today:
            yield hit(doc.values[key].span, key=key, date=when)


def status_too_high(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A new rule that counts as tested. One with regression tests may be `test` at once."""
    created, status = _date(doc, "date"), doc.text("status")
    allowed = ("stable",) if "regression_tests_path" in doc.values else ("stable", "test")
    if created is None or status not in allowed:
        return
    days = (options.today - created).days
    least = 0 if "regression_tests_path" in doc.values else options.experimental_days
    if days <= least:
        yield hit(doc.values["status"].span, days=max(days, 0), status=status, least=options.experimental_days)


def retired_status(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A deprecated or unsupported rule among the others."""
    status = doc.text("status")
    if status in ("deprecated", "unsupported") and doc.path and status not in str(doc.path.parent):
        yield hit(doc.values["status"].span, status=status)


def deprecated_without_related(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A deprecated rule that does not name its successor."""
    if doc.text("status") == "deprecated" and not isinstance(doc.values.get("related"), Sequence):
        yield hit(doc.values["status"].span)


def fields_key(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`fields` with entries."""
    if doc.list("fields"):
        yield hit(doc.key("fields"))


def custom_key(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A key of the author's own. One that looks like a misspelling is reported by reading."""
    for entry in doc.node.entries:
        name = entry.key.text
        if name in KNOWN_KEYS or name in options.custom_keys:
            continue
        if guess(name.lower(), sorted(KNOWN_KEYS), cutoff=0.8) is None:
            yield hit(entry.key.span, key=name)


def _repeated(key: str, doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Entries of a list that it already has."""
    seen: set[str] = set()
    for one in doc.list(key):
        if one.text in seen and not one.is_null:
            yield hit(one.span, *remove_line(doc, one), value=one.text)
        seen.add(one.text)


def github_branch_link(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A file on GitHub without a commit in its address."""
    for one in doc.list("references"):
        if _GITHUB_FILE.fullmatch(one.text) and not _COMMIT.search(one.text):
            yield hit(one.span)


def attack_link(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A page of ATT&CK as a reference."""
    for one in doc.list("references"):
        found = re.match(r"https?://attack\.mitre\.org/(?:techniques|groups|software|tactics)?/?([A-Z0-9/]*)", one.text)
        if found:
            name = found[1].strip("/").replace("/", ".").lower()
            yield hit(one.span, tag=f"attack.{name or '...'}")


def falsepositive_lower_case(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A false positive that begins in lower case."""
    for one in doc.list("falsepositives"):
        if one.text[:1] != one.text[:1].upper():
            yield hit(one.span, word=one.text.split(" ")[0])


def falsepositive_says_nothing(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`None`, `Pentest`."""
    for one in doc.list("falsepositives"):
        for found in re.finditer(r"[^ ]+", one.text):
            if found[0].lower() in options.banned_false_positives:
                yield hit(part(one, found.start(), found.end()), word=found[0])


def falsepositive_typo(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A frequent misspelling."""
    for one in doc.list("falsepositives"):
        for found in re.finditer(r"[A-Za-z]+", one.text):
            right = _TYPOS.get(found[0].lower())
            if right:
                right = right.capitalize() if found[0][0].isupper() else right
                text = one.text[: found.start()] + right + one.text[found.end() :]
                yield hit(part(one, found.start(), found.end()), *rewrite(doc, one, text), word=found[0], right=right)


def short_entry(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """An entry of one character."""
    for key in ("falsepositives", "scope"):
        for one in doc.list(key):
            if len(one.text) < 2 and not one.is_null:
                yield hit(one.span, value=one.text, key=key)


def long_text(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A text beyond the specification's limit."""
    for key, most in _LONGEST.items():
        node = doc.scalar(key)
        if node and len(node.text) > most:
            yield hit(doc.key(key), key=key, length=len(node.text), most=most)


def _related(doc: LintDocument) -> Iterator[Scalar]:
    node = doc.values.get("related")
    for one in node.items if isinstance(node, Sequence) else ():
        other = one.value("id") if isinstance(one, Map) else None
        if isinstance(other, Scalar):
            yield other


def related_to_itself(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """The own id among the related ones."""
    own = doc.text("id")
    for other in _related(doc):
        if own and other.text.lower() == own.lower():
            yield hit(other.span)


def duplicate_related(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """The same id twice among the related ones."""
    seen: set[str] = set()
    for other in _related(doc):
        if other.text.lower() in seen:
            yield hit(other.span, value=other.text)
        seen.add(other.text.lower())


def empty_key(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """An optional key without a value."""
    for entry in doc.node.entries:
        value = entry.value
        nothing = value.is_null or not value.text.strip() if isinstance(value, Scalar) else False
        if entry.key.text in OPTIONAL_KEYS and (nothing or (isinstance(value, Sequence) and not value.items)):
            yield hit(entry.key.span, *remove_line(doc, value, entry.key), key=entry.key.text)


def placeholder_text(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`TODO` and its like."""
    for key in ("title", "description", "author"):
        node = doc.scalar(key)
        found = _LEFT_OVER.search(node.text) if node else None
        if node and found:
            yield hit(part(node, found.start(), found.end()), key=key, word=found[0])


def date_form(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A date with slashes or single digits."""
    for key in ("date", "modified"):
        node, when = doc.scalar(key), _date(doc, key)
        if node and when and node.text != when.isoformat():
            yield hit(node.span, *rewrite(doc, node, when.isoformat()), value=node.text, right=when)


def remove_entry(doc: LintDocument, key: str) -> tuple[Edit, ...]:
    """The edit that removes a key of the rule."""
    entry = doc.node.find(key)
    return remove_line(doc, entry.value, entry.key) if entry else ()


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "LNT001": missing_id,
        "LNT002": id_form,
        "LNT003": partial(_missing, "author"),
        "LNT004": partial(_missing, "date"),
        "LNT005": partial(_missing, "description"),
        "LNT006": partial(_missing_in_rule, "level"),
        "LNT007": partial(_missing_in_rule, "status"),
        "LNT008": short_description,
        "LNT009": link_in_description,
        "LNT010": long_title,
        "LNT011": title_starts_with_detects,
        "LNT012": title_ends_with_dot,
        "LNT013": title_case,
        "LNT014": title_spaces,
        "LNT015": modified_before_date,
        "LNT016": modified_without_date,
        "LNT017": redundant_modified,
        "LNT018": date_in_future,
        "LNT019": status_too_high,
        "LNT020": retired_status,
        "LNT021": deprecated_without_related,
        "LNT022": fields_key,
        "LNT023": custom_key,
        "LNT024": partial(_repeated, "references"),
        "LNT025": partial(_repeated, "fields"),
        "LNT026": github_branch_link,
        "LNT027": attack_link,
        "LNT028": falsepositive_lower_case,
        "LNT029": falsepositive_says_nothing,
        "LNT030": falsepositive_typo,
        "LNT031": short_entry,
        "LNT032": long_text,
        "LNT033": related_to_itself,
        "LNT034": duplicate_related,
        "LNT035": empty_key,
        "LNT036": partial(_repeated, "falsepositives"),
        "LNT037": placeholder_text,
        "LNT038": date_form,
    }
)
