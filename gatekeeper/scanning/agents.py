"""From references and worktrees to agents: who is there, what each one's tip is, and whether it can be read."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from gatekeeper.core.branch_names import REMOTES, branch_here, branch_of
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.errors import BadInputError, GatekeeperError, UnknownRevisionError, UsageError
from gatekeeper.repository.discovery import Candidate, Trunk, find_candidates, short_name
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.repository import Repository
from gatekeeper.repository.worktrees import (
    Worktree,
    list_worktrees,
    snapshot,
    snapshot_staged,
    with_uncommitted,
)
from gatekeeper.scanning.request import ScanRequest

STAGED = AgentName("(staged)")


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent before its change is known; ``problem`` says why its tip cannot be read."""

    name: AgentName
    ref: RefName
    commit: Oid
    worktree: str | None = None
    uncommitted: bool = False
    problem: str | None = None


def find_agents(
    repository: Repository,
    store: ObjectStore,
    request: ScanRequest,
    trunk: Trunk,
    names: Mapping[RefName, AgentName] = MappingProxyType({}),
) -> list[Agent]:
    """Return the agents in the order of their names; raises GatekeeperError when the choice itself is impossible.

    ``names`` are those of agents that are declared or recorded, by branch; others are called as their branches are.
    """
    candidates = _candidates(repository, request, trunk)
    chosen = request.branches or request.included or request.branch_list is not None
    if request.focus is not None and chosen:
        candidates = _with_focus(repository, candidates, trunk, request.focus)
    agents = {candidate.ref: _agent(candidate) for candidate in candidates if candidate.ref not in request.gone}
    if request.worktrees:
        for worktree in with_uncommitted(list_worktrees(repository)):
            _add_worktree(agents, store, worktree, trunk, known_only=bool(chosen))
    if request.staged:
        _add_staged(agents, repository, store)
    if request.branch_list is None:
        agents = _without_outdated(agents, store)
    return sorted(_named(agents.values(), names), key=lambda agent: agent.name)


def _without_outdated(agents: Mapping[RefName, Agent], store: ObjectStore) -> dict[RefName, Agent]:
    """Leave out what is an older state of the same branch: a remote-tracking one, or a local one without work in it.

    So an agent is one agent, whether its clone or another one looks, before it has pushed as after it.
    """
    kept = dict(agents)
    for ref, agent in agents.items():
        local = agents.get(branch_here(ref))
        if not ref.startswith(REMOTES) or local is None or agent.problem or local.problem:
            continue
        with contextlib.suppress(KeyError, BadInputError):
            if store.is_ancestor(agent.commit, local.commit):
                del kept[ref]
            elif not local.uncommitted and store.is_ancestor(local.commit, agent.commit):
                kept.pop(local.ref, None)
    return kept


def _named(agents: Iterable[Agent], names: Mapping[RefName, AgentName]) -> list[Agent]:
    """Give each agent its own name: as it is recorded or declared, else that of its branch, wherever that is.

    Where two would share a name, the local branch has it, and others keep the name of the reference.
    """
    agents = sorted(agents, key=lambda agent: agent.ref.startswith(REMOTES))
    branches = Counter(branch_of(agent.ref) for agent in agents)
    taken = set(names.values())
    found = []
    for agent in agents:
        own = names.get(branch_here(agent.ref)) if branches[branch_of(agent.ref)] == 1 else None
        own = own or names.get(agent.ref)
        name = own or _own_name(agent, branches)
        if own is None and name in taken:
            name = AgentName(agent.ref)
        found.append(replace(agent, name=name))
    return found


def _own_name(agent: Agent, branches: Mapping[str, int]) -> AgentName:
    is_alone = agent.ref.startswith(REMOTES) and branches[branch_of(agent.ref)] == 1
    return AgentName(branch_of(agent.ref)) if is_alone else agent.name


