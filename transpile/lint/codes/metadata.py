"""`LNT001` to `LNT049`: what a rule says of itself."""

from __future__ import annotations

from transpile.lint.codes.row import lint

LNT001 = lint(
    "LNT001",
    "missing-id",
    "note",
    "the rule has no id",
    "Other rules, filters and platforms refer to a rule by its id. Without one it cannot be updated in place.",
    "add a random UUID: `id: {example}`",
)

LNT002 = lint(
    "LNT002",
    "id-form",
    "note",
    "the id `{value}` is not in the usual form",
    "A UUID is written in lower case with hyphens. Tools that compare ids as text miss other spellings.",
    "write it as `{usual}`",
    fix="writes the id in its usual form",
)

LNT003 = lint(
    "LNT003",
    "missing-author",
    "note",
    "the rule has no author",
    "The Detection Rule License asks that the author of a rule be named wherever the rule is used.",
)

LNT004 = lint(
    "LNT004",
    "missing-date",
    "note",
    "the rule has no date",
    "The date of creation tells readers how old the knowledge in a rule is.",
)

LNT005 = lint(
    "LNT005",
    "missing-description",
    "note",
    "the rule has no description",
    "The description is what an analyst reads first when the rule fires.",
)

LNT006 = lint(
    "LNT006",
    "missing-level",
    "note",
    "the rule has no level",
    "The level becomes the severity of the alert. Without one each platform takes a default of its own.",
    "add one of informational, low, medium, high and critical",
)

LNT007 = lint(
    "LNT007",
    "missing-status",
    "note",
    "the rule has no status",
    "The status says whether a rule is ready for production.",
    "add one of stable, test and experimental",
)

LNT008 = lint(
    "LNT008",
    "short-description",
    "note",
    "the description has {length} characters; at least {least} are asked for",
    "A few words cannot tell an analyst what was found and why it matters.",
)

LNT009 = lint(
    "LNT009",
    "link-in-description",
    "note",
    "the description holds `{word}`, and the rule has no references",
    "Sources belong in `references`, where tools and platforms show them as links.",
    "move it to `references`",
)

LNT010 = lint(
    "LNT010",
    "long-title",
    "note",
    "the title has {length} characters; at most {most} are advised",
    "Long titles are cut in lists and notifications.",
)

LNT011 = lint(
    "LNT011",
    "title-starts-with-detects",
    "note",
    "the title starts with `{word}`",
    "Every rule detects something; the word only makes titles longer and lists harder to scan.",
    "start with what is detected",
)

LNT012 = lint(
    "LNT012",
    "title-ends-with-dot",
    "note",
    "the title ends with a dot",
    "A title is not a sentence.",
    "remove the dot",
    fix="removes the dot",
)

LNT013 = lint(
    "LNT013",
    "title-case",
    "note",
    "`{word}` in the title is in lower case",
    "SigmaHQ writes titles in title case: every word but the short ones begins with a capital.",
    on=False,
)

LNT014 = lint(
    "LNT014",
    "title-spaces",
    "note",
    "the title has spaces at its ends or several in a row",
    "Two titles that differ in spaces look the same to readers and different to tools.",
    "keep single spaces",
    fix="keeps single spaces",
)

LNT015 = lint(
    "LNT015",
    "modified-before-date",
    "warning",
    "the rule was modified ({modified}) before it was created ({date})",
    "One of the two dates must be wrong.",
)

LNT016 = lint(
    "LNT016",
    "modified-without-date",
    "note",
    "the rule has a date of modification, but none of creation",
    "A new rule has `date` only; `modified` is added at its first change.",
    "rename it to `date`, or add the date of creation",
)

LNT017 = lint(
    "LNT017",
    "redundant-modified",
    "note",
    "`modified` is the same day as `date`",
    "A rule that was not changed since the day of its creation needs no date of modification.",
    "remove it",
    fix="removes the line",
)

LNT018 = lint(
    "LNT018",
    "date-in-future",
    "note",
    "`{key}` is {date}, which lies in the future",
    "Most often day and month are swapped, or the year is mistyped.",
)

LNT019 = lint(
    "LNT019",
    "status-too-high",
    "note",
    "the rule is {days} days old and already {status}",
    "SigmaHQ lets a rule be `experimental` for its first {least} days, before it counts as tested.",
    on=False,
)

