"""An agent's work log as ``gatekeeper.evidence/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.compat_json import (
    CompatItemDocument,
    CompatUnreadableDocument,
    item_documents,
    unreadable_documents,
)
from gatekeeper.report.diff_json import ChangeDocument, change_document
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from datetime import datetime

    from gatekeeper.core.watch.work_log import FileWork, ManifestWork, Work, WorkCommit, WorkLog

SCHEMA: Final = "gatekeeper.evidence/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class CommitDocument:
    """A commit that trunk lacks."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    commit: str
    time: str
    """When its author made it, in UTC."""
    author: str
    subject: str
    is_merge: bool


@dataclass(slots=True)
class WorkFileDocument:
    """A file that the agent has changed, with counts of lines; they are null for a binary file."""

    path: str
    status: Literal["added", "removed", "changed", "renamed"]
    renamed_from: str | None
    lines_added: int | None
    lines_removed: int | None


@dataclass(slots=True)
class WorkManifestDocument:
    """A manifest that the agent has changed: its keys, and what they come to.

    Tasks, features, members and packages stand by their names, the rest by their keys.
    """

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    path: str
    status: Literal["added", "removed", "changed", "renamed"]
    renamed_from: str | None
    problem: str | None
    """Why no keys are known: it is not valid TOML, or no file."""
    changes: list[ChangeDocument]
    tasks_added: list[str]
    tasks_changed: list[str]
    tasks_removed: list[str]
    env_vars_added: list[str]
    features_added: list[str]
    features_changed: list[str]
    features_removed: list[str]
    profile_overrides: list[str]
    """Settings of profiles that were added."""
    dependencies_added: list[str]
    dependencies_changed: list[str]
    dependencies_removed: list[str]
    members_added: list[str]
    members_removed: list[str]
    packages_removed: list[str]
    """The name that the package had before, where it has another one now or the manifest is gone."""


@dataclass(slots=True)
class VerificationDocument:
    """What a check of the work came to."""

    name: str
    outcome: str
    detail: str


@dataclass(slots=True)
class UncommittedDocument:
    """What the agent's worktree holds besides."""

    files: list[WorkFileDocument]
    manifests: list[WorkManifestDocument]


@dataclass(slots=True)
class EvidenceDocument:
    """What ``gatekeeper evidence`` prints: what a branch has changed since it left trunk or last took it in."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: Literal["gatekeeper.evidence/1"]
    agent: str
    phase: str | None
    branch: str
    base: str
    head: str
    started_at: str | None
    """When the first commit was made, in UTC; null where there is none."""
    ended_at: str | None
    duration_seconds: int | None
    lines_added: int
    lines_removed: int
    commits: list[CommitDocument]
    """The oldest first."""
    files: list[WorkFileDocument]
    manifests: list[WorkManifestDocument]
    uncommitted: UncommittedDocument | None
    """Null where nobody has asked for it, or the branch has no worktree."""
    verification: list[VerificationDocument]
    evidence: list[str]
    """Names of files that show the results."""
    backward_compatible: bool | None
    """Whether it takes nothing away that others may rely on; null where nobody has looked."""
    compatibility: list[CompatItemDocument]
    """What it removes or alters, as `gatekeeper compat` tells it."""
    compatibility_unreadable: list[CompatUnreadableDocument]


def work_log_json(log: WorkLog) -> str:
    """Return a work log as JSON."""
    return document_text(work_log_document(log))


def work_log_document(log: WorkLog) -> EvidenceDocument:
    """Return a work log in the shape of its JSON."""
    subject, uncommitted, found = log.subject, log.uncommitted, log.compatibility
    return EvidenceDocument(
        schema=SCHEMA,
        agent=text(subject.agent),
        phase=None if subject.phase is None else text(subject.phase),
        branch=text(subject.branch),
        base=subject.base,
        head=subject.head,
        started_at=_time(log.started_at),
        ended_at=_time(log.ended_at),
        duration_seconds=None if log.duration is None else int(log.duration.total_seconds()),
        lines_added=log.committed.lines_added,
        lines_removed=log.committed.lines_removed,
        commits=[_commit(commit) for commit in log.commits],
        files=_files(log.committed),
        manifests=_manifests(log.committed),
        uncommitted=None if uncommitted is None else UncommittedDocument(_files(uncommitted), _manifests(uncommitted)),
        verification=[VerificationDocument(*map(text, one)) for one in log.verification],
        evidence=[text(name) for name in log.evidence],
        backward_compatible=None if found is None else found.is_backward_compatible(),
        compatibility=[] if found is None else item_documents(found),
        compatibility_unreadable=[] if found is None else unreadable_documents(found),
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _commit(commit: WorkCommit) -> CommitDocument:
    return CommitDocument(
        commit.oid, commit.time.isoformat(), text(commit.author), text(commit.subject), commit.is_merge
    )


def _files(work: Work) -> list[WorkFileDocument]:
    return [_file(file) for file in work.files]


def _file(file: FileWork) -> WorkFileDocument:
    return WorkFileDocument(text(file.path), file.status, _optional(file.renamed_from), file.added, file.removed)


def _manifests(work: Work) -> list[WorkManifestDocument]:
    return [_manifest(manifest) for manifest in work.manifests]


def _manifest(manifest: ManifestWork) -> WorkManifestDocument:
    summary = manifest.summary
    names = {name: [text(one) for one in getattr(summary, name)] for name in summary.__slots__}
    return WorkManifestDocument(
        path=text(manifest.path),
        status=manifest.status,
        renamed_from=_optional(manifest.renamed_from),
        problem=_optional(manifest.problem),
        changes=[change_document(change, manifest.path) for change in manifest.changes],
        **names,
    )


def _optional(said: str | None) -> str | None:
    return None if said is None else text(said)
