"""``gatekeeper drill``: a minor, a major and a critical in a scratch clone, and the real poll over them.

The user's repository is read, never written: the clone borrows its objects, and has trunk and the plants alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gatekeeper.cache import Cache
from gatekeeper.config import Settings
from gatekeeper.coordinator.poll import Polled, PollRequest, poll
from gatekeeper.core.ledger.events import NoticeDue
from gatekeeper.core.names import AgentName, Oid, RefName, TreePath
from gatekeeper.core.safe_text import without_surrogates
from gatekeeper.drill.editing import edited
from gatekeeper.drill.manifests import Manifests
from gatekeeper.drill.naming import agent_refs
from gatekeeper.drill.places import scratch_directory
from gatekeeper.drill.planning import Plan, plan
from gatekeeper.drill.plants import Plant, Work
from gatekeeper.drill.telling import ChannelSaid, tell_all
from gatekeeper.drill.verdicts import Caught, judged
from gatekeeper.errors import BadInputError, UsageError
from gatekeeper.repository import Repository, open_repository
from gatekeeper.repository.discovery import Trunk, short_name
from gatekeeper.repository.scratch_clone import ScratchClone
from gatekeeper.scanning.request import Progress
from gatekeeper.trunk import trunk_and_settings

_TRUNK = RefName("refs/heads/main")


@dataclass(frozen=True, slots=True)
class DrillRequest:
    """One drill. ``path`` lies in the repository; ``keep``: where the clone is made, to stay there."""

    path: str = "."
    trunk: str | None = None
    keep: Path | None = None
    notify: bool = False


@dataclass(frozen=True, slots=True)
class Drilled:
    """What came of a drill.

    ``own``: manifests that trunk does not have and the drill has planted; ``silent``: whether the second poll, with
    nothing changed, recorded nothing; ``closed``: whether the third, with the plants taken back, closed all findings.
    """

    trunk: Trunk
    plants: tuple[Caught, ...]
    own: tuple[TreePath, ...]
    silent: bool
    closed: bool
    channels: tuple[ChannelSaid, ...]
    kept: Path | None

    def has_passed(self, *, allow_overrides: bool) -> bool:
        """Return whether all was as it has to be; ``allow_overrides``: settings may play a plant down."""
        are_caught = all(plant.counts(allow_overrides=allow_overrides) for plant in self.plants)
        return are_caught and self.silent and self.closed and all(channel.works for channel in self.channels)


def drill(request: DrillRequest, *, clock: Callable[[], datetime], progress: Progress | None = None) -> Drilled:
    """Plant, poll, poll again, take back, poll; raises GatekeeperError when there is nothing to drill with."""
    repository = open_repository(request.path)
    # Without the cache: it lies in the repository.
    trunk, settings = trunk_and_settings(repository, Cache(None), request.trunk)
    here = trunk.ref if trunk.ref.startswith("refs/") else _TRUNK
    agents = agent_refs(settings.agents, 6, here)
    if len(agents) < 2:  # noqa: PLR2004 - it takes two to conflict
        raise UsageError(
            "[branches] in gatekeeper.toml leaves no two branches for the agents of a drill",
            "include a pattern, such as agent/*",
        )
    planned = _plan(repository, trunk, progress)
    with scratch_directory(request.keep) as directory:
        with closing(ScratchClone(directory, repository, here, trunk.commit)) as clone:
            done = _Drill(clone, here, agents, settings, clock, progress).run(planned, trunk)
        if request.notify:
            cwd = repository.worktree or str(repository.common_directory)
            done = replace(done, channels=tell_all(done.channels, trunk.commit, at=clock(), cwd=cwd, env=os.environ))
    return replace(done, kept=request.keep)


def _plan(repository: Repository, trunk: Trunk, progress: Progress | None) -> Plan:
    if progress is not None:
        progress("reading manifests", 0, 0)
    with closing(repository.object_store()) as store:
        listing = store.listing(trunk.commit)

        def read(path: TreePath) -> bytes | None:
            entry = listing[path]
            return store.blob(entry.oid) if entry.is_file and store.has(entry.oid) else None

        return plan(Manifests(listing, read), listing)


@dataclass(slots=True)
class _Drill:
    clone: ScratchClone
    trunk: RefName
    agents: Sequence[RefName]
    settings: Settings
    clock: Callable[[], datetime]
    progress: Progress | None

    def run(self, planned: Plan, trunk: Trunk) -> Drilled:
        start = trunk.commit
        if planned.own:
            start = self._commit(self.trunk, dict(planned.own), "Manifests for a drill", start)
        planted = list(self._planted(planned.plants, start))
        first = self._poll()
        noticed = time.monotonic()
        second = self._poll()
        caught = tuple(judged(plant, names, first.standing, noticed - at) for plant, names, at in planted)
        tips = self.clone.take_back(self.agents)
        third = self._poll()
        # Out of every scan's way, for who keeps the clone.
        for ref, commit in tips.items():
            self.clone.set(RefName(f"refs/drill/{short_name(ref)}"), commit)
        theirs = {agent for _, names, _ in planted for agent in names}
        told = {event.payload.channel for event in first.events if isinstance(event.payload, NoticeDue)}
        return Drilled(
            trunk=trunk,
            plants=caught,
            own=tuple(path for path, _ in planned.own),
            silent=not (second.events or second.outcomes),
            closed=all(theirs.isdisjoint(problem.agents) for problem in third.standing),
            channels=tuple(ChannelSaid(channel, channel.name in told) for channel in self.settings.notifications),
            kept=None,
        )

    def _planted(self, plants: Sequence[Plant], start: Oid) -> Iterator[tuple[Plant, tuple[AgentName, ...], float]]:
        """Plant each by two agents of its own, as far as there are enough, and yield who they are and when it was."""
        tips = dict.fromkeys(self.agents, start)
        names = self.settings.agent_names()
        for number, plant in enumerate(plants):
            refs = [self.agents[(2 * number + side) % len(self.agents)] for side in (0, 1)]
            for ref, work in zip(refs, plant.works, strict=True):
                tips[ref] = self._commit(ref, self._changes(tips[ref], work), f"Drill: {work.said}", tips[ref])
            who = (names.get(ref, AgentName(short_name(ref))) for ref in refs)
            yield plant, tuple(AgentName(without_surrogates(name)) for name in who), time.monotonic()

    def _changes(self, tip: Oid, work: Work) -> dict[TreePath, bytes | None]:
        changes: dict[TreePath, bytes | None] = dict.fromkeys(work.deleted)
        for path, edits in work.edits.items():
            source = self.clone.read(tip, path)
            data = None if source is None else edited(source, edits)
            if data is None:
                raise BadInputError(f"{path} cannot be edited for the drill")
            changes[path] = data
        return changes

    def _commit(self, ref: RefName, changes: Mapping[TreePath, bytes | None], message: str, parent: Oid) -> Oid:
        return self.clone.commit_to(ref, changes, message, parent=parent, at=self.clock())

    def _poll(self) -> Polled:
        request = PollRequest(self.clone.path, self.trunk, worktrees=False, fetch=False, alone=True)
        return poll(request, clock=self.clock, progress=self.progress)
