"""How far apart the events of one alert may be: what a look-back has to cover besides the interval."""

from __future__ import annotations

from transpile.ir.stream import Aggregate, Join, OpaqueStage, Sequence, Stream, Together, Window, WindowKind
from transpile.ir.walk import inputs


def timespan(stream: Stream) -> int | None:
    """The seconds from the first to the last event of a row of this stream; None where nothing limits them.

    A row of a stage over other stages may begin with a row that spans its own time already, so that the spans add up.

    >>> from transpile.ir.expr import TRUE
    >>> from transpile.ir.stream import Events
    >>> five = Window(300)
    >>> timespan(Aggregate(Aggregate(Events(TRUE), (), (), five), (), (), Window(3600)))
    3900
    >>> timespan(Aggregate(Events(TRUE), ()))
    """
    below = [timespan(one) for one in inputs(stream)]
    spans = [one for one in below if one is not None]
    own = _own(stream)
    if own is None or len(spans) < len(below):
        return None
    return own + max(spans, default=0)


def _own(stream: Stream) -> int | None:
    match stream:
        case Aggregate(window=window) | Sequence(within=window) | Together(within=window) | Join(within=window):
            return _length(window)
        case OpaqueStage():
            return None
        case _:
            return 0


def _length(window: Window | None) -> int | None:
    return None if window is None or window.kind is WindowKind.SESSION else window.seconds
