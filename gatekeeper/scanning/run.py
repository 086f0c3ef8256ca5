"""One scan, from the repository to the report."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gatekeeper.config import CONFIG_PATH, Settings, load_settings
from gatekeeper.core.bits import members
from gatekeeper.core.document import ParseFailure
from gatekeeper.core.findings import AgentState, AgentStatus, Finding, Report, ScanStats, StandingFault, reading_order
from gatekeeper.core.names import AgentName, RuleId
from gatekeeper.core.rules.registry import Rule, all_rules
from gatekeeper.core.rules.toml_level import INVALID_ON_ONE_SIDE
from gatekeeper.core.schema import profile_for
from gatekeeper.repository import Repository, open_repository
from gatekeeper.repository.attributes import lay_attributes
from gatekeeper.repository.discovery import Trunk, find_trunk
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.scanning.agents import Agent, find_agents, focus_of
from gatekeeper.scanning.assemble import Assembler
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.fleet import Fleet, compare
from gatekeeper.scanning.overlays import OverlayBuilder, Overlays
from gatekeeper.scanning.path_hits import PathHits
from gatekeeper.scanning.request import Progress, ScanRequest
from gatekeeper.scanning.verdicts import Verdicts
from gatekeeper.scanning.shared_target_dirs import target_dir_findings
from gatekeeper.scanning.workspace_hits import package_names, workspace_hits, workspace_view


def scan(
    request: ScanRequest, *, progress: Progress | None = None, rules: Mapping[RuleId, Rule] | None = None
) -> Report:
    """Compare all agents with trunk and with each other; raises GatekeeperError when the request cannot be met.

    ``rules`` are the ones to ask, in that order; None: all.
    """
    started = time.monotonic()
    repository = open_repository(request.path)
    trunk = find_trunk(repository, request.trunk)
    store = repository.object_store()
    try:
        asked = all_rules() if rules is None else rules
        report = _scan(repository, store, trunk, request, progress or _silent, rules=asked)
    finally:
        store.close()
    return replace(report, stats=replace(report.stats, seconds=time.monotonic() - started))


def _silent(_what: str, _done: int, _total: int) -> None:
    """Report nothing."""


def _settings(repository: Repository, trunk: Trunk) -> Settings:
    return load_settings(repository.blob(trunk.commit, CONFIG_PATH), where=f"{CONFIG_PATH} on {trunk.ref}")


def _scan(  # noqa: PLR0913 - what the whole scan works with
    repository: Repository,
    store: ObjectStore,
    trunk: Trunk,
    request: ScanRequest,
    progress: Progress,
    *,
    rules: Mapping[RuleId, Rule],
) -> Report:
    settings = _settings(repository, trunk)
    progress("finding agents", 0, 0)
    agents = find_agents(repository, store, request, trunk)
    focus = focus_of(repository, request, agents)
    listing = store.listing(trunk.commit)
    lay_attributes(store, listing)
    progress("landing agents", 0, len(agents))
    builder = OverlayBuilder(store, trunk.commit)
    overlays = builder.build(agents)
    progress("comparing agents", 0, len(overlays.changes))
    fleet = compare(store, builder, overlays, listing)
    findings, standing = _findings(store, fleet, settings, focus, progress, rules=rules)
    return Report(
        trunk_ref=trunk.ref,
        trunk_commit=trunk.commit,
        agents=_statuses(overlays),
        findings=tuple(sorted(findings, key=reading_order)),
        standing=tuple(standing),
        stats=_stats(fleet, agents),
    )


def _findings(  # noqa: PLR0913 - see _scan
    store: ObjectStore,
    fleet: Fleet,
    settings: Settings,
    focus: AgentName | None,
    progress: Progress,
    *,
    rules: Mapping[RuleId, Rule],
) -> tuple[list[Finding], list[StandingFault]]:
    documents = Documents(store)
    path_hits = PathHits(documents, fleet.texts, tuple(rules.values()), package_names(fleet, documents))
    mask = fleet.relation.everyone
    if focus is not None:
        mask = sum(1 << number for number, change in enumerate(fleet.changes) if change.name == focus)
    assembler = Assembler(fleet, documents, path_hits, settings, rules, mask)
    target_dirs, shared_by_all = target_dir_findings(fleet, store, tuple(rules.values()))
    across = workspace_hits(workspace_view(fleet, documents), tuple(rules.values()))
    findings = [
        *assembler.of_paths(progress),
        *assembler.of_workspace([*across, *target_dirs]),
        *assembler.of_single_changes(),
    ]
    return findings, [*_unreadable_on_trunk(fleet, documents), *shared_by_all]


def _unreadable_on_trunk(fleet: Fleet, documents: Documents) -> list[StandingFault]:
    faults = []
    for path, entry in fleet.listing.items():
        profile = profile_for(path)
        if profile is None or not entry.is_file:
            continue
        read = documents.parsed(profile, entry.oid)
        if isinstance(read, ParseFailure):
            message = f"line {read.line}, column {read.column}: {read.message}"
            faults.append(StandingFault(INVALID_ON_ONE_SIDE.id, path, (), message))
    return faults


def _statuses(overlays: Overlays) -> tuple[AgentStatus, ...]:
    found = [
        AgentStatus(
            change.name,
            change.ref,
            change.commit,
            AgentState.MERGEABLE if change.lands else AgentState.CONFLICTS_WITH_TRUNK,
            tuple(sorted(change.conflicts)),
            change.worktree,
            change.uncommitted,
        )
        for change in overlays.changes
    ]
    found += [_status(agent, AgentState.LANDED) for agent in overlays.landed]
    found += [_status(agent, AgentState.UNRELATED) for agent in overlays.unrelated]
    found += [_status(agent, AgentState.UNREADABLE, why) for agent, why in overlays.unreadable]
    return tuple(sorted(found, key=lambda status: status.name))


def _status(agent: Agent, state: AgentState, detail: str | None = None) -> AgentStatus:
    return AgentStatus(agent.name, agent.ref, agent.commit, state, (), agent.worktree, agent.uncommitted, detail)


def _stats(fleet: Fleet, agents: Sequence[Agent]) -> ScanStats:
    compared = fleet.relation.agent_count
    return ScanStats(
        agents=len(agents),
        pairs_possible=compared * (compared - 1) // 2,
        pairs_compared=_pairs(fleet.verdicts),
        blob_merges=len(fleet.texts.decided),
        cache_hits=0,
        seconds=0.0,
    )


def _pairs(verdicts: Verdicts) -> int:
    """Return how many pairs of agents meet at some path, in whichever order."""
    met: dict[int, int] = {}
    told = (users for triples in verdicts.triples.values() for users in triples.values())
    for users in (*told, *verdicts.by_git.values()):
        for second, firsts in users.items():
            met[second] = met.get(second, 0) | firsts
    below: dict[int, int] = {}
    for second, firsts in met.items():
        below[second] = below.get(second, 0) | firsts & (1 << second) - 1
        for first in members(firsts >> second + 1 << second + 1):
            below[first] = below.get(first, 0) | 1 << second
    return sum(firsts.bit_count() for firsts in below.values())
