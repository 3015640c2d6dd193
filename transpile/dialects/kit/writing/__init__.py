"""What writers share: the way down through a condition, lists, tests by the field's type, case, and networks.

Everything here is a pure function, or a record of functions. A language's spellings and its logic of missing values
are its own.
"""
