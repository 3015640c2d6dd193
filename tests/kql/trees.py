"""Hypothesis strategies for random Kusto trees."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import strategies as st

from transpile.dialects.kql.tree import (
    LIST_OPERATORS,
    STRING_OPERATORS,
    And,
    Array,
    Assignment,
    Bag,
    Between,
    Binary,
    Bool,
    Call,
    Columns,
    DataTable,
    Duration,
    Dynamic,
    DynamicNull,
    Expand,
    Expanded,
    Expr,
    Function,
    In,
    Index,
    Join,
    Key,
    Let,
    Name,
    Negative,
    Number,
    Operator,
    Or,
    Partition,
    Path,
    Pipeline,
    Raw,
    RawStatement,
    Scan,
    Script,
    Sort,
    Star,
    Step,
    String,
    Summarize,
    Top,
    Typed,
    Union,
    Where,
    Wildcard,
)

texts = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["\\", "\\\\", '"', "'", "\"'", "\n", "\t", "\\n", "net.exe\\", "\u202e", "\u2028", "😀", "\\u0041", "``"]
    ),
)
names = st.one_of(
    st.sampled_from(
        ["EventID", "a", "c-uri", "a.b", "where", "in", "not", "let", "range", "by", "1d", "$left", "it's"]
    ),
    st.text(min_size=1, max_size=6),
)
functions = st.sampled_from(["tostring", "isempty", "not", "coalesce", "toscalar", "f", "odd name"])
literals = st.one_of(
    texts.map(String),
    st.integers().map(Number),
    st.floats(allow_nan=False, allow_infinity=False).map(Number),
    st.booleans().map(Bool),
    st.sampled_from([Duration("1d"), Duration("2.5h"), Typed("datetime", "2026-01-31 10:00"), Typed("int", "null")]),
)
dynamics = st.recursive(
    literals | st.just(DynamicNull()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: Array(tuple(items))),
        st.lists(st.tuples(texts, inner), max_size=3).map(lambda pairs: Bag(tuple(pairs))),
    ),
    max_leaves=4,
)


Element = TypeVar("Element")


def tuples_of(
    elements: st.SearchStrategy[Element], low: int = 1, high: int = 3
) -> st.SearchStrategy[tuple[Element, ...]]:
    return st.lists(elements, min_size=low, max_size=high).map(tuple)


def joined(kind: type[And] | type[Or], elements: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    return tuples_of(elements.filter(lambda one: not isinstance(one, kind)), 2).map(kind)


def assignments(values: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    plain = st.lists(st.sampled_from(["a", "b"]), min_size=2, max_size=2) | names.map(lambda name: [name])
    return st.builds(Assignment, plain.map(tuple), values)


def larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    arguments = (
        inner
        | assignments(inner)
        | st.builds(Pipeline, names.map(Name), st.builds(Where, inner).map(lambda one: (one,)))
    )
    arithmetic = st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">="])
    return st.one_of(
        st.builds(Binary, arithmetic, inner, inner),
        st.builds(Binary, st.sampled_from(sorted(STRING_OPERATORS)), inner | st.just(Star()), inner),
        st.builds(In, st.sampled_from(sorted(LIST_OPERATORS)), inner, tuples_of(arguments)),
        st.builds(Between, st.sampled_from(["between", "!between"]), inner, inner, inner),
        joined(And, inner),
        joined(Or, inner),
        st.builds(Path, inner, names),
        st.builds(Index, inner, inner),
        st.builds(Call, functions, tuples_of(arguments | st.just(Star()), 0)),
        st.builds(Call, functions, tuples_of(arguments, 0), inner),
        st.builds(Negative, inner.filter(lambda one: not isinstance(one, Number))),
    )


atoms: st.SearchStrategy[Expr] = st.one_of(names.map(Name), literals, st.builds(Dynamic, dynamics))
scalars = st.recursive(atoms, larger, max_leaves=8)

columns = tuples_of(scalars | assignments(scalars))
raws = st.builds(
    Raw,
    st.sampled_from(["take", "make-series", "parse", "render"]),
    st.sampled_from(["", "5", "by a desc", "x = f(a | b)"]),
)


keys = tuples_of(
    st.builds(Key, scalars, st.sampled_from(["", "asc", "desc"]), st.sampled_from(["", "first", "last"])), 1, 2
)
schemas = st.lists(st.tuples(names, st.sampled_from(["string", "long", "datetime"])), max_size=2).map(tuple)
steps = st.builds(
    Step,
    names,
    scalars,
    st.lists(st.builds(Assignment, names.map(lambda name: (name,)), scalars), max_size=2).map(tuple),
    st.sampled_from(["", "all", "last", "none"]),
)


def operators_over(tables: st.SearchStrategy[Expr]) -> st.SearchStrategy[Operator]:
    return st.one_of(
        st.builds(Where, scalars),
        st.builds(Columns, st.sampled_from(["extend", "project", "project-rename", "distinct"]), columns),
        st.builds(Summarize, columns | st.just(()), columns, st.sampled_from([(), (("hint.strategy", "shuffle"),)])),
        st.builds(
            Join,
            st.sampled_from(["join", "lookup"]),
            tables,
            tuples_of(scalars),
            st.sampled_from([(), (("kind", "inner"),), (("kind", "leftanti"), ("hint.remote", "left"))]),
        ),
        st.builds(
            Union, tuples_of(tables | st.just(Wildcard("Security*"))), st.sampled_from([(), (("isfuzzy", "true"),)])
        ),
        raws,
        st.builds(Sort, st.sampled_from(["sort", "order"]), keys),
        st.builds(Top, st.integers(1, 9).map(Number), keys),
        st.builds(Columns, st.sampled_from(["project-away", "serialize"]), tuples_of(scalars)),
        st.builds(Expand, st.just("mv-expand"), tuples_of(st.builds(Expanded, scalars, st.sampled_from(["", "long"])))),
        st.builds(
            Expand,
            st.just("mv-apply"),
            tuples_of(st.builds(Expanded, scalars | assignments(scalars))),
            tuples_of(st.builds(Where, scalars)),
        ),
        st.builds(Scan, schemas, tuples_of(steps)),
        st.builds(
            Partition,
            names.map(Name),
            tuples_of(st.builds(Where, scalars)),
            st.sampled_from([(), (("hint.strategy", "native"),)]),
        ),
    )


tables: st.SearchStrategy[Expr] = st.recursive(
    names.map(Name) | st.builds(Call, st.sampled_from(["_Im_Dns", "f"]), tuples_of(literals, 0)),
    lambda inner: st.builds(
        Pipeline,
        inner | st.builds(Union, tuples_of(inner)) | st.builds(DataTable, schemas, tuples_of(literals)),
        st.lists(operators_over(inner), min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=3,
)

scripts = st.recursive(
    tables.map(lambda table: Script((table,))),
    lambda inner: st.builds(
        lambda before, last: Script((*before, *last.statements)),
        st.lists(
            st.one_of(
                st.builds(Let, names, scalars | tables),
                st.builds(
                    Let,
                    names,
                    st.builds(Function, st.sampled_from(["", "a: string, b: long = 5"]), inner, st.booleans()),
                ),
                st.just(RawStatement("set notruncation")),
            ),
            max_size=2,
        ),
        inner,
    ),
    max_leaves=3,
)

TREES = scripts
