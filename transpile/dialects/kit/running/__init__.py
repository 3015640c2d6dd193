"""What runners share: three-valued logic, values of events, addresses, wildcards, and regex engines.

Nothing here imports IR, the regex parser of the writers (`transpile.regex`), or the reference meaning, of which only
`Unproven` is shared.
"""
