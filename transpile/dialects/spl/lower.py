"""IR to an SPL search.

A rule on single events becomes a base search and commands after it (`lower_events`); with a CIM data set, a `tstats`
search whose BY clause names the fields that the commands after it need. A rule on many events becomes a search over
events sorted by time (`lower_stage`).
"""

from __future__ import annotations

from transpile.diagnostics import Report
from transpile.dialects.spl import codes
from transpile.dialects.spl.lower_events import divide, events_commands, remark
from transpile.dialects.spl.lower_search import every
from transpile.dialects.spl.lower_stage import lower_stages
from transpile.dialects.spl.lower_where import where
from transpile.dialects.spl.tree import (
    Aggregation,
    AnyCommand,
    Call,
    Eval,
    Flag,
    Macro,
    Name,
    Pipeline,
    String,
    Tstats,
    Where,
)
from transpile.ir.expr import Expr, Keyword, Match
from transpile.ir.match import Cidr
from transpile.ir.rule import Rule
from transpile.ir.walk import field_names, leaves


def lower(rule: Rule, report: Report) -> Pipeline:
    """The search that means the rule; what SPL cannot say goes to the report."""
    if not rule.is_single:
        return lower_stages(rule, report)
    if rule.dataset is not None:
        remark(rule.condition, report)
        return _tstats(rule.condition, rule.dataset, report)
    return Pipeline(events_commands(rule.condition, report))


# --- CIM data models

FILL = "null"  # what a BY field that an event lacks holds; without `fillnull_value`, `tstats` leaves such events out
NODE = "nodename"  # tells the data sets under a root apart (Search Reference, `tstats`, syntax); it is not a field
OPTIONS = (Flag("summariesonly", "false"), Flag("allow_old_summaries", "true"), Flag("fillnull_value", f'"{FILL}"'))
SHOWN = (Aggregation("count"), Aggregation("min", "_time", "firstTime"), Aggregation("max", "_time", "lastTime"))
# Fields that say where an event happened, by object of the Common Information Model.
_PLACES = {
    "Processes": ("dest", "user"),
    "Filesystem": ("dest", "user"),
    "Registry": ("dest", "user"),
    "Services": ("dest", "user"),
    "All_Changes": ("dest", "user"),
    "Authentication": ("src", "dest", "user"),
    "Web": ("src", "dest", "user"),
    "All_Traffic": ("src", "dest"),
    "DNS": ("src", "dest"),
}


def _tstats(condition: Expr, dataset: str, report: Report) -> Pipeline:
    """`tstats` counts events by the values of its BY fields, of which `where` may ask afterwards."""
    base, hard = divide(condition, _has_network)
    node = dataset.rpartition(".")[2]
    places = [f"{node}.{name}" for name in _PLACES.get(node, ())]
    by = tuple(name for name in dict.fromkeys([*places, *field_names(condition)]) if name != NODE)
    commands: list[AnyCommand] = [Tstats(OPTIONS, SHOWN, dataset, every(base) if base else None, by)]
    asked = dict.fromkeys(name for part in hard for name in field_names(part))
    if asked:
        commands.append(Eval(tuple((name, Call("nullif", (Name(name), String(FILL)))) for name in asked)))
    commands += [Where(where(part, report)) for part in hard]
    for leaf in leaves(condition):
        if isinstance(leaf, Keyword):
            report.refuse(codes.SPL007, leaf.span, dataset=dataset)
    return Pipeline((*commands, Macro(f"drop_dm_object_name({node})")))


def _has_network(expr: Expr) -> bool:
    """Whether `tstats` may get it wrong: networks (Search Reference, `tstats`, "Limitations of CIDR matching")."""
    return any(isinstance(leaf, Match) and isinstance(leaf.test, Cidr) for leaf in leaves(expr))