LNT020 = lint(
    "LNT020",
    "retired-status",
    "note",
    "the rule is {status}, but does not lie in a folder of such rules",
    "Deprecated and unsupported rules are easily deployed by mistake when they lie among the others.",
    "move it to a folder named `{status}`",
)

LNT021 = lint(
    "LNT021",
    "deprecated-without-related",
    "note",
    "the rule is deprecated, and no related rule is named",
    "Users of a deprecated rule want to know what replaced it.",
    "name the new rule in `related`",
)

LNT022 = lint(
    "LNT022",
    "fields-key",
    "note",
    "the rule lists `fields`, which SigmaHQ no longer uses",
    "`fields` proposed columns for analysts. SigmaHQ dropped it; the specification still allows it.",
    on=False,
)

LNT023 = lint(
    "LNT023",
    "custom-key",
    "note",
    "`{key}` is not a key of the specification",
    "Rules may have keys of their own. SigmaHQ does not accept them.",
    on=False,
)

LNT024 = lint(
    "LNT024",
    "duplicate-reference",
    "note",
    "the reference `{value}` is listed twice",
    "The second mention says nothing new.",
    "remove it",
    fix="removes the second",
)

LNT025 = lint(
    "LNT025",
    "duplicate-field",
    "note",
    "the field `{value}` is listed twice in `fields`",
    "The second mention says nothing new.",
    "remove it",
    fix="removes the second",
)

LNT026 = lint(
    "LNT026",
    "github-branch-link",
    "note",
    "the reference points at a branch on GitHub, whose content changes",
    "A permanent link holds the commit (40 hexadecimal digits), so that readers see what the author saw.",
    "press `y` on the page for the permanent link",
)

LNT027 = lint(
    "LNT027",
    "attack-link",
    "note",
    "the reference is a page of MITRE ATT&CK; a tag says the same",
    "Tags are counted and filtered by; links are not. SigmaHQ keeps references for other sources.",
    "add the tag `{tag}` and remove the link",
    on=False,
)

LNT028 = lint(
    "LNT028",
    "falsepositive-lower-case",
    "note",
    "the false positive `{word} ...` does not begin with a capital",
    "SigmaHQ writes each false positive as a sentence.",
    on=False,
)

LNT029 = lint(
    "LNT029",
    "falsepositive-says-nothing",
    "note",
    "`{word}` as a false positive tells analysts nothing",
    "`none` is never certain, and a penetration test is a true positive.",
    "describe the benign activity that matches, or write Unknown",
)

LNT030 = lint(
    "LNT030",
    "falsepositive-typo",
    "note",
    "`{word}` is misspelt; `{right}` is meant",
    "One of the frequent misspellings.",
    "write `{right}`",
    fix="corrects the word",
)

LNT031 = lint(
    "LNT031",
    "short-entry",
    "note",
    "the entry `{value}` of `{key}` has fewer than two characters",
    "The specification asks for at least two.",
)

LNT032 = lint(
    "LNT032",
    "long-text",
    "warning",
    "`{key}` has {length:,} characters; the specification allows {most:,}",
    "Tools and platforms refuse or cut longer texts.",
)

LNT033 = lint(
    "LNT033",
    "related-to-itself",
    "warning",
    "the rule names its own id as a related rule",
    "The id of the other rule was probably meant.",
)

LNT034 = lint(
    "LNT034",
    "duplicate-related",
    "note",
    "the related rule `{value}` is listed twice",
    "The second mention says nothing new, or contradicts the first.",
)

LNT035 = lint(
    "LNT035",
    "empty-key",
    "note",
    "`{key}` is empty",
    "A key without a value says nothing; some tools refuse it.",
    "remove it",
    fix="removes the line",
)

LNT036 = lint(
    "LNT036",
    "duplicate-falsepositive",
    "note",
    "the false positive `{value}` is listed twice",
    "The second mention says nothing new.",
    "remove it",
    fix="removes the second",
)

LNT037 = lint(
    "LNT037",
    "placeholder-text",
    "note",
    "`{key}` still holds `{word}`",
    "The text was left over from a template.",
)

LNT038 = lint(
    "LNT038",
    "date-form",
    "note",
    "the date {value} is not written year-month-day",
    "Since version 2 of the specification dates are written as in ISO 8601. Some tools refuse other forms.",
    "write {right}",
    fix="writes the date as year-month-day",
)
