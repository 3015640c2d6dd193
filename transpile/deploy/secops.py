"""Google SecOps: rules with the community style guide's meta and outcome, and the content manager's configuration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from transpile.deploy.base import Platform
from transpile.deploy.escape import one_line
from transpile.deploy.item import Item
from transpile.deploy.output import File
from transpile.deploy.templates import Templates
from transpile.dialects.yaral.parse import parse
from transpile.dialects.yaral.print import print_rule
from transpile.dialects.yaral.tree import (
    RESERVED,
    And,
    Call,
    Compare,
    Count,
    Expr,
    Meta,
    Number,
    Outcome,
    Path,
    Rule,
    String,
    Variable,
)
from transpile.source import Source

_MOST_OUTCOMES = 20  # "YARA-L 2.0 syntax, outcome section"
ATTACK_VERSION = "v19"

_SEVERITY = {level: level.capitalize() for level in ("informational", "low", "medium", "high", "critical")}
# The community style guide's risk score for each severity.
_RISK = {"informational": 10, "low": 35, "medium": 65, "high": 85, "critical": 95}
_PLATFORM = {"windows": "Windows", "linux": "Linux", "macos": "macOS", "aws": "AWS", "gcp": "GCP", "azure": "Azure"}

# What the alert graph shows of an event, by the style guide.
_SHOWN = ("principal.hostname", "principal.user.userid", "principal.ip", "target.hostname", "target.user.userid")


def frequency(minutes: int, several: bool = False) -> str:
    """How often a rule runs, as the platform says it; short intervals run on events as they come.

    A rule on several events waits for its window, which the platform looks back over by itself.

    >>> frequency(10), frequency(60), frequency(1440), frequency(10, several=True)
    ('LIVE', 'HOURLY', 'DAILY', 'HOURLY')
    """
    return "LIVE" if minutes < 60 and not several else "HOURLY" if minutes < 1440 else "DAILY"


def complete(item: Item, name: str) -> Rule:
    """The item's rule under this name, with meta and outcome as the style guide has them."""
    rule = parse(Source(item.query))
    own = {line.name for line in rule.outcome}
    taken = set(rule.match.variables) if rule.match else set()  # a name is a variable of one section only
    added = [
        Outcome(key, value)
        for key, value in _outcome(item, _event(rule))
        if key == "risk_score" or (key not in taken and (item.result is None or key not in own))  # its counts stay
    ]
    names = {line.name for line in added}
    kept = [line for line in rule.outcome if line.name not in names]
    outcome = (*added[: _MOST_OUTCOMES - len(kept)], *kept)
    meta = tuple(Meta(key, String(one_line(text))) for key, text in _meta(item) if text)
    return replace(rule, name=name, meta=meta, outcome=outcome)


def _meta(item: Item) -> Iterator[tuple[str, str]]:
    rule, settings = item.rule, item.settings
    techniques = item.coverage.techniques
    severity = _SEVERITY[settings.severity]
    yield "author", settings.author or rule.author or "unknown"
    yield "description", item.description
    yield "rule_id", f"mr_{item.id}"
    yield "rule_name", item.title
    yield "tactic", ", ".join(tactic.id for tactic in item.coverage.tactics)
    yield "technique", ", ".join(technique.id for technique in techniques)
    yield "mitre_attack_tactic", ", ".join(tactic.name for tactic in item.coverage.tactics)
    yield "mitre_attack_technique", ", ".join(_full_names(item))
    yield "mitre_attack_url", techniques[0].url if techniques else ""
    yield "mitre_attack_version", ATTACK_VERSION if techniques else ""
    yield "type", "Alert" if settings.enabled else "Hunt"
    yield "data_source", str(item.logsource)
    yield "platform", _PLATFORM.get(item.logsource.product or "", "")
    yield "severity", severity
    yield "priority", severity
    yield "reference", ", ".join(rule.references)
    yield "false_positives", "; ".join(rule.falsepositives)
    yield "license", rule.license or ""


def _full_names(item: Item) -> list[str]:
    """Technique names, a sub-technique's behind its parent's: `Remote Services: SMB/Windows Admin Shares`."""
    return [
        f"{technique.parent.name}: {technique.name}" if technique.parent else technique.name
        for technique in item.coverage.techniques
    ]


def _event(rule: Rule) -> str:
    """The name of the rule's event variable, the first of several."""
    condition = rule.condition.args[0] if isinstance(rule.condition, And) else rule.condition
    match condition:
        case Variable(name) | Count(name) | Compare(left=Count(name)):
            return name
        case _:
            return "e"  # what our own lowering calls it


def _outcome(item: Item, event: str) -> Iterator[tuple[str, Expr]]:
    yield "risk_score", Call("max", (Number(_RISK[item.settings.severity]),))
    for key, names in (
        ("mitre_attack_tactic", [tactic.name for tactic in item.coverage.tactics]),
        ("mitre_attack_technique", _full_names(item)),
        ("mitre_attack_technique_id", item.technique_ids),
    ):
        if names:
            yield key, Call("array_distinct", (String(", ".join(names)),))
    yield "event_count", Call("count_distinct", (Path(event, ("metadata", "id")),))
    for path in _SHOWN:
        yield path.replace(".", "_"), Call("array_distinct", (Path(event, tuple(path.split("."))),))


def _names(items: Sequence[Item]) -> list[str]:
    """A rule name for each item: an identifier that is not a word of the language's."""
    names = []
    for item in items:
        name = item.stem if item.stem[0].isalpha() else f"rule_{item.stem}"
        names.append(f"{name}_rule" if name in RESERVED else name)
    return names


def render(items: Sequence[Item], format_: str, templates: Templates) -> Iterator[File]:
    """`yaral`: a file a rule, and `rule_config.yaml` with how each is run."""
    names = _names(items)
    for item, name in zip(items, names, strict=True):
        text = templates.render("secops/rule.yaral.j2", item=item, rule=print_rule(complete(item, name)))
        yield File(f"rules/{name}.yaral", text)
    rows = sorted(zip(names, items, strict=True), key=lambda row: row[0])
    config = templates.render("secops/rule_config.yaml.j2", rows=rows, frequency=frequency)
    yield File("rule_config.yaml", config)


PLATFORM = Platform(
    "secops",
    "Google SecOps",
    ("yaral",),
    None,
    ("yaral",),
    "yaral",
    render,
    parts={"rule_config.yaml": r"(?m)^\S.*\n(?: .*\n)+"},
)
