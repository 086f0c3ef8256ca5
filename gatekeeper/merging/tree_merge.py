"""Git's merge of two trees, gone over path by path: manifests by our merge, and what people have decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gatekeeper.core.document import ParseFailure, parse
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.schema import profile_for
from gatekeeper.core.tree_state import REGULAR, Entry, State
from gatekeeper.errors import BadInputError
from gatekeeper.merging.driver import Merge
from gatekeeper.merging.merged_contents import merged_content
from gatekeeper.merging.unmerged import Stage, Unmerged
from gatekeeper.repository.attributes import MergeKind, merge_kinds
from gatekeeper.repository.git_merges import original_path
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.raw_diffs import Renames, TreeDelta
from gatekeeper.repository.tree_edits import with_entries
from gatekeeper.repository.whole_merges import Stages, WholeMerge

_OF_CONTENTS = "CONFLICT (contents)"
_RULABLE = frozenset({_OF_CONTENTS, "CONFLICT (binary)", "CONFLICT (modify/delete)", "CONFLICT (rename/delete)"})
"""What a decision about the content of a path settles."""

_SEVERAL_BASES = "the histories cross and their merge bases differ here, so git's merge of the lines was kept"
_UNKNOWN_BASE = "it was moved, and what from cannot be told, so git's merge of the lines was kept"


@dataclass(frozen=True, slots=True)
class PathConflict:
    """A path in conflict; ``reasons`` are for people: the keys on which the sides clash, or git's own words."""

    path: TreePath
    reasons: tuple[str, ...]


