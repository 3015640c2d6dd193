"""pySigma pipelines: what they change comes through, or the rule is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sigma.processing.pipeline import ProcessingPipeline

from tests.sigma.sigma_rules import all_tests, codes_of, detection_text, one_test, reading, rule_of, rule_text
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import ANY, Case, Number, Pattern, Regex
from transpile.ir.stream import LogSource
from transpile.ir.walk import leaves
from transpile.pipelines.pysigma import PipelineError, installed, load_pipelines


def pipeline(*transformations: dict[str, Any], **more: Any) -> ProcessingPipeline:
    return ProcessingPipeline.from_dict({"name": "test", "transformations": list(transformations), **more})


def put_through(selection: str, *transformations: dict[str, Any]) -> Expr:
    return rule_of(rule_text(selection), pipelines=(pipeline(*transformations),)).condition


def fields(expr: Expr) -> list[str]:
    return [leaf.field.name for leaf in leaves(expr) if isinstance(leaf, Match)]


def test_fields_are_renamed_and_keep_their_places() -> None:
    expr = put_through("a: [x, y]\nb|fieldref: c", {"type": "field_name_mapping", "mapping": {"a": "A", "c": "C"}})
    assert fields(expr) == ["A", "A", "b"]
    assert [leaf.span.column for leaf in leaves(expr) if leaf.span] == [9, 12, 17]
    assert [leaf.test.field.name for leaf in leaves(expr) if hasattr(leaf.test, "field")] == ["C"]


def test_the_list_of_fields_is_renamed_too() -> None:
    text = "fields: [a, z]\n" + rule_text("a: x")
    rule = rule_of(text, pipelines=(pipeline({"type": "field_name_mapping", "mapping": {"a": "A"}}),))
    assert rule.fields == ("A", "z")


def test_one_field_may_become_several() -> None:
    mapping = {"type": "field_name_mapping", "mapping": {"a": ["one", "two"]}}
    expr = put_through("a: x\nb: y", mapping)
    assert isinstance(expr, And) and isinstance(expr.args[0], Or)
    assert fields(expr) == ["one", "two", "b"]


def test_a_negated_field_that_becomes_several_matches_in_none_of_them() -> None:
    mapping = {"type": "field_name_mapping", "mapping": {"a": ["one", "two"]}}
    expr = put_through("a|neq: x", mapping)
    assert isinstance(expr, And) and all(isinstance(arg, Not) for arg in expr.args)


def test_modifiers_were_applied_before() -> None:
    prefix = {"type": "field_name_prefix", "prefix": "p."}
    (leaf,) = leaves(put_through("a|cased|contains: X", prefix))
    assert isinstance(leaf, Match)
    assert (leaf.field.name, leaf.test, leaf.operator) == (
        "p.a",
        Pattern.of(ANY, "X", ANY, case=Case.SENSITIVE),
        "cased|contains",
    )


def test_added_conditions_have_the_same_name_each_time() -> None:
    added = {"type": "add_condition", "conditions": {"index": "main", "EventID": [1, 2]}}
    rules = [rule_of(rule_text("a: x"), pipelines=(pipeline(added),)) for _ in range(2)]
    assert rules[0] == rules[1]
    assert [part.name for part in rules[0].parts] == ["selection", "pipeline_1"]
    assert rules[0].conditions == ("pipeline_1 and (selection)",)
    assert fields(rules[0].condition) == ["index", "EventID", "EventID", "a"]


def test_added_conditions_are_none_of_the_rules_own() -> None:
    added = pipeline({"type": "add_condition", "conditions": {"index": "main"}})
    text = detection_text("pipeline_1: {a: x}\n_two: {b: y}\ncondition: 1 of them or 1 of _*")
    rule = rule_of(text, pipelines=(added,))
    assert [part.name for part in rule.parts] == ["pipeline_1", "_two", "pipeline_2"]
    assert isinstance(rule.condition, And)
    assert fields(rule.condition) == ["index", "a", "b"]


def test_log_source_custom_keys_and_state() -> None:
    rule = rule_of(
        rule_text("a: x"),
        pipelines=(
            pipeline(
                {"type": "change_logsource", "category": "dns"},
                {"type": "set_custom_attribute", "attribute": "table", "value": "T"},
                {"type": "set_state", "key": "index", "val": "main"},
            ),
        ),
    )
    assert rule.logsource == LogSource(category="dns")
    assert rule.custom == {"table": "T", "pipeline": {"index": "main"}}


def test_conditions_of_rules_see_the_metadata() -> None:
    item = {
        "type": "field_name_mapping",
        "mapping": {"a": "A"},
        "rule_conditions": [
            {"type": "logsource", "category": "process_creation"},
            {"type": "tag", "tag": "attack.t1059"},
            {"type": "rule_attribute", "attribute": "level", "value": "high"},
            {"type": "rule_attribute", "attribute": "date", "op": "gte", "value": "2024-01-01"},
        ],
    }
    metadata = "level: high\ndate: 2024-01-31\ntags: [attack.t1059, odd]\n"
    assert fields(rule_of(metadata + rule_text("a: x"), pipelines=(pipeline(item),)).condition) == ["A"]
    metadata = metadata.replace("high", "low")
    assert fields(rule_of(metadata + rule_text("a: x"), pipelines=(pipeline(item),)).condition) == ["a"]


def test_values_are_changed() -> None:
    replace = {"type": "replace_string", "regex": "^C:", "replacement": "D:"}
    assert fields(put_through(r"a|startswith: 'C:\x'", replace)) == ["a"]
    (leaf,) = leaves(put_through(r"a|startswith: 'C:\x'", replace))
    assert leaf.test == Pattern.of("D:\\x", ANY)
    (leaf,) = leaves(put_through("a: x", {"type": "map_string", "mapping": {"x": "y"}}))
    assert leaf.test == Pattern.of("y")
    tests = [leaf.test for leaf in leaves(put_through("a: x", {"type": "map_string", "mapping": {"x": ["y", "z"]}}))]
    assert tests == [Pattern.of("y"), Pattern.of("z")]
    (leaf,) = leaves(put_through("a: '5'", {"type": "convert_type", "target_type": "num"}))
    assert leaf.test == Number(5)
    (leaf,) = leaves(put_through("a: 'x*'", {"type": "regex", "method": "ignore_case_flag"}))
    assert leaf.test == Regex("x.*", case=Case.UNICODE)


def test_keywords_may_get_a_field() -> None:
    (leaf,) = leaves(put_through("- evil", {"type": "field_name_mapping", "mapping": {None: "raw"}}))
    assert isinstance(leaf, Match) and (leaf.field.name, leaf.test) == ("raw", Pattern.of(ANY, "evil", ANY))


def test_dropped_items_drop_out() -> None:
    drop = {"type": "drop_detection_item", "field_name_conditions": [{"type": "include_fields", "fields": ["a"]}]}
    assert fields(put_through("a: x\nb: y", drop)) == ["b"]
    text = detection_text("one: {a: x}\ntwo: {b: y}\ncondition: one and two")
    assert fields(rule_of(text, pipelines=(pipeline(drop),)).condition) == ["b"]
    text = detection_text("one: {a: x}\ntwo: {b: y}\ncondition: two and not one")
    assert fields(rule_of(text, pipelines=(pipeline(drop),)).condition) == ["b"]
    assert codes_of(rule_text("a: x"), pipelines=(pipeline(drop),)) == ["SIG062"]


class TestPlaceholders:
    def test_a_pipeline_replaces_them(self) -> None:
        values = pipeline({"type": "value_placeholders"}, vars={"x": ["a", "b*"]})
        assert all_tests("f|expand: '%x%'", pipelines=(values,)) == [Pattern.of("a"), Pattern.of("b", ANY)]
        wildcard = pipeline({"type": "wildcard_placeholders"})
        assert one_test("f|expand: 'a%x%'", pipelines=(wildcard,)) == Pattern.of("a", ANY)

    def test_values_that_are_given_come_first(self) -> None:
        wildcard = pipeline({"type": "wildcard_placeholders"})
        assert all_tests("f|expand: '%x%'", pipelines=(wildcard,), values={"x": ("a",)}) == [Pattern.of("a")]

    def test_what_a_pipeline_leaves_is_refused(self) -> None:
        values = pipeline({"type": "wildcard_placeholders", "include": ["y"]})
        assert codes_of(rule_text("f|expand: '%x%'"), pipelines=(values,)) == ["SIG039"]

    def test_query_expressions_are_refused(self) -> None:
        query = pipeline({"type": "query_expression_placeholders", "expression": "[| inputlookup {id}]"})
        (diagnostic,) = reading(rule_text("f|expand: '%x%'"), pipelines=(query,)).diagnostics
        assert diagnostic.code == "SIG061" and "inputlookup" in diagnostic.message


def test_what_a_pipeline_refuses_is_refused() -> None:
    failure = pipeline({"type": "rule_failure", "message": "not for us"})
    (diagnostic,) = reading(rule_text("a: x"), pipelines=(failure,)).diagnostics
    assert diagnostic.code == "SIG060" and diagnostic.message.endswith("not for us")
    strict = pipeline({"type": "strict_field_mapping_failure"})
    assert codes_of(rule_text("a: x"), pipelines=(strict,)) == ["SIG060"]


def test_a_pipeline_that_breaks_is_refused() -> None:
    class Broken:
        priority = 0

        def apply(self, rule: object) -> None:
            raise ZeroDivisionError

    (diagnostic,) = reading(rule_text("a: x"), pipelines=(Broken(),)).diagnostics
    assert diagnostic.code == "SIG060" and "ZeroDivisionError" in diagnostic.message


def test_a_pipeline_that_rewrites_queries_is_refused() -> None:
    post = pipeline(postprocessing=[{"type": "embed", "prefix": "x", "suffix": "y"}])
    assert codes_of(rule_text("a: x"), pipelines=(post,)) == ["SIG063"]


def test_pipelines_go_by_priority() -> None:
    first = pipeline({"type": "field_name_suffix", "suffix": "1"}, priority=10)
    second = pipeline({"type": "field_name_suffix", "suffix": "2"}, priority=20)
    for order in ((first, second), (second, first)):
        assert fields(rule_of(rule_text("a: x"), pipelines=order).condition) == ["a12"]


FILE = "name: one\npriority: {}\ntransformations:\n  - {{id: s, type: field_name_suffix, suffix: '{}'}}\n"


def test_pipelines_from_files_go_by_priority(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text(FILE.format(20, "1"))
    (tmp_path / "two.yml").write_text(FILE.format(10, "2"))
    names = (str(tmp_path / "one.yml"), str(tmp_path / "two.yml"))
    assert fields(rule_of(rule_text("a: x"), pipelines=names).condition) == ["a21"]
    assert fields(rule_of(rule_text("a: x"), pipelines=names).condition) == ["a21"]


def test_pipelines_that_cannot_be_loaded(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text("transformations:\n  - type: nonsense\n")
    for name in (str(broken), str(tmp_path / "missing.yml"), "no_such_pipeline"):
        with pytest.raises(PipelineError, match=Path(name).name):
            load_pipelines((name,))
        (diagnostic,) = reading(rule_text("a: x"), pipelines=(name,)).diagnostics
        assert diagnostic.code == "SIG064" and name in diagnostic.message


@pytest.mark.skipif(
    not {"splunk_windows", "ecs_windows"} & set(installed()), reason="the backends do not take this pySigma"
)
def test_installed_pipelines_are_known_by_name() -> None:
    assert "splunk_windows" in installed() and "ecs_windows" in installed()
    text = rule_text("EventID: 1\nImage: x").replace("category: process_creation", "product: windows")
    expr = rule_of(text, pipelines=("ecs_windows",)).condition
    assert fields(expr)[0] == "event.code" and fields(expr)[1].startswith("process.executable")


def test_the_same_rule_with_and_without_a_pipeline_that_does_nothing() -> None:
    text = detection_text("a: {f|neq: [1, x]}\nb: [k, '*l*']\ncondition: a and not b")
    assert rule_of(text, pipelines=(pipeline(),)) == rule_of(text)


INDEX = """\
name: index
priority: 10
transformations:
  - type: add_condition
    conditions: {index: win, shard: 3}
"""


def test_conditions_that_a_pipeline_adds_pass_through_a_data_model(tmp_path: Path) -> None:
    from transpile.conversion import convert

    place = tmp_path / "index.yml"
    place.write_text(INDEX, encoding="utf-8")
    rule = "title: t\nlogsource: {product: windows, category: process_creation}\n"
    rule += "detection: {s: {Image: a.exe}, condition: s}\n"
    found = convert(rule, write="spl", model="windows-xml", pipelines=(str(place),))
    assert found.query is not None
    assert 'index="win"' in found.query and "shard=3" in found.query and "EventCode=1" in found.query
    found = convert(rule, write="spl", model="windows-xml")
    assert found.query is not None and "index" not in found.query