def _candidates(repository: Repository, request: ScanRequest, trunk: Trunk) -> list[Candidate]:
    if request.branches or request.branch_list is not None or not request.included:
        return find_candidates(
            repository, trunk, globs=request.branches, names=request.branch_list, excluded=request.excluded
        )
    try:
        return find_candidates(repository, trunk, globs=request.included, names=None, excluded=request.excluded)
    except UsageError:
        # What the configuration waits for need not be there yet.
        return []


def _agent(candidate: Candidate) -> Agent:
    if candidate.commit is None:
        return Agent(candidate.name, candidate.ref, Oid(""), problem="its commit is missing or is not a commit")
    return Agent(candidate.name, candidate.ref, candidate.commit)


def _with_focus(repository: Repository, candidates: Sequence[Candidate], trunk: Trunk, focus: str) -> list[Candidate]:
    own = find_candidates(repository, trunk, globs=(), names=(focus,))
    known = {candidate.ref for candidate in candidates}
    return [*candidates, *(candidate for candidate in own if candidate.ref not in known)]


def _add_worktree(
    agents: dict[RefName, Agent], store: ObjectStore, worktree: Worktree, trunk: Trunk, *, known_only: bool
) -> None:
    """A worktree's uncommitted work belongs to the agent of its branch; a detached one is an agent by itself."""
    ref = worktree.branch or _detached_ref(worktree, agents)
    agent = agents.get(ref)
    if agent is not None and agent.worktree is not None:
        # ``git worktree add --force``: a branch in a second worktree, whose work is another one's.
        if not worktree.dirty:
            return
        ref, agent = _detached_ref(worktree, agents), None
    if agent is None:
        if known_only or worktree.head is None or (worktree.head == trunk.commit and not worktree.dirty):
            return
        agent = Agent(AgentName(short_name(ref)), ref, worktree.head)
    agent = replace(agent, worktree=worktree.path)
    if worktree.dirty:
        try:
            agent = replace(agent, commit=snapshot(store, worktree), uncommitted=True)
        except GatekeeperError as error:
            agent = replace(agent, problem=f"its uncommitted work cannot be read: {error.hint or error.message}")
    agents[ref] = agent


def _detached_ref(worktree: Worktree, agents: Container[RefName]) -> RefName:
    """Return a name for a worktree without a branch: that of its directory, or all of its path where that is taken."""
    ref = RefName(f"worktree:{Path(worktree.path).name}")
    return ref if ref not in agents else RefName(f"worktree:{worktree.path}")


def _add_staged(agents: dict[RefName, Agent], repository: Repository, store: ObjectStore) -> None:
    """What is staged stands in for the whole of the current branch, its other uncommitted work left aside."""
    branch, _ = repository.head()
    ref = branch or RefName("HEAD")
    name = AgentName(short_name(ref)) if branch else STAGED
    agents[ref] = Agent(name, ref, snapshot_staged(repository, store), repository.worktree, uncommitted=True)


def _commit_named(repository: Repository, name: str) -> Oid | None:
    try:
        return repository.resolve(name)
    except UnknownRevisionError:
        return None


def focus_of(repository: Repository, request: ScanRequest, agents: Sequence[Agent], trunk: Trunk) -> AgentName | None:
    """Return the agent that the scan is about, None when it is about all; raises BadInputError for an unknown one."""
    if request.staged:
        branch, _ = repository.head()
        named = (agent.name for agent in agents if agent.ref == branch)
        return next(named, AgentName(short_name(branch))) if branch else STAGED
    if request.focus is None:
        return None
    for agent in agents:
        if request.focus in {agent.name, agent.ref, short_name(agent.ref)}:
            return agent.name
    if request.focus in {trunk.ref, short_name(trunk.ref)}:
        raise BadInputError(f"{request.focus} is trunk itself", "check a branch, or what is staged here with --staged")
    # A remote-tracking branch whose local twin stands for both.
    twin = _commit_named(repository, request.focus)
    for agent in agents:
        if agent.commit == twin:
            return agent.name
    raise UnknownRevisionError(f"there is no branch {request.focus!r} to check", "git branch --all lists the branches")
