"""The reference meaning of a rule over events, and the events that put a query to the test."""


class Unproven(Exception):
    """The outcome hangs on something that the language's documentation does not settle; carries what that is."""
