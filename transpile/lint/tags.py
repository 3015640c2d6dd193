"""`LNT050` to `LNT079`: tags of every namespace."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from transpile import attack
from transpile.dialects.sigma.guess import guess
from transpile.dialects.sigma.tree import Scalar
from transpile.lint.document import Check, LintDocument, LintHit, hit, remove_line, rewrite
from transpile.lint.options import LintOptions

NAMESPACES = ("attack", "car", "cve", "d3fend", "detection", "stp", "tlp")
_FORM = re.compile(r"[a-z0-9_-]+\.[a-z0-9._-]+")
_TECHNIQUE = re.compile(r"t\d{4}(\.\d{3})?", re.IGNORECASE)
_LIKE_TECHNIQUE = re.compile(r"t\d[\d.]*", re.IGNORECASE)
_ATTACK_ID = re.compile(r"(g|s|ds|m|a|ta|c)\d{4}")
_D3FEND_TACTICS = ("model", "harden", "detect", "isolate", "deceive", "evict", "restore")
_D3FEND_ID = re.compile(r"d3-[a-z0-9]+|d3f-[a-z][a-z0-9]+", re.IGNORECASE)
_TLP = ("red", "amber", "amber-strict", "green", "clear")
_KINDS = ("dfir", "emerging-threats", "threat-hunting")
_SPLIT = attack.SPLIT_FROM_DEFENSE_EVASION


def _tags(doc: LintDocument, namespace: str) -> Iterator[tuple[Scalar, str]]:
    """The tags of a namespace, each with its name."""
    for tag in doc.list("tags"):
        space, dot, name = tag.text.partition(".")
        if dot and space.lower() == namespace:
            yield tag, name


def _did_you_mean(name: str, known: tuple[str, ...], prefix: str = "") -> str:
    close = guess(name.lower(), known)
    return f"did you mean `{prefix}{close}`?" if close else ""


def tag_form(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Capitals, spaces and other characters. D3FEND's artifacts are written with capitals."""
    for tag in doc.list("tags"):
        text = tag.text
        if not text.partition(".")[2] or _FORM.fullmatch(text) or text.startswith("d3fend.d3f-"):
            continue  # without a namespace: reading says so
        lower = text.lower()
        mended = _FORM.fullmatch(lower) is not None
        edits = rewrite(doc, tag, lower) if mended else ()
        yield hit(tag.span, *edits, value=text, hint=f"write `{lower}`" if mended else "")


