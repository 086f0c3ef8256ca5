"""Every blob parsed once, however many agents hold it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gatekeeper.core.changes import ChangeSet
from gatekeeper.core.document import Document, ParseFailure, Value, parse
from gatekeeper.core.names import KeyPath, Oid, TreePath
from gatekeeper.core.rust_source_facts import is_rust, rust_facts
from gatekeeper.core.schema import Profile, profile_for
from gatekeeper.core.sharing import Pool
from gatekeeper.core.spans import SourceMap, Span
from gatekeeper.core.symbols import FileFacts
from gatekeeper.core.tool_facts import command_span, is_script, script_facts
from gatekeeper.core.workspace import file_facts, is_toolchain_file, toolchain_facts
from gatekeeper.errors import BadInputError
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.scanning.remembered_facts import Content, RememberedFacts, said

Place = tuple[Oid, KeyPath]
"""A key in a text."""


@dataclass(slots=True)
class Documents:
    """What blobs hold when they are read as TOML. All answers are remembered for the length of a scan.

    ``remembered`` are the facts that earlier scans have read.
    """

    store: ObjectStore
    remembered: RememberedFacts
    facts_used: dict[Content, FileFacts | None] = field(default_factory=dict)
    _said: dict[Content, str] = field(default_factory=dict)
    _parsed: dict[tuple[str, Oid], Document | ParseFailure] = field(default_factory=dict)
    _merged: dict[tuple[str, bytes], tuple[Document | ParseFailure, SourceMap]] = field(default_factory=dict)
    _changes: dict[tuple[str, Oid | None, Oid], ChangeSet] = field(default_factory=dict)
    _sources: dict[Oid, SourceMap] = field(default_factory=dict)
    _spans: dict[tuple[Oid, KeyPath], Span | None] = field(default_factory=dict)
    _command_spans: dict[tuple[TreePath, Oid, str], Span | None] = field(default_factory=dict)
    _pool: Pool = field(default_factory=Pool)

    def parsed(self, profile: Profile, oid: Oid) -> Document | ParseFailure:
        """Return what a blob holds, or why it cannot be read."""
        known = self._parsed.get((profile.name, oid))
        if known is None:
            known = self._parsed[profile.name, oid] = self._read(profile, self.store.blob(oid))
        return known

    def merged(self, profile: Profile, text: bytes) -> tuple[Document | ParseFailure, SourceMap]:
        """Return what a text says that git merged and no blob holds, and its keys' places; many merges give one."""
        known = self._merged.get((profile.name, text))
        if known is None:
            known = self._merged[profile.name, text] = self._read(profile, text), SourceMap(text)
        return known

    def _read(self, profile: Profile, text: bytes) -> Document | ParseFailure:
        read = parse(text, profile)
        return self._pool.shared(read) if isinstance(read, Document) else read

    def changes(self, profile: Profile, base: Oid | None, side: Oid) -> ChangeSet:
        """Return the leaf-level changes from ``base`` (None: no file) to ``side``, both of which must parse."""
        known = self._changes.get((profile.name, base, side))
        if known is None:
            before = None if base is None else self.parsed(profile, base)
            after = self.parsed(profile, side)
            if isinstance(before, ParseFailure) or isinstance(after, ParseFailure):
                raise TypeError("changes are between documents that parse")
            known = self._changes[profile.name, base, side] = ChangeSet(before, after)
        return known

    def facts(self, path: TreePath, oid: Oid) -> FileFacts | None:
        """Return the facts of a manifest, script or Rust source, None for a file that is none or does not parse."""
        content = (path, oid)
        if content not in self.facts_used:
            known = self.remembered.facts.get(content) if content in self.remembered.said else None
            self.facts_used[content] = self._read_facts(path, oid) if known is None else known
        return self.facts_used[content]

    def states_facts(self, path: TreePath, oid: Oid) -> bool:
        """Return whether a content states facts, without reading those that are known to be there."""
        return (path, oid) in self.remembered.said or self.facts(path, oid) is not None

    def said(self, path: TreePath, oid: Oid) -> str | None:
        """Return what is the same for contents at a path with the same facts; None for what has no facts."""
        content = (path, oid)
        known = self._said.get(content) or self.remembered.said.get(content)
        if known is None:
            facts = self.facts(path, oid)
            if facts is None:
                return None
            known = said(facts)
        self._said[content] = known
        return known

    def to_keep(self) -> dict[str, bytes]:
        """Return the entries of the cache that hold what is known of facts now; none where nothing is new."""
        for (path, oid), facts in self.facts_used.items():
            if facts is not None:
                self.said(path, oid)
        return self.remembered.to_keep(self.facts_used, self._said)

    def text(self, oid: Oid) -> bytes:
        """Return what a blob holds; nothing for a submodule in place of a file."""
        try:
            return self.store.blob(oid)
        except BadInputError:
            return b""

    def _read_facts(self, path: TreePath, oid: Oid) -> FileFacts | None:
        profile = profile_for(path)
        try:
            if is_rust(path):
                return rust_facts(path, self.store.blob(oid))
            if is_toolchain_file(path):
                return toolchain_facts(path, self.store.blob(oid))
            if profile is None:
                return script_facts(path, self.store.blob(oid)) if is_script(path) else None
            document = self.parsed(profile, oid)
        except BadInputError:
            # A submodule in place of a manifest: its commit is not an object of this repository.
            return None
        return file_facts(path, document) if isinstance(document, Document) else None

    def source(self, oid: Oid) -> SourceMap:
        """Return the places of all keys in a blob."""
        known = self._sources.get(oid)
        if known is None:
            known = self._sources[oid] = SourceMap(self.store.blob(oid))
        return known

    def unknown_places(self, places: Iterable[Place]) -> dict[Oid, tuple[KeyPath, ...]]:
        """Return those of ``places`` for which no span is known, text by text."""
        wanted: dict[Oid, dict[KeyPath, None]] = {}
        for oid, key in places:
            if (oid, key) not in self._spans:
                wanted.setdefault(oid, {})[key] = None
        return {oid: tuple(keys) for oid, keys in wanted.items()}

    def spans_in(self, wanted: tuple[Oid, tuple[KeyPath, ...]]) -> list[Span | None]:
        """Return where keys stand in a blob, None where they do not."""
        oid, keys = wanted
        source = self.source(oid)
        return [source.span(key) for key in keys]

    def learn_spans(self, spans: Mapping[Place, Span | None]) -> None:
        """Take over what has been found out elsewhere."""
        self._spans.update(spans)

    def span(self, oid: Oid, key: KeyPath) -> Span | None:
        """Return where ``key`` stands in a blob, None where it does not."""
        if (oid, key) not in self._spans:
            self._spans[oid, key] = self.source(oid).span(key)
        return self._spans[oid, key]

    def command_span(self, path: TreePath, oid: Oid, said: str) -> Span | None:
        """Return where a script or a CI file names something in these words, None where it does not."""
        place = (path, oid, said)
        if place not in self._command_spans:
            self._command_spans[place] = command_span(path, self.store.blob(oid), said)
        return self._command_spans[place]

    def value(self, path: TreePath, oid: Oid, key: KeyPath) -> Value | None:
        """Return what stands at ``key`` of a manifest, None where nothing does or it cannot be read."""
        profile = profile_for(path)
        document = None if profile is None or not key else self.parsed(profile, oid)
        found: Value | None = document.tree if isinstance(document, Document) else None
        for part in key:
            found = found.get(part) if isinstance(found, dict) else None
        return found
