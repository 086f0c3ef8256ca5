"""One scan, from the repository to the report."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.cache import Cache
from gatekeeper.config import Settings
from gatekeeper.core.findings import AgentState, Report
from gatekeeper.core.ledger.references import KEPT_REF, LEDGER_REF
from gatekeeper.core.names import AgentName, RefName, RuleId
from gatekeeper.repository import Repository, open_repository
from gatekeeper.repository.discovery import Trunk
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.scanning.agents import Agent, find_agents, focus_of
from gatekeeper.scanning.remembered import report_key, unpack
from gatekeeper.scanning.request import Progress, ScanRequest
from gatekeeper.trunk import trunk_and_settings

if TYPE_CHECKING:
    from gatekeeper.core.rules.registry import Rule


def scan(
    request: ScanRequest, *, progress: Progress | None = None, rules: Mapping[RuleId, Rule] | None = None
) -> Report:
    """Compare all agents with trunk and with each other; raises GatekeeperError when the request cannot be met.

    ``rules`` are the ones to ask, in that order; None: all.
    """
    return scan_with_settings(request, progress=progress, rules=rules)[0]


def scan_with_settings(
    request: ScanRequest, *, progress: Progress | None = None, rules: Mapping[RuleId, Rule] | None = None
) -> tuple[Report, Settings]:
    """Return the report of a scan together with the settings that it went by; raises GatekeeperError."""
    started = time.monotonic()
    repository = open_repository(request.path)
    with ExitStack() as stack:
        store = stack.enter_context(closing(repository.object_store()))
        # What a shallow or partial clone says changes as it gets more, without any commit that moves.
        cache = Cache(repository.common_directory if request.cache and store.is_whole else None)
        stack.enter_context(closing(cache))
        trunk, settings = trunk_and_settings(repository, cache, request.trunk)
        run = _Run(repository, store, cache, trunk, settings, rules, progress or _silent)
        with _no_collection():
            report = run.report(_with_settings(request, settings), recorded_agent_names(repository, settings))
    return replace(report, stats=replace(report.stats, seconds=time.monotonic() - started)), settings


@contextmanager
def _no_collection() -> Iterator[None]:
    """A scan makes very many objects and hardly any cycles of them: looking for those takes a sixth of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _silent(_what: str, _done: int, _total: int) -> None:
    """Report nothing."""


def _with_settings(request: ScanRequest, settings: Settings) -> ScanRequest:
    """Which branches are agents is the configuration's choice where the request makes none."""
    if request.branches or request.branch_list is not None:
        return request
    return replace(request, included=settings.agents.include, excluded=settings.agents.exclude)


def has_ledger(repository: Repository) -> bool:
    """Return whether anything was ever recorded, without what reads a ledger; raises RepositoryError."""
    references = repository.named_references()
    return references.read(LEDGER_REF) is not None or references.read(KEPT_REF) is not None


def recorded_agent_names(repository: Repository, settings: Settings) -> dict[RefName, AgentName]:
    """Return how agents are called: as they were started or adopted, else as they are declared; branch -> name."""
    names = dict(settings.agent_names())
    if not has_ledger(repository):
        return names
    # A hook's whole run is mostly imports, and many repositories have no ledger.
    from gatekeeper.core.ledger.records import AgentRecord  # noqa: PLC0415
    from gatekeeper.ledger.ledger import Ledger  # noqa: PLC0415

    for _, record in Ledger(repository).state().each(AgentRecord):
        if record.removed_at is None and record.base is not None:
            names[record.branch] = record.name
    return names


@dataclass(slots=True)
class _Run:
    """What the stages of one scan share."""

    repository: Repository
    store: ObjectStore
    cache: Cache
    trunk: Trunk
    settings: Settings
    rules: Mapping[RuleId, Rule] | None
    progress: Progress

    def report(self, request: ScanRequest, names: Mapping[RefName, AgentName]) -> Report:
        self.progress("finding agents", 0, 0)
        agents = find_agents(self.repository, self.store, request, self.trunk, names)
        focus = focus_of(self.repository, request, agents, self.trunk)
        # The cache is one program's: all of its rules need not be named.
        asked = ["every rule"] if self.rules is None else list(self.rules)
        key = report_key(self.trunk, agents, focus, [*asked, *_surroundings(agents)])
        remembered = self.cache.get("report", key)
        known = None if remembered is None else unpack(remembered)
        # What could not be read may be there this time.
        if known is not None and not any(status.state is AgentState.UNREADABLE for status in known.agents):
            return known
        return self._made(agents, focus, key)

    def _made(self, agents: Sequence[Agent], focus: AgentName | None, key: str) -> Report:
        # What a known report needs not is not loaded for it: a hook's whole run is mostly imports.
        from gatekeeper.core.rules.registry import all_rules  # noqa: PLC0415
        from gatekeeper.scanning.comparison import Comparison  # noqa: PLC0415

        rules = all_rules() if self.rules is None else self.rules
        comparison = Comparison(self.store, self.cache, self.trunk, self.settings, rules, self.progress)
        return comparison.report(agents, focus, key)


def _surroundings(agents: Sequence[Agent]) -> list[str]:
    """What decides over target directories lies in the worktrees, ignored files included."""
    worktrees = [(number, agent.worktree) for number, agent in enumerate(agents) if agent.worktree is not None]
    if not worktrees:
        return []
    from gatekeeper.environment import worktree_target_dirs  # noqa: PLC0415 - takes what reads manifests

    return [repr(worktree_target_dirs(number, Path(worktree))) for number, worktree in worktrees]
