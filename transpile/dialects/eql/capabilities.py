"""What EQL can express beyond tests of fields of single events."""

from __future__ import annotations

from transpile.dialects.base import Capabilities
from transpile.ir.match import Function
from transpile.ir.stream import Aggregate, Compute, Events, Sequence, Together, Union, Where

CAN = Capabilities(
    stages=frozenset({Events, Where, Compute, Aggregate, Sequence, Together, Union}),
    functions=frozenset(
        {
            Function.COALESCE,  # of join keys
            Function.LENGTH,
            Function.SUBSTRING,
            Function.CONCAT,
            Function.TEXT,
            Function.ADD,
            Function.SUBTRACT,
            Function.MULTIPLY,
            Function.DIVIDE,
        }
    ),
)