@dataclass
class TreeMerge:
    """``git``'s merge of two ``sides`` on ``bases``, which differ in ``differing``."""

    store: ObjectStore
    sides: tuple[Oid, Oid]
    bases: tuple[Oid, ...]
    differing: TreeDelta
    git: WholeMerge
    notes: list[str] = field(default_factory=list)
    settled: set[TreePath] = field(default_factory=set)
    contested: dict[TreePath, tuple[Merge, bytes | None]] = field(default_factory=dict)
    """The manifests that were merged, each with what came out; None: it is in conflict. Not those that were decided."""
    _changes: dict[TreePath, State] = field(default_factory=dict)
    _reasons: dict[TreePath, tuple[str, ...]] = field(default_factory=dict)

    def merge_manifests(self) -> None:
        """Merge every manifest that both sides have changed, and that the attributes leave to a merge of text."""
        triples = {path: triple for path, triple in self._contested() if profile_for(path) is not None}
        kinds = merge_kinds(self.store, triples)
        for path, triple in triples.items():
            if kinds.get(path, MergeKind.TEXT) is MergeKind.TEXT:
                self._merge(path, triple)
            else:
                self.notes.append(f"{path}: the attributes say how git has to merge it ({kinds[path].value})")

    def rule(self, decided: Mapping[TreePath, bytes | None]) -> None:
        """Put decided contents in place; raises BadInputError for one that cannot be read."""
        for path, content in decided.items():
            _require_readable(path, content)
            self.contested.pop(path, None)
            if path in self.git.stages:
                self._rule_on_conflict(path, content)
            elif path in self._reasons or self._is_changed_by_both(path):
                self.settle(path, content)
            else:
                self.notes.append(f"{path}: only one side has changed it, so what was decided for it does not count")

    def settle(self, path: TreePath, content: bytes | None) -> None:
        """Put a content at a path that is contested; None: no file."""
        mode = self._mode(path)
        self._changes[path] = None if content is None else Entry(mode, self.store.write_blob(content))
        self._reasons.pop(path, None)
        self.settled.add(path)

    def explain(self, path: TreePath, reason: str) -> None:
        """Say why something could not be done for a path: beside why it is in conflict, or in a note."""
        if path in self._reasons:
            self._reasons[path] = (*self._reasons[path], reason)
        else:
            self.notes.append(f"{path}: {reason}")

    def conflicts(self) -> tuple[PathConflict, ...]:
        """Return what is still in conflict, sorted by path."""
        found: dict[TreePath, list[str]] = {}
        for said in self.git.conflicts:
            path = said.paths[0]
            if not (path in self.settled and said.kind in _RULABLE):
                found.setdefault(original_path(path.encode("utf-8", "surrogateescape")), []).append(said.text)
        for path in self.git.stages:
            if path not in self.settled:
                found.setdefault(original_path(path.encode("utf-8", "surrogateescape")), [])
        for path, reasons in self._reasons.items():
            found[path] = [*reasons, *(found.get(path, ()) if not reasons else ())]
        return tuple(
            PathConflict(path, tuple(dict.fromkeys(reasons)) or ("git cannot merge it",))
            for path, reasons in sorted(found.items())
        )

    def tree(self) -> Oid:
        """Return the merged tree, written to the scratch store."""
        return with_entries(self.store, self.git.tree, self._changes) if self._changes else self.git.tree

    def _contested(self) -> Iterator[tuple[TreePath, Unmerged]]:
        for path, stages in self.git.stages.items():
            yield path, _unmerged(path, stages)
        for path, (mine, other) in self.differing.items():
            if path in self.git.stages or profile_for(path) is None:
                continue
            merged = self.store.entry(self.git.tree, path)
            if merged is None or (merged in {mine, other} and not self._is_changed_by_both(path)):
                continue
            triple = self._clean_triple(path, mine, other)
            if triple is not None:
                yield path, triple

    def _clean_triple(self, path: TreePath, mine: State, other: State) -> Unmerged | None:
        """Return the three versions of a path that git has merged; None if they cannot be told."""
        bases = {self.store.entry(base, path) for base in self.bases}
        if len(bases) > 1:
            self.notes.append(f"{path}: {_SEVERAL_BASES}")
            return None
        (base,) = bases
        if mine is None or other is None or base is None:
            moved = self._moved(path, mine, other)
            if moved is None:
                self.notes.append(f"{path}: {_UNKNOWN_BASE}")
            return moved
        return _unmerged(path, Stages(base, mine, other))

    def _moved(self, path: TreePath, mine: State, other: State) -> Unmerged | None:
        """Return the versions of a file that at least one side has moved to ``path``."""
        if len(self.bases) > 1:
            return None
        (base,) = self.bases
        for renames in self._renames:
            old = next((before for before, after in renames.items() if after == path), None)
            if old is not None:
                states = (mine or self.store.entry(self.sides[0], old), other or self.store.entry(self.sides[1], old))
                return _unmerged(path, Stages(self.store.entry(base, old), *states))
        return None

    @cached_property
    def _renames(self) -> list[Renames]:
        return self.store.renames([(self.bases[0], side) for side in self.sides])

    def _is_changed_by_both(self, path: TreePath) -> bool:
        if path not in self.differing:
            return False
        sides = self.differing[path]
        return all(self.store.entry(base, path) not in sides for base in self.bases)

    def _merge(self, path: TreePath, triple: Unmerged) -> None:
        is_conflict = path in self.git.stages
        if triple.why_not is not None or (is_conflict and not self._kinds(path) <= {_OF_CONTENTS}):
            return
        merged_by_git = None if is_conflict else self.store.entry(self.git.tree, path)
        by_git = None if merged_by_git is None else self.store.blob(merged_by_git.oid)
        versions = (triple.base, triple.ours, triple.theirs)
        base, ours, theirs = (b"" if version is None else self.store.blob(version.oid) for version in versions)
        merge = Merge(base, ours, theirs, path)
        merged = merged_content(merge, by_git)
        self.notes += (f"{path}: {note}" for note in merged.notes)
        self.contested[path] = merge, merged.text
        if merged.text is None:
            self._reasons[path] = merged.reasons
        elif merged.text != by_git:
            self.settle(path, merged.text)

    def _kinds(self, path: TreePath) -> set[str]:
        return {said.kind for said in self.git.conflicts if path in said.paths}

    def _rule_on_conflict(self, path: TreePath, content: bytes | None) -> None:
        conflict = _unmerged(path, self.git.stages[path])
        if self._kinds(path) <= _RULABLE and all(stage.is_regular for stage in conflict.stages):
            self.settle(path, content)
        else:
            self.notes.append(f"{path}: git conflicts on more than its content, so what was decided does not settle it")

    def _mode(self, path: TreePath) -> int:
        """Return the mode of a path: as both sides together have it, else as git has left it."""
        stages = self.git.stages.get(path)
        agreed = None if stages is None else _unmerged(path, stages).mode
        merged = self.store.entry(self.git.tree, path)
        return agreed or (REGULAR if merged is None else merged.mode)


def _unmerged(path: TreePath, stages: Stages) -> Unmerged:
    base, ours, theirs = (None if state is None else Stage(state.mode, state.oid) for state in stages)
    return Unmerged(path, base, ours, theirs)


def _require_readable(path: TreePath, content: bytes | None) -> None:
    profile = profile_for(path)
    read = None if profile is None or content is None else parse(content, profile)
    if isinstance(read, ParseFailure):
        raise BadInputError(
            f"what was decided for {path} is not valid TOML: {read.message} (line {read.line}, column {read.column})"
        )
