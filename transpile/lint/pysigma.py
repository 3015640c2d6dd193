"""pySigma's validators by name, with the lint rules that look for the same; and its configuration files.

The names are those of pySigma's 31 core validators and of the 49 of pySigma-validators-sigmaHQ, as `sigma check
--validation-config` takes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from transpile.dialects.sigma.guess import guess
from transpile.lint.options import LintOptions
from transpile.lint.settings import DEFAULTS, LintSettings, LintSettingsError

CORE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "identifier_existence": ("LNT001",),
        "identifier_uniqueness": ("SIG079",),
        "duplicate_title": ("LNT170",),
        "duplicate_references": ("LNT024",),
        "duplicate_filename": ("LNT171",),
        "filename_length": ("LNT174",),
        "custom_attributes": ("SIG077",),
        "tag_format": ("LNT050", "SIG075"),
        "attacktag": ("LNT052", "LNT053", "LNT054"),
        "d3_fendtag": ("LNT055",),
        "tlptag": ("LNT056",),
        "tlpv1_tag": ("LNT056",),
        "tlpv2_tag": ("LNT056", "LNT057"),
        "duplicate_tag": ("LNT066",),
        "namespace_tag": ("LNT051",),
        "cartag": ("LNT063",),
        "cvetag": ("LNT064",),
        "detection_tag": ("LNT061",),
        "stptag": ("LNT065",),
        "dangling_detection": ("SIG056",),
        "dangling_condition": ("SIG051", "SIG052", "SIG053"),
        "them_condition_with_single_detection": ("LNT140",),
        "all_of_them_condition": ("LNT141",),
        "specific_instead_of_generic_logsource": ("LNT082",),
        "fieldname_logsource": ("LNT080",),
        "invalid_modifier_combinations": ("LNT111", "LNT112", "LNT113", "LNT114", "LNT115"),
        "double_wildcard": ("LNT101",),
        "number_as_string": ("LNT103",),
        "control_character": ("LNT100",),
        "wildcards_instead_of_modifiers": ("LNT104", "LNT105"),
        "escaped_wildcard": ("LNT102",),
    }
)

SIGMAHQ: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sigmahq_author_existence": ("LNT003",),
        "sigmahq_ofthem_condition": ("LNT140",),
        "sigmahq_ofselection_condition": ("LNT142",),
        "sigmahq_missing_asterisk_condition": ("LNT143",),
        "sigmahq_correlation_rules_minimum": ("LNT204",),
        "sigmahq_correlation_group_by_existence": ("LNT203",),
        "sigmahq_date_existence": ("LNT004",),
        "sigmahq_modified_date_order": ("LNT015",),
        "sigmahq_modified_without_date": ("LNT016",),
        "sigmahq_redundant_modified": ("LNT017",),
        "sigmahq_description_existence": ("LNT005",),
        "sigmahq_description_length": ("LNT008",),
        "sigmahq_link_in_description": ("LNT009",),
        "sigmahq_category_event_id": ("LNT084",),
        "sigmahq_category_windows_provider_name": ("LNT085",),
        "sigmahq_unsupported_regex_group_construct": ("LNT117",),
        "sigmahq_falsepositives_capital": ("LNT028",),
        "sigmahq_falsepositives_banned_word": ("LNT029",),
        "sigmahq_falsepositives_typo_word": ("LNT030",),
        "sigmahq_space_field_name": ("LNT088",),
        "sigmahq_fieldname_cast": ("LNT087",),
        "sigmahq_invalid_fieldname": ("LNT086",),
        "sigmahq_field_user": ("LNT089",),
        "sigmahq_invalid_hash_kv": ("LNT090",),
        "sigmahq_redundant_field": ("LNT084", "LNT085"),
        "sigmahq_fields_existence": ("LNT022",),
        "sigmahq_unknown_field": ("LNT023", "SIG077"),
        "sigmahq_filename_convention": ("LNT175",),
        "sigmahq_correlation_filename_prefix": ("LNT177",),
        "sigmahq_filename_prefix": ("LNT176",),
        "sigmahq_level_existence": ("LNT006",),
        "sigmahq_logsource_unknown": ("LNT081",),
        "sigmahq_sysmon_missing_eventid": ("LNT083",),
        "sigmahq_field_duplicate_value": ("LNT109",),
        "sigmahq_invalid_all_modifier": ("SIG080",),
        "sigmahq_github_link": ("LNT026",),
        "sigmahq_mitre_link": ("LNT027",),
        "sigmahq_status_existence": ("LNT007",),
        "sigmahq_status": ("LNT020",),
        "sigmahq_status_to_high": ("LNT019",),
        "sigmahq_tags_unique_detection": ("LNT060",),
        "sigmahq_tags_detection": ("LNT062",),
        "sigmahq_tags_unique_tlp": ("LNT059",),
        "sigmahq_tags_tlp": ("LNT058",),
        "sigmahq_tags_techniques_without_tactics": ("LNT067",),
        "sigmahq_title_length": ("LNT010",),
        "sigmahq_title_start": ("LNT011",),
        "sigmahq_title_end": ("LNT012",),
        "sigmahq_title_case": ("LNT013",),
    }
)

VALIDATORS: Mapping[str, tuple[str, ...]] = MappingProxyType({**CORE, **SIGMAHQ})

# A validator's own settings, and the options that they are here.
_CONFIG: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("filename_length", "min_size"): "file_name_least",
        ("filename_length", "max_size"): "file_name_most",
        ("sigmahq_title_length", "max_length"): "title_length",
        ("sigmahq_description_length", "description_len"): "description_length",
        ("sigmahq_falsepositives_banned_word", "word_list"): "banned_false_positives",
        ("sigmahq_tags_tlp", "allowed_tlp"): "allowed_tlp",
        ("sigmahq_status_to_high", "min_days_for_nolog_rule"): "experimental_days",
    }
)


def parse_pysigma(data: Any) -> LintSettings:
    """Settings from the content of a pySigma validation file: `validators`, `exclusions` and `config`.

    Lint rules without a counterpart among pySigma's validators keep their defaults. Raises `LintSettingsError` for a
    name that pySigma does not know and for a setting that has no counterpart here.
    """
    if not isinstance(data, dict):
        raise LintSettingsError("a pySigma validation file is a map with `validators`, `exclusions` and `config`")
    chosen = _chosen(data.get("validators") or [])
    wanted = {code for name in chosen for code in VALIDATORS[name]}
    covered = {code for codes in VALIDATORS.values() for code in codes}
    enabled = frozenset((DEFAULTS.enabled - covered) | {code for code in wanted if code.startswith("LNT")})
    ignored = frozenset(code for code in covered - wanted if not code.startswith("LNT"))
    exclusions: dict[str, frozenset[str]] = {}
    for rule, names in (data.get("exclusions") or {}).items():
        listed = names if isinstance(names, list) else [names]
        codes = frozenset(code for name in listed for code in VALIDATORS[_known(str(name))])
        exclusions[str(rule).lower()] = codes
    options = _options(data.get("config") or {})
    return LintSettings(enabled, ignored=ignored, exclusions=exclusions, options=options)


def _chosen(words: list[Any]) -> list[str]:
    """The validators that a list names: `all`, names, and names with `-` in front, which are taken out again."""
    chosen: dict[str, None] = {}
    for word in map(str, words):
        if word == "all":
            chosen = dict.fromkeys(VALIDATORS)
        elif word.startswith("-"):
            chosen.pop(_known(word[1:]), None)
        else:
            chosen[_known(word)] = None
    return list(chosen)


def _known(name: str) -> str:
    if name in VALIDATORS:
        return name
    close = guess(name, VALIDATORS)
    raise LintSettingsError(f"no pySigma validator `{name}`" + (f"; did you mean `{close}`?" if close else ""))


def _options(config: Mapping[str, Any]) -> LintOptions:
    changes: dict[str, Any] = {}
    for name, settings in config.items():
        for key, value in (settings or {}).items():
            option = _CONFIG.get((_known(str(name)), str(key)))
            if option is None:
                raise LintSettingsError(f"`{key}` of the pySigma validator `{name}` has no counterpart here")
            changes[option] = tuple(value) if isinstance(value, list) else value
    return replace(LintOptions(), **changes)
