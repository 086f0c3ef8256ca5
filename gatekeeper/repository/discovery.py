"""Which branch is trunk and which references are agents, when nobody has said so."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gatekeeper.core.branch_names import HEADS, REMOTES, branch_of
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.errors import BadInputError, UnknownRevisionError, UsageError
from gatekeeper.repository.repository import Reference, Repository

_TRUNKS = ("refs/heads/main", "refs/heads/master", "refs/remotes/origin/main", "refs/remotes/origin/master")


@dataclass(frozen=True, slots=True)
class Trunk:
    """The branch that all land on, and its commit now."""

    ref: RefName
    commit: Oid


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reference that may be an agent's branch; ``commit`` None: what it names is missing or no commit."""

    name: AgentName
    ref: RefName
    commit: Oid | None


def find_trunk(repository: Repository, revision: str | None) -> Trunk:
    """Return trunk: ``revision``, else ``origin/HEAD``, else ``main`` or ``master``; raises BadInputError."""
    if revision is not None:
        return Trunk(_full_name(repository, revision), repository.resolve(revision))
    if repository.is_empty:
        raise BadInputError("this repository has no commits yet", "commit something on main first")
    remote_head = repository.symbolic_target("refs/remotes/origin/HEAD")
    known = {reference.name: reference.commit for reference in repository.references()}
    for name in (*((remote_head,) if remote_head else ()), *_TRUNKS):
        commit = known.get(RefName(name))
        if commit is not None:
            return Trunk(RefName(name), commit)
    raise BadInputError(
        "cannot tell which branch is trunk: there is no origin/HEAD, main or master", "name it with --trunk REV"
    )


def _full_name(repository: Repository, revision: str) -> RefName:
    for prefix in ("", "refs/", HEADS, "refs/tags/", REMOTES):
        if repository.has_reference(prefix + revision):
            return RefName(prefix + revision)
    return RefName(revision)


def find_candidates(
    repository: Repository,
    trunk: Trunk,
    *,
    globs: Sequence[str],
    names: Sequence[str] | None,
    excluded: Sequence[str] = (),
) -> list[Candidate]:
    """Return the references that may be agents, sorted by name.

    Without a choice: local and remote-tracking branches. ``globs`` match full or short names, ``names`` are exact;
    whatever ``excluded`` matches is no agent.
    Trunk itself is left out, and so is the remote-tracking twin of a local branch at the same commit.
    """
    references = [reference for reference in repository.references() if reference.name != trunk.ref]
    if names is not None:
        chosen = _exactly(references, names, trunk)
    elif globs:
        chosen = [reference for reference in references if matches(reference.name, globs)]
        if not chosen:
            raise UsageError(
                f"no branch matches {', '.join(globs)}", "git for-each-ref lists what there is; quote the pattern"
            )
    else:
        chosen = [reference for reference in references if reference.name.startswith((HEADS, REMOTES))]
    return _named(_without_twins([reference for reference in chosen if not matches(reference.name, excluded)]))


def _exactly(references: Iterable[Reference], names: Sequence[str], trunk: Trunk) -> list[Reference]:
    by_name = {reference.name: reference for reference in references}
    chosen: dict[RefName, Reference] = {}
    for name in names:
        if name == trunk.ref:
            continue
        for prefix in ("", "refs/", HEADS, REMOTES):
            found = by_name.get(RefName(prefix + name))
            if found is not None:
                chosen[found.name] = found
                break
        else:
            if HEADS + name != trunk.ref:
                raise UnknownRevisionError(f"there is no branch {name!r}", "git for-each-ref lists what there is")
    return list(chosen.values())


def matches(name: RefName, globs: Sequence[str]) -> bool:
    """Return whether a reference fits one of the globs, by its full or its short name."""
    short = short_name(name)
    return any(fnmatch.fnmatchcase(name, glob) or fnmatch.fnmatchcase(short, glob) for glob in globs)


def _without_twins(references: Sequence[Reference]) -> list[Reference]:
    local = {
        branch_of(reference.name): reference.commit for reference in references if reference.name.startswith(HEADS)
    }
    return [
        reference
        for reference in references
        if not reference.name.startswith(REMOTES)
        or reference.commit is None
        or local.get(branch_of(reference.name)) != reference.commit
    ]


def _named(references: Sequence[Reference]) -> list[Candidate]:
    """Name each by its short name, or by its full one where two would share the short one."""
    candidates = [Candidate(AgentName(short_name(ref.name)), ref.name, ref.commit) for ref in references]
    uses = Counter(candidate.name for candidate in candidates)
    distinct = [
        replace(candidate, name=AgentName(candidate.ref)) if uses[candidate.name] > 1 else candidate
        for candidate in candidates
    ]
    return sorted(distinct, key=lambda candidate: candidate.name)


def short_name(ref: str) -> str:
    """Return a reference's name as people say it: ``x`` for ``refs/heads/x``, ``pull/3/head`` for a pull request."""
    for prefix in (HEADS, REMOTES, "refs/"):
        if ref.startswith(prefix):
            return ref[len(prefix) :]
    return ref
