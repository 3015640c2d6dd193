"""Generated trees of YARA-L rules."""

from __future__ import annotations

from hypothesis import strategies as st

from transpile.dialects.yaral.tree import (
    Absent,
    And,
    Arithmetic,
    Call,
    Compare,
    Count,
    Expr,
    InList,
    Key,
    Match,
    Meta,
    Not,
    Number,
    Option,
    Or,
    Outcome,
    Path,
    Quantified,
    Regex,
    Rule,
    String,
    Truth,
    Variable,
    Window,
)

names = st.sampled_from(["e", "src", "host_name", "x1", "_y", "risk_score", "Mixed"])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
raw_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="`\n\r"), max_size=12)
strings = st.builds(String, texts) | st.builds(String, raw_texts, st.just(True))
PIECES = ["a", r"\.", r"[^\n]", "/", "//", "(b|c)", ".*", " ", r"\\", "é", '"', "`", "#", "$e", "%", "nocase", "(?s)"]
regexes = st.builds(Regex, st.lists(st.sampled_from(PIECES), min_size=1).map(lambda pieces: "x" + "".join(pieces)))
numbers = st.builds(Number, st.integers(0, 10**12) | st.floats(0, 10**20, allow_nan=False))
steps = st.sampled_from(["ip", "fields", "match", "any", "rule"]) | st.integers(0, 99) | st.builds(Key, texts)
fields = st.builds(lambda name, first, rest: Path(name, (first, *rest)), names, names, st.lists(steps, max_size=3))
variables = st.builds(Variable, names)
functions = st.sampled_from(["re.regex", "strings.to_lower", "count", "if", "max", "cast.as_float"])
operands = (
    fields
    | variables
    | strings
    | numbers
    | st.builds(Truth, st.booleans())
    | st.builds(Quantified, st.sampled_from(["any", "all"]), fields)
)


def compound(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    arithmetic = st.builds(Arithmetic, inner, st.sampled_from(list("+-*/%")), inner)
    return arithmetic | st.builds(Call, functions, st.lists(inner, max_size=3).map(tuple))


values = st.recursive(operands, compound, max_leaves=5)
comparisons = st.builds(Compare, values, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), values, st.booleans())
leaves = (
    comparisons
    | st.builds(Compare, values, st.sampled_from(["=", "!="]), regexes, st.booleans())
    | st.builds(InList, values, st.sampled_from(["hosts", "table.column"]), st.sampled_from(["", "regex", "cidr"]))
    | st.builds(Call, functions, st.lists(values | comparisons, max_size=3).map(tuple), st.booleans())
)


def several(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    args = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.builds(And, args) | st.builds(Or, args) | st.builds(Not, inner)


predicates = st.recursive(leaves, several, max_leaves=8)
conditions = st.recursive(
    variables | st.builds(Absent, names) | st.builds(Compare, st.builds(Count, names), st.just(">"), numbers),
    several,
    max_leaves=5,
)
windows = st.builds(Window, st.integers(1, 99), st.sampled_from("mhd"), st.sampled_from(["over", "by"])) | st.builds(
    Window, st.integers(1, 99), st.sampled_from("mhd"), st.sampled_from(["before", "after"]), names
)
rules = st.builds(
    Rule,
    name=names,
    meta=st.lists(st.builds(Meta, names, strings), max_size=3).map(tuple),
    events=st.lists(predicates, max_size=4).map(tuple),
    condition=conditions,
    match=st.none() | st.builds(Match, st.lists(names, min_size=1, max_size=3).map(tuple), windows),
    outcome=st.lists(st.builds(Outcome, names, values | comparisons), max_size=3).map(tuple),
    options=st.lists(
        st.builds(Option, names, st.builds(Truth, st.booleans()) | numbers | st.just("5m")), max_size=2
    ).map(tuple),
)

TREES = rules
