"""A first look at a repository: what of it a ``gatekeeper.toml`` can speak of."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from gatekeeper.config.first_file import SCHEMA_FILE, Surroundings
from gatekeeper.core.branch_names import HEADS, REMOTES, branch_of, branch_problem, component_problem
from gatekeeper.core.document import Document, parse
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import GENERIC
from gatekeeper.core.tree_paths import directory_of, glob_matches
from gatekeeper.core.tree_state import Entry
from gatekeeper.errors import UsageError
from gatekeeper.repository import Repository
from gatekeeper.repository.discovery import Candidate, Trunk, find_candidates, find_trunk, short_name
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.worktrees import Worktree, list_worktrees

MOST_AGENTS = 100
"""More sections than that nobody reads; branches that are not declared count all the same."""

_FARTHEST_UP = 2


def look_at(repository: Repository, revision: str | None) -> Surroundings:
    """Return what there is; an empty repository has nothing yet. Raises BadInputError where trunk cannot be told."""
    top = repository.worktree
    has_schema = top is not None and Path(top, SCHEMA_FILE).is_file()
    if repository.is_empty:
        return Surroundings(has_schema=has_schema)
    trunk = find_trunk(repository, revision)
    named = short_name(trunk.ref)
    if not trunk.ref.startswith("refs/") or not named.isprintable():
        raise UsageError(f"{named!r} is no branch that a file could name", "name trunk with --trunk BRANCH")
    store = repository.object_store()
    try:
        worktrees = list_worktrees(repository)
        branches = list(_branches(repository, store, trunk, worktrees))
        listing = store.listing(trunk.commit)
        makefile = _read(store, listing, "Makefile.toml")
        manifest = _read(store, listing, "Cargo.toml")
    finally:
        store.close()
    agents = list(_agents(branches))
    return Surroundings(
        trunk=named,
        agents=tuple(agents[:MOST_AGENTS]),
        left_out=len(branches) - len(agents[:MOST_AGENTS]),
        crates=tuple(_crates(manifest, listing)),
        tasks=tuple(_table(makefile, "tasks")),
        remote=_remote(repository),
        worktrees=_directory(repository, worktrees),
        has_schema=has_schema,
    )


def _branches(repository: Repository, store: ObjectStore, trunk: Trunk, worktrees: Iterable[Worktree]) -> Iterator[str]:
    """Yield the short names of branches that somebody works on: not in trunk yet, or checked out in a worktree."""
    in_use = {worktree.branch for worktree in worktrees}
    seen = {branch_of(trunk.ref)}
    for candidate in _local_first(find_candidates(repository, trunk, globs=(), names=None)):
        branch = branch_of(candidate.ref)
        if branch in seen or candidate.commit is None:
            continue
        seen.add(branch)
        if candidate.ref in in_use or not store.is_ancestor(candidate.commit, trunk.commit):
            yield branch


def _local_first(candidates: Sequence[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda candidate: not candidate.ref.startswith(HEADS))


def _agents(branches: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield names of agents with their branches; of branches that no file can name, or that shut out others, none."""
    taken: set[str] = set()
    known: set[str] = set()
    for branch in branches:
        above = {branch[:end] for end, character in enumerate(branch) if character == "/"}
        if branch_problem(branch) is not None or above & known or any(one.startswith(f"{branch}/") for one in known):
            continue
        name = _free_name(branch.replace("/", "-"), taken)
        if component_problem(name) is None:
            taken.add(name)
            known.add(branch)
            yield name, branch


def _free_name(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def _read(store: ObjectStore, listing: Mapping[TreePath, Entry], path: str) -> Mapping[str, object]:
    """Return what a TOML file of trunk says; nothing where it is not there or says nothing."""
    entry = listing.get(TreePath(path))
    if entry is None or not store.has(entry.oid):
        return {}
    parsed = parse(store.blob(entry.oid), GENERIC)
    return parsed.tree if isinstance(parsed, Document) else {}


def _table(table: Mapping[str, object], name: str) -> Mapping[str, object]:
    inner = table.get(name)
    return inner if isinstance(inner, dict) else {}


def _crates(manifest: Mapping[str, object], listing: Mapping[TreePath, Entry]) -> Iterator[str]:
    workspace = _table(manifest, "workspace")
    members, excluded = (_globs(workspace.get(name)) for name in ("members", "exclude"))
    for path in listing:
        directory = directory_of(path)
        if directory and path == f"{directory}/Cargo.toml" and directory.isprintable():
            is_member = any(glob_matches(glob, directory) for glob in members)
            if is_member and not any(glob_matches(glob, directory) for glob in excluded):
                yield directory


def _globs(value: object) -> list[str]:
    return [glob.strip("/") for glob in value if isinstance(glob, str)] if isinstance(value, list) else []


def _remote(repository: Repository) -> str | None:
    remotes = {ref.name.split("/")[2] for ref in repository.references() if ref.name.startswith(REMOTES)}
    remotes = {name for name in remotes if branch_problem(name) is None}
    return "origin" if "origin" in remotes else min(remotes, default=None)


def _directory(repository: Repository, worktrees: Iterable[Worktree]) -> str | None:
    """Return the directory that all worktrees but the main one lie in, relative to that; None: there is no such one."""
    common = repository.common_directory
    top = common.parent if common.name == ".git" else common
    parents = {Path(worktree.path).parent for worktree in worktrees if Path(worktree.path).resolve() != top.resolve()}
    if len(parents) != 1:
        return None
    relative = Path(os.path.relpath(parents.pop().resolve(), top.resolve()))
    fits = relative.as_posix().isprintable() and not {"{", "}"} & set(str(relative)) and relative != Path()
    return relative.as_posix() if fits and relative.parts.count("..") <= _FARTHEST_UP else None