def unknown_namespace(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A namespace that neither the specification nor the team has."""
    known = (*NAMESPACES, *options.tag_namespaces)
    for tag in doc.list("tags"):
        space, _, name = tag.text.partition(".")
        if name and space.lower() not in known:
            yield hit(tag.span, value=space, hint=_did_you_mean(space, known))


@cache
def _technique_ids() -> tuple[str, ...]:
    return tuple(one.id.lower() for one in attack.techniques())


@cache
def _tactic_keys() -> tuple[str, ...]:
    return (*(one.key for one in attack.tactics()), "defense-evasion")


def unknown_technique(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A technique that ATT&CK does not have, with the nearest one that it has."""
    for tag, name in _tags(doc, "attack"):
        if _LIKE_TECHNIQUE.fullmatch(name) and not (_TECHNIQUE.fullmatch(name) and attack.technique(name)):
            yield hit(tag.span, value=name.upper(), hint=_nearest_technique(name))


def _nearest_technique(name: str) -> str:
    """The parent of a sub-technique that is gone, or the id that differs least."""
    successor = attack.successor(name)
    if successor:
        return f"its successor is {successor.id} {successor.name}"
    parent = attack.technique(name.partition(".")[0])
    if parent:
        return f"there is {parent.id} {parent.name}"
    head, dot, rest = name.lower().partition(".")
    ids = [one for one in _technique_ids() if ("." in one) == bool(dot) and _distance_one(head, one.partition(".")[0])]
    close = guess(f"{head}{dot}{rest}", ids) if ids else None
    found = attack.technique(close) if close else None
    return f"near is {found.id} {found.name}" if found else ""


def _distance_one(one: str, other: str) -> bool:
    """Whether two ids differ in one character, by two that are swapped, or by one that is missing or too much."""
    if len(one) == len(other):
        differ = [at for at in range(len(one)) if one[at] != other[at]]
        return len(differ) == 1 or (
            len(differ) == 2
            and differ[1] == differ[0] + 1
            and one[differ[0]] == other[differ[1]]
            and one[differ[1]] == other[differ[0]]
        )
    short, long = sorted((one, other), key=len)
    return len(long) == len(short) + 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def unknown_attack_tag(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """What is neither tactic nor id."""
    for tag, name in _tags(doc, "attack"):
        if not (_LIKE_TECHNIQUE.fullmatch(name) or _ATTACK_ID.fullmatch(name.lower()) or attack.tactic(name)):
            hint = _did_you_mean(name.replace("_", "-"), _tactic_keys(), "attack.")
            yield hit(tag.span, value=tag.text, hint=hint)


def tactic_underscore(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A tactic as Sigma 1 wrote it."""
    for tag, name in _tags(doc, "attack"):
        if "_" in name and attack.tactic(name):
            right = f"attack.{name.lower().replace('_', '-')}"
            yield hit(tag.span, *rewrite(doc, tag, right), right=right)


def d3fend_tag(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Neither a tactic nor an id of D3FEND's form."""
    for tag, name in _tags(doc, "d3fend"):
        if name not in _D3FEND_TACTICS and not _D3FEND_ID.fullmatch(name):
            yield hit(tag.span, value=tag.text, hint=_did_you_mean(name, _D3FEND_TACTICS, "d3fend."))


def tlp_tag(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A level that TLP never had."""
    for tag, name in _tags(doc, "tlp"):
        if name.lower() not in (*_TLP, "white"):
            yield hit(tag.span, value=tag.text, hint=_did_you_mean(name, _TLP, "tlp."))


def tlp_white(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`white`, which is now `clear`."""
    for tag, name in _tags(doc, "tlp"):
        if name.lower() == "white":
            yield hit(tag.span, *rewrite(doc, tag, "tlp.clear"))


def tlp_not_allowed(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A level that the repository does not take."""
    for tag, name in _tags(doc, "tlp"):
        if name not in options.allowed_tlp:
            yield hit(tag.span, value=name, allowed=", ".join(options.allowed_tlp))


def _several(namespace: str, doc: LintDocument) -> Iterator[LintHit]:
    tags = [tag for tag, _ in _tags(doc, namespace)]
    for other in tags[1:]:
        if other.text != tags[0].text:
            yield hit(other.span, first=tags[0].text)


def several_tlp_tags(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Two TLP levels."""
    return _several("tlp", doc)


def several_detection_tags(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Two types of rule."""
    return _several("detection", doc)


def detection_tag(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A type of rule that there is not."""
    for tag, name in _tags(doc, "detection"):
        if name not in _KINDS:
            yield hit(tag.span, value=tag.text, hint=_did_you_mean(name.replace("_", "-"), _KINDS, "detection."))


def missing_detection_tag(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A rule in one of SigmaHQ's folders without the tag that goes with it."""
    tags = [name for _, name in _tags(doc, "detection")]
    for kind in _KINDS:
        if doc.path and f"rules-{kind}" in str(doc.path) and kind not in tags:
            yield hit(doc.key("tags") or doc.top, tag=f"detection.{kind}")


def _unlike(namespace: str, form: re.Pattern[str], doc: LintDocument) -> Iterator[Scalar]:
    for tag, name in _tags(doc, namespace):
        if not form.fullmatch(name):
            yield tag


def car_tag(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Not `2016-04-005`."""
    for tag in _unlike("car", re.compile(r"\d{4}-\d{2}-\d{3}"), doc):
        yield hit(tag.span, value=tag.text)


def cve_tag(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Not `2021-44228`; the dot and the prefix of earlier versions are mended."""
    for tag in _unlike("cve", re.compile(r"\d+-\d+"), doc):
        found = re.fullmatch(r"cve\.(?:cve[-_.])?(\d{4})[-._](\d{4,})", tag.text.lower())
        right = f"cve.{found[1]}-{found[2]}" if found else ""
        edits = rewrite(doc, tag, right) if right else ()
        yield hit(tag.span, *edits, value=tag.text, hint=f"write `{right}`" if right else "")


def stp_tag(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Not `3k`."""
    for tag in _unlike("stp", re.compile(r"[1-5][auk]?"), doc):
        yield hit(tag.span, value=tag.text)


def duplicate_tag(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A tag that is there already, in whatever case."""
    seen: set[str] = set()
    for tag in doc.list("tags"):
        if tag.text.lower() in seen:
            yield hit(tag.span, *remove_line(doc, tag), value=tag.text)
        seen.add(tag.text.lower())


def technique_without_tactic(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A tactic that a tagged technique serves, and that is not tagged. Defense Evasion counts for both of its heirs."""
    tagged = {found.key for _, name in _tags(doc, "attack") if (found := attack.tactic(name))}
    if any(name.lower().replace("_", "-") == "defense-evasion" for _, name in _tags(doc, "attack")):
        tagged |= _SPLIT
    for tag, name in _tags(doc, "attack"):
        technique = attack.technique(name)
        for tactic in technique.tactics if technique else ():
            if technique and tactic.key not in tagged:
                tagged.add(tactic.key)
                yield hit(tag.span, technique=technique.id, tactic=tactic.name, key=tactic.key)


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "LNT050": tag_form,
        "LNT051": unknown_namespace,
        "LNT052": unknown_technique,
        "LNT053": unknown_attack_tag,
        "LNT054": tactic_underscore,
        "LNT055": d3fend_tag,
        "LNT056": tlp_tag,
        "LNT057": tlp_white,
        "LNT058": tlp_not_allowed,
        "LNT059": several_tlp_tags,
        "LNT060": several_detection_tags,
        "LNT061": detection_tag,
        "LNT062": missing_detection_tag,
        "LNT063": car_tag,
        "LNT064": cve_tag,
        "LNT065": stp_tag,
        "LNT066": duplicate_tag,
        "LNT067": technique_without_tactic,
    }
)
