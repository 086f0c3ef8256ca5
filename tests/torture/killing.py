"""Runs that are killed anywhere, and run again: they have to come to the end that an unkilled one would have had."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.torture.program import Ended
from tests.torture.working import Tally, Worker, all_work
from tests.torture.world import BEHIND, LEAD, World


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that is run and killed; ``_prepare_NAME`` of the killer says with which arguments.

    ``codes``: how it may end; ``counts``: the event of which there is one more afterwards; ``done``: what a second run
    says where the first one came to its end.
    """

    weight: int
    codes: tuple[int, ...] = (0,)
    counts: str | None = None
    done: str | None = None


KINDS = {
    "poll": Kind(5, codes=(0, 1)),
    "sync": Kind(3),
    "start": Kind(3, counts="agent.started", done="is there already"),
    "finish": Kind(2, counts="agent.finished"),
    "remove": Kind(4, counts="agent.removed", done="was removed"),
    "integrate": Kind(4),
    # Where the first run was killed after it had ruled, the second one is refused: there is a ruling.
    "rule": Kind(4, codes=(0, 1)),
}
PROMISED = {"finish": "agent.finished", "rule": "case.ruled"}
"""Of what exactly one event has the last argument of the run."""

_VERIFIED_EVERY = 10
_PATIENCE = 60.0


def kill(world: World, seed: int, kills: int, *, seconds: float, killers: int = 2) -> Tally:
    """Kill so many runs, two at a time, so that what is run again meets others at work."""
    tally = Tally(left=kills, until=time.monotonic() + seconds)
    all_work([_Killer(world, tally, f"k{number}", f"{seed}/k{number}") for number in range(killers)])
    return tally


Run = tuple[tuple[str, ...], str | None]
"""The arguments of a run, and the agent that it is about."""


class _Killer(Worker):
    def __init__(self, world: World, tally: Tally, name: str, seed: str) -> None:
        super().__init__(world, tally, name, seed)
        self._agents: list[str] = []
        self._seconds: dict[str, float] = {}

    def work(self) -> None:
        for kind in KINDS:
            self._seconds[kind] = self._attempt(kind, kill_at=None)
        while self._tally.take():
            kind = self._rng.choices(list(KINDS), [kind.weight for kind in KINDS.values()])[0]
            self._attempt(kind, kill_at=self._rng.uniform(0, 1.05 * self._seconds[kind]))
            if sum(self._tally.done.values()) % _VERIFIED_EVERY == 0:
                self._judge(self._world.run("log", "--verify"), (0,))

    def _attempt(self, kind: str, *, kill_at: float | None) -> float:
        """Prepare, run, kill, run again; return how long the last run took."""
        arguments, agent = getattr(self, f"_prepare_{kind}")()
        tree = self._rng.random() < 0.5
        first = self._world.run(*arguments, kill_at=kill_at, tree=tree) if kill_at is not None else None
        if first is not None:
            self._tally.note(f"{kind} {'killed' if first.code is None else 'ended'}")
        last = self._again(kind, arguments, first)
        if (promised := PROMISED.get(kind)) is not None:
            self._world.promise(promised, arguments[-1])
        if agent is not None and (counted := KINDS[kind].counts) is not None:
            self._world.count(counted, agent)
        return last.seconds

    def _again(self, kind: str, arguments: Sequence[str], first: Ended | None) -> Ended:
        """Run to the end; what a killed run had done already may be refused now."""
        allowed, done = KINDS[kind].codes, KINDS[kind].done
        if first is not None and first.code is not None:
            self._judge(first, allowed)
        ended = self._world.run(*arguments)
        deadline = time.monotonic() + _PATIENCE
        while "another poll is running" in ended.err and time.monotonic() < deadline:
            ended = self._world.run(*arguments)
        # Whether the first one came to its end shows in what the second one says.
        if first is not None and ended.code == 2 and done is not None and done in ended.err:
            return ended
        self._judge(ended, allowed)
        return ended

    def _prepare_start(self) -> Run:
        self._agents.append(self._token())
        return ("agent", "start", self._agents[-1]), self._agents[-1]

    def _prepare_sync(self) -> Run:
        token = self._token()
        self._judge(self._world.run("memory", "put", f"torture/{token}", "--text", stdin=token), (0,))
        self._world.promise("memory.put", token)
        return ("sync",), None

    def _prepare_poll(self) -> Run:
        self._have_agent()
        self._world.commit(self._agents[-1], f"serde=1.0.{self._rng.randrange(2, 9)}")
        return ("poll",), None

    def _prepare_finish(self) -> Run:
        self._have_agent()
        return ("agent", "finish", self._agents[0], "--output", self._token()), self._agents[0]

    def _prepare_remove(self) -> Run:
        self._have_agent()
        name = self._agents.pop(self._rng.randrange(len(self._agents)))
        if self._rng.random() < 0.6:
            self._world.commit(name, "tokio=1.0.7")
            self._world.leave_uncommitted(name, self._token())
        # Whether anything needs to be kept is the same for both runs only if it is always asked for.
        return ("agent", "remove", name, "--archive"), name

    def _prepare_integrate(self) -> Run:
        """Let an agent whose branch lacks the newest of trunk change what that has changed as well."""
        name = self._started("--at", BEHIND)
        self._world.add_profile(name)
        return ("integrate", name), name

    def _prepare_rule(self) -> Run:
        """Let two agents give one key two values, and poll until that is a case."""
        one, other = self._started(), self._started()
        key = self._token()
        self._world.commit_text(one, f'\n[workspace.metadata.{key}]\nowner = "{one}"\n')
        self._world.commit_text(other, f'\n[workspace.metadata.{key}]\nowner = "{other}"\n')
        deadline = time.monotonic() + _PATIENCE
        while (case := self._world.case_at(f"workspace.metadata.{key}")) is None and time.monotonic() < deadline:
            self._judge(self._world.run("poll"), (0, 1))
        signed = ("--as", LEAD, "--key", str(self._world.key))
        return ("escalation", "resolve", str(case), "--take", one, *signed, "--because", self._token()), None

    def _have_agent(self) -> None:
        if not self._agents:
            self._started()

    def _started(self, *more: str) -> str:
        name = self._token()
        self._judge(self._world.run("agent", "start", name, *more), (0,))
        self._world.count("agent.started", name)
        self._agents.append(name)
        return name

    def _judge(self, ended: Ended, codes: Sequence[int]) -> None:
        if ended.code not in codes:
            with self._tally.lock:
                self._tally.failures.append(str(ended))
