"""Hypothesis strategies for random SPL trees."""

from __future__ import annotations

import string

from hypothesis import strategies as st

from transpile.dialects.spl import tree
from transpile.dialects.spl.strings import is_bare
from transpile.dialects.spl.tree import Pipeline, Search, Where

# Text made of whatever could break out of its quotes, and of anything else.
texts = st.text(
    st.sampled_from("""ab *\\"'`|[](),=<>! \n\t-$%.?{}/:;#é""") | st.characters(exclude_categories=["Cs"]), max_size=12
)
words = st.sampled_from(["AND", "or", "Not", "IN", "BY", "where", "like", "XOR", "CASE", "search", "index"])
names = st.one_of(st.text(string.ascii_letters, min_size=1, max_size=8), words, texts.filter(bool))
macros = st.builds(tree.Macro, st.text(string.ascii_letters + "_(), ", min_size=1, max_size=8))

literals = (texts | words).flatmap(lambda text: st.builds(tree.Literal, st.just(text), st.just(is_bare(text))))
quoted = (texts | words).map(tree.Literal)
directives = st.builds(
    tree.Directive, st.sampled_from(["CASE", "TERM"]), st.text(string.ascii_letters + ".", min_size=1)
)
values = literals | quoted | directives | macros
comparisons = st.builds(tree.Comparison, names, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), values)
lists = st.builds(tree.In, names, st.lists(values, min_size=1, max_size=4).map(tuple))
search_leaves = values | comparisons | lists


def booleans(children: st.SearchStrategy[object], *kinds: type) -> st.SearchStrategy[object]:
    several = st.lists(children, min_size=2, max_size=4).map(tuple)
    return st.one_of(*(st.builds(kind, several) for kind in kinds), st.builds(tree.Not, children))


searches = st.recursive(search_leaves, lambda children: booleans(children, tree.And, tree.Or), max_leaves=12)

numbers = st.builds(tree.Number, st.sampled_from(["0", "5", "10.5", "3e9"]))
eval_leaves = st.builds(tree.Name, names) | st.builds(tree.String, texts) | numbers | macros
functions = st.sampled_from(["lower", "match", "if", "coalesce", "isnull", "in", "like"])
operators = st.sampled_from(["=", "==", "!=", "<", "<=", ">", ">=", "LIKE", "+", "-", ".", "*", "/", "%"])


def eval_nodes(children: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    several = st.lists(children, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        booleans(children, tree.And, tree.Or, tree.Xor),
        st.builds(tree.Binary, operators, children, children),
        st.builds(tree.Negative, children),
        st.builds(tree.Call, functions, st.lists(children, max_size=3).map(tuple)),
        st.builds(tree.Among, children, several),
    )


evals = st.recursive(eval_leaves, eval_nodes, max_leaves=12)
flags = st.builds(tree.Flag, st.sampled_from(["span", "window", "x"]), st.sampled_from(["5m", '"a b"', "`m(1)`"]))
fields = st.lists(names, max_size=3).map(tuple)
pairs = st.lists(st.tuples(names, names), min_size=1, max_size=2).map(tuple)
aggregations = st.lists(
    st.builds(
        tree.Aggregation,
        st.sampled_from(["count", "dc", "values", "p95", "exactperc99.9"]),
        st.none() | names | evals,
        st.none() | names,
    ),
    min_size=1,
    max_size=3,
).map(tuple)
BRANCHES = (
    Pipeline(
        (
            Search(
                tree.Comparison("a", "=", tree.Literal("] | [")),
            ),
            Where(tree.Name("x|y")),
        )
    ),
    Pipeline((tree.Plain("inputlookup", (), ("t",)), tree.Fields("table", ("a b",)))),
)
commands = st.one_of(
    st.builds(Search, searches),
    st.builds(Where, evals),
    st.builds(
        tree.Eval,
        st.lists(st.tuples(st.text(string.ascii_letters + "._-", min_size=1), evals), min_size=1, max_size=3).map(
            tuple
        ),
    ),
    st.builds(tree.Regex, st.text(string.ascii_letters + "._", min_size=1), texts, st.booleans()),
    st.builds(tree.Regex, st.none(), texts),
    st.builds(
        tree.Tstats,
        st.lists(flags | macros, max_size=2).map(tuple),
        aggregations,
        st.sampled_from(["Endpoint.Processes", "Web", None]),
        st.none() | searches,
        fields,
    ),
    st.builds(
        tree.Tstats,
        st.just(()),
        aggregations,
        st.just("Web"),
        st.none(),
        fields.map(lambda names: ("_time", *names)),
        st.just("1h"),
    ),
    st.builds(
        tree.Stats,
        st.sampled_from(["stats", "eventstats", "streamstats"]),
        st.lists(flags, max_size=2).map(tuple),
        aggregations,
        fields,
    ),
    st.builds(tree.Rename, st.lists(st.tuples(names, names), min_size=1, max_size=3).map(tuple)),
    st.builds(tree.Fields, st.sampled_from(["table", "fields"]), fields, st.booleans()),
    st.builds(tree.Rex, st.lists(flags, max_size=2).map(tuple), texts),
    st.builds(
        tree.Lookup,
        st.lists(flags, max_size=2).map(tuple),
        names,
        pairs,
        st.sampled_from(["OUTPUT", "OUTPUTNEW"]),
        pairs,
    ),
    st.builds(
        tree.Plain,
        st.sampled_from(["bin", "sort", "dedup", "head", "fillnull", "spath"]),
        st.lists(flags, max_size=2).map(tuple),
        st.lists(st.sampled_from(["a", "-b", "-", "10", "AS", "c d", "e{}.f"]), max_size=3).map(tuple),
    ),
    st.builds(
        tree.Branch,
        st.sampled_from(["join", "append"]),
        st.sampled_from(["", "a, b", "type=left x"]),
        st.lists(st.sampled_from(BRANCHES), min_size=1, max_size=2).map(tuple),
    ),
    st.builds(tree.Command, st.sampled_from(["map", "foreach", "convert"]), st.sampled_from(["", "a, b", 'x "x|y"'])),
    macros,
)

TREES = st.lists(commands, min_size=1, max_size=4).map(lambda found: Pipeline(tuple(found)))
