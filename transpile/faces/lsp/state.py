"""What the server keeps: the analyst of a workspace, the names of its rules, open texts, and proofs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath

from pygls.workspace import TextDocument

from transpile import dialects
from transpile.assist import workspace
from transpile.assist.analysis import Analysis, Analyst, TextPart, relates, with_references
from transpile.assist.workspace import Configuration, Named
from transpile.conversion import choose_models
from transpile.dialects.base import Dialect
from transpile.faces.lsp.terms import Places, path_of
from transpile.lint.document import LintDocument
from transpile.source import Source
from transpile.verify import verify_source
from transpile.verify.proof import Proof

REMEMBERED = 500  # proofs of pieces


class State:
    """One workspace, as its server sees it."""

    def __init__(self, folder: Path | None = None, to: Iterable[str] = (), models: Iterable[str] = ()) -> None:
        self.folder = folder
        self._asked = tuple(to), tuple(models)
        self.names: tuple[Named, ...] = ()
        self._texts: dict[str, Source] = {}  # by their paths
        self._proofs: OrderedDict[str, tuple[Proof, ...]] = OrderedDict()
        self.configure()

    def configure(self) -> None:
        """Read the settings of the workspace anew."""
        self.configuration: Configuration = workspace.configuration(self.folder, *self._asked)
        self._start()

    def _start(self) -> None:
        options = with_references(self.configuration.options, self._texts.values())
        self.analyst = Analyst(options, self.configuration.lint)
        self._proofs.clear()

    def scan(self) -> None:
        """Look at the workspace's files for what rules of other files refer to. It takes seconds for thousands."""
        if self.folder is not None:
            texts = workspace.sources(self.folder)
            self.names = tuple(one for text in texts for one in workspace.names(text))
            self._texts = {one.path: one for one in texts}
            self._start()

    @property
    def models(self) -> Sequence[str]:
        """The data models that rules are mapped with."""
        return tuple(dict.fromkeys(choose_models(self.analyst.options).values()))

    @property
    def targets(self) -> Sequence[str]:
        """The languages that rules are converted to."""
        return self.analyst.options.targets

    def analyse(self, document: TextDocument, open_texts: Iterable[TextDocument]) -> Analysis:
        """The pieces of an open text, whose rules may refer to those of the other texts as they are now."""
        source = source_of(document)
        return self.analyst.analyse(source, self._others(source, open_texts))

    def _others(self, source: Source, open_texts: Iterable[TextDocument]) -> tuple[Source, ...]:
        """The texts that the library of the workspace's files does not hold, or holds as they were before."""
        files = self._texts  # a scan in the background puts others in their place
        others = {one.path: one for one in map(source_of, open_texts) if files.get(one.path) != one}
        if relates(source):
            for name in self.names:
                if name.name in source.text and name.path in files:
                    others.setdefault(name.path, files[name.path])
        return tuple(one for path, one in others.items() if path != source.path)

    def texts(self, open_texts: Iterable[TextDocument]) -> list[Source]:
        """The texts of the workspace: the open ones as they are now, the others as they were last read."""
        opened = [source_of(one) for one in open_texts]
        paths = {_absolute(one) for one in opened}
        return [*opened, *(one for one in self._texts.values() if _absolute(one) not in paths)]

    def prove(self, piece: TextPart, open_texts: Iterable[TextDocument]) -> tuple[Proof, ...]:
        """The proofs of a piece's queries, remembered as long as its text is the same."""
        options = self.analyst.options_for(piece.source, self._others(piece.source, open_texts))
        found = tuple(verify_source(piece.source, options))
        self._proofs[piece.source.text] = found
        if len(self._proofs) > REMEMBERED:
            self._proofs.popitem(last=False)
        return found

    def proofs(self, piece: TextPart) -> tuple[Proof, ...]:
        """The proofs of a piece that are known."""
        return self._proofs.get(piece.source.text, ())

    def named(self, name: str, open_texts: Iterable[TextDocument]) -> Iterator[Named]:
        """The rules of this name or id, in open texts and in files that are not open."""
        for text in self.texts(open_texts):
            if name in text.text:
                yield from (one for one in workspace.names(text) if one.name == name)


def _absolute(source: Source) -> str:
    return str(Path(source.path).absolute())


def source_of(document: TextDocument) -> Source:
    """An open text as a source."""
    return Source(document.source, path_of(document.uri))


def places_of(document: TextDocument) -> Places:
    """The places of an open text."""
    return Places(document.source, document.position_codec)


def dialect_of(document: TextDocument) -> Dialect | None:
    """The language of an open text, by its file's ending; YAML and texts without one are Sigma's."""
    ending = PurePath(path_of(document.uri)).suffix.lower()
    if document.language_id == "yaml":
        ending = ".yml"
    return next((one for one in map(dialects.load, dialects.names()) if ending in one.extensions), None)


def at(analysis: Analysis, line: int) -> tuple[TextPart, LintDocument | None] | None:
    """The piece and the document that a line of the text is in."""
    piece = analysis.at(line)
    if piece is None:
        return None
    local = line - piece.line
    for document in reversed(piece.documents):
        if document.node.span.line <= local:
            return piece, document
    return piece, None
