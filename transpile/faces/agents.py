"""Tools for agents over the Model Context Protocol: typed questions about rules, read-only, below one folder.

A tool takes the text of a rule, or the path of a file below the server's folder. Work is done in a process of its own
that is stopped when it takes too long. What cannot be meant is a tool error whose message names what is valid.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import Field

from transpile import __version__
from transpile.faces import answers, knowledge, shapes
from transpile.faces.limits import LARGEST, SECONDS, Folder, LimitError, Worker, checked
from transpile.pipelines import load
from transpile.source import Source

T = TypeVar("T")

MOST_EVENTS = 10_000

INSTRUCTIONS = """\
Converts detection rules between Sigma, Splunk SPL, Kusto KQL, Elastic EQL, ES|QL, kuery and Lucene, and YARA-L, and \
says of every result whether it is exact, approximate (with its direction) or refused, with a reason. `verify` runs a \
query on events made from its rule. Give the text of a rule as `rule`, or the path of a file below {root} as `path`. \
Nothing is written, and nothing is fetched."""

Rule = Annotated[str | None, Field(description="Text of the rule, in any language that is read.", max_length=LARGEST)]
RulePath = Annotated[str | None, Field(description="Path of a rule file, below the server's folder.")]
To = Annotated[list[str], Field(description="Languages to write, such as ['spl', 'kql']; all by default.")]
Models = Annotated[
    list[str],
    Field(description="Data models, such as ['sentinel']; each language's default without it; 'none' maps nothing."),
]
ReadAs = Annotated[str, Field(description="Language of the rule; told by its text where it is 'auto'.")]
Approximate = Annotated[
    bool, Field(description="Also give queries that match more (wider) or fewer (narrower) events than the rule.")
]
Unmapped = Annotated[bool, Field(description="Keep the names of fields that the data model does not know.")]

READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


class Tools:
    """The tools. Each is a method with types and a docstring, of which the protocol's schemas are made."""

    def __init__(self, root: Path, call: Callable[..., Any]) -> None:
        """`call(function, *arguments)` does the work: `Worker.call`."""
        self.folder, self._call = Folder(root), call

    def convert(
        self,
        rule: Rule = None,
        path: RulePath = None,
        to: To = [],  # noqa: B006 (never changed; the schema shows it)
        models: Models = [],  # noqa: B006
        read: ReadAs = "auto",
        allow_approximate: Approximate = False,
        keep_unmapped: Unmapped = False,
    ) -> shapes.Conversions:
        """Convert a rule to other languages. Each result is exact, approximate, refused or error, with diagnostics."""
        asked = self._asked(to, models, read, allow_approximate, keep_unmapped)
        return self._ask(shapes.Conversions, answers.convert, self._source(rule, path), asked)

    def explain(
        self,
        rule: Rule = None,
        path: RulePath = None,
        to: To = [],  # noqa: B006
        models: Models = [],  # noqa: B006
        read: ReadAs = "auto",
    ) -> shapes.Explanation:
        """Explain a rule: its parts in words, what each line of the data models did, its queries, every diagnostic."""
        asked = self._asked(to, models, read)
        return self._ask(shapes.Explanation, answers.explain, self._source(rule, path), asked)

    def check(
        self,
        rule: Rule = None,
        path: RulePath = None,
        to: To = [],  # noqa: B006
        models: Models = [],  # noqa: B006
        read: ReadAs = "auto",
    ) -> shapes.Findings:
        """Check a rule: is it valid, well written and convertible? With the fixed text where fixes are safe."""
        asked = self._asked(to, models, read)
        return self._ask(shapes.Findings, answers.check, self._source(rule, path), asked)

    def verify(
        self,
        rule: Rule = None,
        path: RulePath = None,
        to: To = [],  # noqa: B006
        models: Models = [],  # noqa: B006
        read: ReadAs = "auto",
        allow_approximate: Approximate = False,
        query: Annotated[
            str | None, Field(description="Judge this query instead of ours, in the one language of `to`.")
        ] = None,
    ) -> shapes.Proofs:
        """Prove that queries mean their rule, by running them on events made from it; a disproof shows the event."""
        source = self._source(rule, path)
        asked = self._asked(to, models, read, allow_approximate)
        if query is None:
            return self._ask(shapes.Proofs, answers.verify, source, asked)
        if len(to) != 1:
            raise ToolError("name the one language of the query in `to`, such as ['kql']")
        return self._ask(shapes.Proofs, answers.verify_query, source, checked(query, "the query"), to[0], asked)

    def match(
        self,
        events: Annotated[
            list[dict[str, Any]],
            Field(description="Events as JSON objects, with the fields that the rule names.", max_length=MOST_EVENTS),
        ],
        rule: Rule = None,
        path: RulePath = None,
        read: ReadAs = "auto",
    ) -> shapes.Matches:
        """Match a rule with events; for the first events, which part of the rule holds and which fails."""
        return self._ask(shapes.Matches, partial(answers.match, read=read), self._source(rule, path), events)

    def diff(
        self,
        first: Rule = None,
        second: Rule = None,
        first_path: RulePath = None,
        second_path: RulePath = None,
    ) -> shapes.Comparison:
        """Compare two rules, in any two languages, by what they match; where they differ, with the smallest events."""
        return self._ask(
            shapes.Comparison,
            answers.diff,
            self._source(first, first_path, "first"),
            self._source(second, second_path, "second"),
        )

    def catalog(
        self,
        db: Annotated[
            str, Field(description="Path of a catalog (transpile catalog build), below the server's folder.")
        ],
        about: Annotated[
            Literal["search", "technique", "rule", "field", "value", "event", "stats"],
            Field(description="What the question is about; 'search' finds rules by words."),
        ],
        question: Annotated[
            str, Field(description="Such as T1021.002, a field, a value, 4688, or words.", max_length=2000)
        ] = "",
        limit: Annotated[int, Field(description="Rows to list.", ge=1, le=200)] = 50,
    ) -> dict[str, Any]:
        """Ask a catalog of rules: what thousands of rules look for, by technique, field, value and event."""
        return self._ask(dict, knowledge.catalog, str(self._file(db)), about, question, limit)

    def languages(self) -> shapes.Known:
        """List the languages and data models that other tools take by name."""
        return self._ask(shapes.Known, knowledge.known)

    def explain_code(
        self, code: Annotated[str, Field(description="A diagnostic's code, such as KQL002W.", max_length=20)]
    ) -> shapes.CodeExplained:
        """Explain the code of a diagnostic, and what to do about it."""
        return self._ask(shapes.CodeExplained, knowledge.code, code)

    def _source(self, text: str | None, path: str | None, name: str = "rule") -> Source:
        if (text is None) == (path is None):
            raise ToolError(f"give either `{name}`, a text, or its path below {self.folder.root}")
        if text is not None:
            return Source(text, f"<{name}>")
        try:
            return self.folder.source(path or "")
        except LimitError as error:
            raise ToolError(str(error)) from None

    def _file(self, path: str) -> Path:
        try:
            return self.folder.path(path)
        except LimitError as error:
            raise ToolError(str(error)) from None

    def _asked(
        self, to: list[str], models: list[str], read: str, approximate: bool = True, unmapped: bool = False
    ) -> answers.ConversionRequest:
        """How to convert. Data models are those of the package: a file by its path would be outside of the folder."""
        for name in models:
            if name not in load.names():
                raise ToolError(f"unknown data model {name!r}; expected one of {', '.join(load.names())}")
        return answers.ConversionRequest(tuple(to), tuple(models), read, approximate, unmapped)

    def _ask(self, shape: type[T], work: Callable[..., Any], *arguments: Any) -> T:
        """The answer, of the worker's, which has the shape. What is wrong with the question is a tool error."""
        try:
            return cast(T, self._call(work, *arguments))
        except (answers.AnswerError, LimitError) as error:
            raise ToolError(str(error)) from None


def make_server(root: Path, call: Callable[..., Any]) -> MCPServer:
    """The server of the tools, whose files are those below `root`, and whose work `call` does."""
    tools = Tools(root, call)
    offered = (
        tools.convert,
        tools.explain,
        tools.check,
        tools.verify,
        tools.match,
        tools.diff,
        tools.catalog,
        tools.languages,
        tools.explain_code,
    )
    return MCPServer(
        "transpile",
        title="transpile: detection rules between languages, with proof",
        instructions=INSTRUCTIONS.format(root=tools.folder.root),
        version=__version__,
        log_level="WARNING",
        tools=[_tool(one) for one in offered],
    )


def _tool(method: Callable[..., Any]) -> Tool:
    """A tool that takes the arguments of its schema and no others: a misspelt one would be ignored without a word."""
    tool = Tool.from_function(method, annotations=READ_ONLY, structured_output=True)
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = arguments.model_json_schema(by_alias=True)
    return tool


def serve(root: Path, seconds: float = SECONDS) -> None:
    """Serve on standard input and output until the client is gone."""
    worker = Worker(seconds)
    try:
        make_server(root, worker.call).run()
    finally:
        worker.close()
