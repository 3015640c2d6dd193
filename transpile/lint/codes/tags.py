"""`LNT050` to `LNT079`: tags."""

from __future__ import annotations

from transpile.lint.codes.row import lint

LNT050 = lint(
    "LNT050",
    "tag-form",
    "warning",
    "the tag `{value}` has characters that tags cannot have",
    "A tag is a namespace, a dot and a name, in lower-case letters, digits, `-`, `_` and `.`.",
    "{hint}",
    fix="writes capitals in lower case",
)

LNT051 = lint(
    "LNT051",
    "unknown-tag-namespace",
    "note",
    "the tag namespace `{value}` is not one of the specification",
    "The specification knows attack, car, cve, d3fend, detection, stp and tlp. Your own can be allowed by "
    "the option `tag-namespaces`.",
    "{hint}",
)

LNT052 = lint(
    "LNT052",
    "unknown-technique",
    "warning",
    "ATT&CK v19 has no technique {value}",
    "The technique was revoked or renumbered, or its id is mistyped. Coverage reports leave the rule out.",
    "{hint}",
)

LNT053 = lint(
    "LNT053",
    "unknown-attack-tag",
    "warning",
    "`{value}` names no tactic of ATT&CK, and is not an id",
    "A tag in `attack` is a tactic (`attack.lateral-movement`), a technique (`attack.t1021.002`), a group "
    "(g0001), software (s0001), a data source (ds0001), a mitigation (m1001) or an asset (a0001).",
    "{hint}",
)

LNT054 = lint(
    "LNT054",
    "tactic-underscore",
    "note",
    "the tactic is written with `_`; Sigma 2 writes `{right}`",
    "Since version 2 of the specification tactics are written with hyphens. Some tools know only one spelling.",
    "write `{right}`",
    fix="writes hyphens",
)

LNT055 = lint(
    "LNT055",
    "d3fend-tag",
    "warning",
    "`{value}` is neither a tactic nor an id of D3FEND",
    "A tag in `d3fend` is a tactic (model, harden, detect, isolate, deceive, evict, restore), a technique "
    "(`d3-am`) or an artifact (`d3f-Process`).",
    "{hint}",
)

LNT056 = lint(
    "LNT056",
    "tlp-tag",
    "warning",
    "`{value}` is not a level of the Traffic Light Protocol",
    "TLP 2.0 has red, amber, amber-strict, green and clear.",
    "{hint}",
)

LNT057 = lint(
    "LNT057",
    "tlp-white",
    "note",
    "TLP 2.0 calls `white` `clear`",
    "Version 2.0 of the Traffic Light Protocol renamed the level in 2022.",
    "write `tlp.clear`",
    fix="writes `tlp.clear`",
)

LNT058 = lint(
    "LNT058",
    "tlp-not-allowed",
    "note",
    "the rule is marked TLP {value}; allowed here are {allowed}",
    "A public repository takes rules that may be shared freely. The option `allowed-tlp` sets others.",
    on=False,
)

LNT059 = lint(
    "LNT059",
    "several-tlp-tags",
    "warning",
    "the rule already has the tag `{first}`",
    "A rule has one TLP level; with two, nobody knows with whom it may be shared.",
    "keep the stricter one",
)

LNT060 = lint(
    "LNT060",
    "several-detection-tags",
    "warning",
    "the rule already has the tag `{first}`",
    "The `detection` tag names the one type of the rule.",
)

LNT061 = lint(
    "LNT061",
    "detection-tag",
    "warning",
    "`{value}` is not a type of rule",
    "The specification knows detection.dfir, detection.emerging-threats and detection.threat-hunting.",
    "{hint}",
)

LNT062 = lint(
    "LNT062",
    "missing-detection-tag",
    "note",
    "rules in this folder have the tag `{tag}`",
    "SigmaHQ's folders rules-dfir, rules-emerging-threats and rules-threat-hunting go with a tag.",
    "add it",
    on=False,
)

LNT063 = lint(
    "LNT063",
    "car-tag",
    "warning",
    "`{value}` is not an id of the Cyber Analytics Repository",
    "The id is a year, a month and a number: `car.2016-04-005`.",
)

LNT064 = lint(
    "LNT064",
    "cve-tag",
    "warning",
    "`{value}` is not a CVE number",
    "The number is a year, a hyphen and digits: `cve.2021-44228`.",
    "{hint}",
    fix="writes a hyphen after the year",
)

LNT065 = lint(
    "LNT065",
    "stp-tag",
    "warning",
    "`{value}` is not a score of Summiting the Pyramid",
    "The score is a digit from 1 to 5, and one of a, u and k for the event: `stp.3k`.",
)

LNT066 = lint(
    "LNT066",
    "duplicate-tag",
    "note",
    "the tag `{value}` is listed twice",
    "The second mention says nothing new.",
    "remove it",
    fix="removes the second",
)

LNT067 = lint(
    "LNT067",
    "technique-without-tactic",
    "note",
    "{technique} serves the tactic {tactic}, which is not tagged",
    "SigmaHQ tags every tactic that a tagged technique serves.",
    "add `attack.{key}`",
    on=False,
)
