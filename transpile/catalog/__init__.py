"""The catalog: what the rules of all vendors look for, by technique, field, value and event.

`collect` finds files, `read` makes records of them, `predicates` and `events` say what each rule looks for, `store`
keeps it in one SQLite file, `pages` and `queries` answer questions about it, `relations` compares the rules with each
other, `translations` writes them in other languages, both with proof, and `site` writes it all as HTML.
"""
