"""`MAP`: data models."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

MAP001 = Code(
    "MAP001",
    Effect.REFUSED,
    "the data model {model} has no place for the log source {logsource}{near}",
    "The model does not say where the platform keeps these logs. Choose another model, extend this one in a "
    "file "
    "of your own (`include: [{{model}}]`), or keep the names as they are with `--unmapped keep`.",
)

MAP002 = Code(
    "MAP002",
    Effect.REFUSED,
    "the data model {model} knows no field {field!r} in {source}{near}",
    "The log source has no such field, or the platform has no place for it. Correct the name, extend the "
    "model in "
    "a file of your own, or keep the name as it is with `--unmapped keep`.",
)

MAP003 = Code(
    "MAP003",
    Effect.REFUSED,
    "the data model {model} has no place for {field}: {reason}",
    "The platform does not record this. Another model of the same platform may (`transpile models coverage`).",
)

MAP004 = Code(
    "MAP004",
    Effect.REFUSED,
    "the data model {model} does not support this test of {field}: {why}",
    "The platform keeps the field in another shape (a path in two columns, hashes one by one, other "
    "spellings), and "
    "this test cannot be carried over to that shape without changing what it matches.",
)

MAP005 = Code(
    "MAP005",
    Effect.REFUSED,
    "{field} is kept as {type} in {column}, which never equals {value!r}",
    "The platform's column is a number or a truth value and can never hold this value.",
)

MAP006 = Code(
    "MAP006",
    Effect.REFUSED,
    "{field} only ever has these values in the data model {model}: {known}; {value!r} is not one of them",
    "The platform keeps a closed list of values here, and the rule's value has no counterpart in it.",
)

MAP007 = Code(
    "MAP007",
    Effect.APPROXIMATE,
    "the data model {model} keeps {field} only roughly: {loss}",
    "The nearest field of the platform differs from the rule's, as the message says.",
)

MAP008 = Code(
    "MAP008",
    Effect.NOTE,
    "the data model {model} has no place for the log source {logsource}; the rule keeps its own names",
    "With `--unmapped keep` a rule whose log source the model does not know is written without one.",
)

MAP009 = Code(
    "MAP009",
    Effect.NOTE,
    "the data model {model} knows no field {field!r} in {source}; the name is kept{near}",
    "With `--unmapped keep` a field that the model does not know keeps the rule's name.",
)

MAP010 = Code(
    "MAP010",
    Effect.NOTE,
    "the data model {model} assumes that {field} is kept in {column}: {why}",
    "The platform's documentation does not say where this field is kept. Look at one of your events, and "
    "correct the "
    "model in a file of your own if it is elsewhere.",
)

MAP011 = Code(
    "MAP011",
    Effect.REFUSED,
    "the data model {model} cannot group or count by {field}: {why}",
    "Group-by, alias and counted fields need one column that holds each value as the rule's events do. The platform "
    "keeps this one in another shape, such as under other spellings. A user that is always kept in two columns, a "
    "domain and a name, is grouped by both.",
    "group by a field that the platform keeps as it is; `transpile models show` lists them",
)

MAP012 = Code(
    "MAP012",
    Effect.NOTE,
    "events whose {field} is {word!r} are in no group, since the platform keeps no value for them",
    "The platform leaves out, or puts a word of its own for, what the rule's events spell as no value.",
)

MAP013 = Code(
    "MAP013",
    Effect.NOTE,
    "no data model knows the fields of this rule; they keep their names",
    "The rule was read from a platform's language, and no data model of that language has a log source with its "
    "fields.",
    "name a data model with --source-model",
)

MAP014 = Code(
    "MAP014",
    Effect.APPROXIMATE,
    "the rule does not require {condition}, which the log source {source} does",
    "The rule was read as one of this log source, whose events are told by a condition that the rule does not have. "
    "The rule that is made of it asks only events of the log source.",
    "name another data model with --source-model, or `none`",
)

MAP015 = Code(
    "MAP015",
    Effect.NOTE,
    "the field {field} has no Sigma name in {source}; it keeps its own",
    "No line of the data model stores a Sigma field there.",
)

MAP016 = Code(
    "MAP016",
    Effect.NOTE,
    "this test of {field} has no exact form on the Sigma field that is stored there in {source}; it stays as it is",
    "The platform keeps the value in another form, in which this test cannot be turned back.",
)

MAP017 = Code(
    "MAP017",
    Effect.REFUSED,
    "no data for {logsource}: it needs one of {data}",
    "The profile (`transpile.toml` or `--have`) names none of the tables, integrations or source types that hold these "
    "events, so the query could never match.",
    "collect the events, or correct the profile",
)

MAP018 = Code(
    "MAP018",
    Effect.NOTE,
    "the condition of this rule is dead: {reason}",
    "No event of the log source can match, or every one does. The query says what the rule says, in every language.",
    "check the condition and the log source",
)

MAP019 = Code(
    "MAP019",
    Effect.NOTE,
    "this test of {field} can hardly match: {reason}",
    "The logs do not hold such a value. The query says what the rule says, in every language.",
    "correct the value",
)

MAP020 = Code(
    "MAP020",
    Effect.APPROXIMATE,
    "the rule does not say which system it is for; it is read as one for {product}",
    "The data set of the query holds the events of several systems, and neither the file nor a path in the query tells "
    "which is meant. A Sigma rule names one.",
    "name the system in the file: `data_source`, a tag such as `OS: Linux`, or `platform`",
)

MAP021 = Code(
    "MAP021",
    Effect.APPROXIMATE,
    "words of {words} are looked for between blanks or quotes in {field}",
    "Sigma has the command line as one text. A quoted word that holds the text between blanks matches too; a word with "
    "quotes inside, which the shell takes away, does not.",
)

MAP022 = Code(
    "MAP022",
    Effect.NOTE,
    "nothing says which system the rule is for; it is read as one for Windows",
    "The data set of the query holds the events of several systems, and a Sigma rule names one. The data models read "
    "the whole data set for Windows, so the query of the result is the same.",
    "name the system in the file: `data_source`, a tag such as `OS: Linux`, or `platform`",
)

MAP023 = Code(
    "MAP023",
    Effect.APPROXIMATE,
    "the data model {model} has no place for {field}, by which the rule excludes events: {reason}",
    "An exclusion is left out where the platform does not keep its field, so the query also finds what it excludes.",
    "add --allow-approximate to leave the exclusion out, and expect more alerts",
)

MAP024 = Code(
    "MAP024",
    Effect.NOTE,
    "a {field} that is {word!r} counts as none, since the platform keeps no value for it",
    "The rule asks whether there is a value. The platform leaves out the word that the log has where there is none.",
)

MAP025 = Code(
    "MAP025",
    Effect.NOTE,
    "{data} is not read: its events have no {fields}",
    "Several logs or tables hold events of this log source. One that lacks a field that the rule requires, or by which "
    "it excludes events, has no event that could match as the rule means it, so the query reads only the others.",
)
