"""An agent's work log: what its branch really holds, computed from it and not claimed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from gatekeeper.core.changes import Change, changes, group_changes
from gatekeeper.core.compat.items import Compatibility
from gatekeeper.core.document import Document, ParseFailure, parse
from gatekeeper.core.names import AgentName, KeyPath, Oid, RefName, TreePath
from gatekeeper.core.roster import PhaseName
from gatekeeper.core.schema import Profile, profile_for
from gatekeeper.core.watch.manifest_summary import ManifestSummary, summarise
from gatekeeper.core.watch.places import ChangedPlaces

FileStatus = Literal["added", "removed", "changed", "renamed"]


class Verification(NamedTuple):
    """What a check of the work came to."""

    name: str
    outcome: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WorkCommit:
    """A commit that trunk lacks; ``time`` is when its author made it."""

    oid: Oid
    time: datetime
    author: str
    subject: str
    is_merge: bool = False


@dataclass(frozen=True, slots=True)
class FileEdit:
    """What became of one file. Counts of lines are None for a binary file.

    ``texts`` are its bytes before and after (None: no such file); None where nobody has read them. ``note`` says why
    a manifest has no texts that could be read.
    """

    path: TreePath
    status: FileStatus
    added: int | None
    removed: int | None
    renamed_from: TreePath | None = None
    texts: tuple[bytes | None, bytes | None] | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class FileWork:
    """The lines that changed in one file; None for a binary one."""

    path: TreePath
    status: FileStatus
    added: int | None
    removed: int | None
    renamed_from: TreePath | None = None

    @property
    def paths(self) -> tuple[TreePath, ...]:
        """Its path, and the one that it had."""
        return (self.path,) if self.renamed_from is None else (self.path, self.renamed_from)


@dataclass(frozen=True, slots=True)
class ManifestWork:
    """The keys that changed in one manifest. ``problem`` says why they are not known."""

    path: TreePath
    status: FileStatus
    changes: tuple[Change, ...]
    summary: ManifestSummary
    renamed_from: TreePath | None = None
    problem: str | None = None

    @property
    def keys(self) -> frozenset[KeyPath] | None:
        """The keys that differ; None where they are not known."""
        return None if self.problem is not None else frozenset(change.key for change in self.changes)


@dataclass(frozen=True, slots=True)
class Work:
    """Files and manifests that changed."""

    files: tuple[FileWork, ...] = ()
    manifests: tuple[ManifestWork, ...] = ()

    @property
    def lines_added(self) -> int:
        """All lines that were added."""
        return sum(file.added or 0 for file in self.files)

    @property
    def lines_removed(self) -> int:
        """All lines that were removed."""
        return sum(file.removed or 0 for file in self.files)

    @property
    def unreadable(self) -> tuple[ManifestWork, ...]:
        """The manifests of which no keys are known."""
        return tuple(manifest for manifest in self.manifests if manifest.problem is not None)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose work it is, and from where to where."""

    agent: AgentName
    branch: RefName
    base: Oid
    head: Oid
    phase: PhaseName | None = None


@dataclass(frozen=True, slots=True)
class WorkLog:
    """What an agent has done. ``uncommitted`` and ``compatibility`` are None where nobody has looked for them."""

    subject: Subject
    commits: tuple[WorkCommit, ...]
    committed: Work
    uncommitted: Work | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    verification: tuple[Verification, ...] = ()
    evidence: tuple[str, ...] = ()
    compatibility: Compatibility | None = None

    @property
    def places(self) -> ChangedPlaces:
        """Return what is changed, uncommitted work included where somebody has looked for it."""
        works = [self.committed, *([self.uncommitted] if self.uncommitted is not None else [])]
        found: dict[TreePath, frozenset[KeyPath] | None] = {}
        for work in works:
            keys = {manifest.path: manifest.keys for manifest in work.manifests}
            for path in (path for file in work.files for path in file.paths):
                here = keys.get(path)
                before = found.get(path, frozenset())
                found[path] = None if here is None or before is None else before | here
        return found

    @property
    def duration(self) -> timedelta | None:
        """How long it took; None where nothing is committed."""
        return None if self.started_at is None or self.ended_at is None else self.ended_at - self.started_at


def make_work_log(
    subject: Subject,
    commits: Sequence[WorkCommit],
    edits: Iterable[FileEdit],
    *,
    uncommitted: Iterable[FileEdit] | None = None,
    verification: Iterable[Verification] = (),
    evidence: Iterable[str] = (),
    compatibility: Compatibility | None = None,
) -> WorkLog:
    """Return the work log; it starts and ends with the first and last commit that is no merge, if there is one."""
    times = [commit.time for commit in commits if not commit.is_merge] or [commit.time for commit in commits]
    return WorkLog(
        subject,
        tuple(commits),
        make_work(edits),
        None if uncommitted is None else make_work(uncommitted),
        min(times, default=None),
        max(times, default=None),
        tuple(verification),
        tuple(evidence),
        compatibility,
    )


def make_work(edits: Iterable[FileEdit]) -> Work:
    """Return what edits of files come to."""
    every = sorted(edits, key=lambda edit: edit.path)
    files = [FileWork(edit.path, edit.status, edit.added, edit.removed, edit.renamed_from) for edit in every]
    manifests = [manifest for edit in every if (manifest := _manifest(edit)) is not None]
    return Work(tuple(files), tuple(manifests))


def is_about_manifest(path: TreePath, renamed_from: TreePath | None) -> bool:
    """Return whether an edit is one of a manifest, so that its texts are wanted."""
    return profile_for(path) is not None or (renamed_from is not None and profile_for(renamed_from) is not None)


def _manifest(edit: FileEdit) -> ManifestWork | None:
    """Return what became of a manifest; one that is renamed to no manifest, or from none, is gone or new."""
    if not is_about_manifest(edit.path, edit.renamed_from):
        return None
    new, old = profile_for(edit.path), profile_for(edit.renamed_from or edit.path)
    before, after = edit.texts or (None, None)
    path, status, renamed_from = edit.path, edit.status, edit.renamed_from
    if new is None and renamed_from is not None:
        path, status, renamed_from, after = renamed_from, "removed", None, None
    elif old is None:
        status, renamed_from, before = "added", None, None
    if edit.texts is None:
        note = edit.note or "its text is not known"
        return ManifestWork(path, status, (), ManifestSummary(), renamed_from, note)
    read_old, problem_of_old = _read(before, old, "before")
    read_new, problem_of_new = _read(after, new, "after")
    problems = [problem for problem in (problem_of_old, problem_of_new) if problem is not None]
    if problems:
        return ManifestWork(path, status, (), ManifestSummary(), renamed_from, "; ".join(problems))
    leaves = changes(read_old, read_new)
    grouped = group_changes(leaves, read_old, read_new)
    return ManifestWork(path, status, grouped, summarise(read_old, read_new, leaves), renamed_from)


def _read(text: bytes | None, profile: Profile | None, when: str) -> tuple[Document | None, str | None]:
    if text is None or profile is None:
        return None, None
    parsed = parse(text, profile)
    if isinstance(parsed, ParseFailure):
        return None, f"{when}: line {parsed.line}, column {parsed.column}: {parsed.message}"
    return parsed, None
