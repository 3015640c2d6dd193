"""The command line: one module a command, loaded when it is called. No logic beyond asking and showing."""

from enum import IntEnum


class Interrupted(Exception):
    """Ctrl-C, in a command that says how far it came."""


class Exit(IntEnum):
    """What the process tells its caller."""

    FINE = 0
    FINDINGS = 1  # a rule was refused, a check failed
    UNREADABLE = 2  # a rule could not be read, or the tool failed on it
    USAGE_ERROR = 3
    INTERRUPTED = 130  # by Ctrl-C: 128 + SIGINT, as shells say it
    CUT_OFF = 141  # the reader of standard output closed it before the outcome was known: 128 + SIGPIPE
