"""Eight processes at once doing everything that there is to do, at random."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tests.torture.program import Ended
from tests.torture.working import Tally, Worker, all_work
from tests.torture.world import DAY, World

WORKERS = 8
_SHARED = ("shared-0", "shared-1", "shared-2")
_CLEAR, _STANDS, _REFUSED = 0, 1, 2


def crowd(world: World, seed: int, operations: int, *, seconds: float, workers: int = WORKERS) -> Tally:
    """Do mixed operations with so many processes at once."""
    tally = Tally(left=operations, until=time.monotonic() + seconds)
    all_work([_OfCrowd(world, tally, f"w{number}", f"{seed}/{number}") for number in range(workers)])
    return tally


class _OfCrowd(Worker):
    """One of those who work at once; ``own``: its agent, which nobody else touches."""

    def __init__(self, world: World, tally: Tally, name: str, seed: str) -> None:
        super().__init__(world, tally, name, seed)
        self._own: str | None = None
        self._dirty = False
        self._worked = False
        self._claims: list[str] = []

    def work(self) -> None:
        while self._tally.take():
            choices = self._choices()
            act = self._rng.choices([act for act, _ in choices], [weight for _, weight in choices])[0]
            name = act.__name__.removeprefix("_")
            try:
                self._tally.note(name, act())
            except Exception as error:  # noqa: BLE001 - told with all else that went wrong
                self._tally.note(name, f"{name}: {type(error).__name__}: {error}")

    def _choices(self) -> Sequence[tuple[Callable[[], str | None], int]]:
        always = [
            (self._memory, 16),
            (self._claim, 10),
            (self._baseline, 6),
            (self._poll, 10),
            (self._verify, 2),
            (self._archive, 1),
            (self._housekeeping, 3),
            (self._shared_start, 6),
            (self._shared_use, 8),
            (self._shared_remove, 4),
        ]
        claims = [(self._release, 8)] if self._claims else []
        if self._own is None:
            return [*always, *claims, (self._start, 20)]
        return [
            *always,
            *claims,
            (self._commit, 14),
            (self._leave, 3),
            (self._finish, 8),
            (self._report, 6),
            (self._remove, 8),
        ]

    def _memory(self) -> str | None:
        token = self._token()
        ended = self._world.run("memory", "put", f"torture/k{self._rng.randrange(20)}", "--text", stdin=token)
        return self._held(ended, "memory.put", token)

    def _claim(self) -> str | None:
        place = f"notes/{self._token()}.txt"
        ended = self._world.run("claim", place, "--as", "bystander", "--for", "2h")
        if ended.code == _CLEAR:
            self._claims.append(place)
        return self._held(ended, "claim.made", place)

    def _release(self) -> str | None:
        place = self._claims.pop(self._rng.randrange(len(self._claims)))
        ended = self._world.run("claim", place, "--as", "bystander", "--release")
        return self._held(ended, "claim.released", place)

    def _baseline(self) -> str | None:
        token = self._token()
        ended = self._world.run("baseline", "record", f"{token}={self._count}s", "--date", DAY)
        if ended.code == _CLEAR:
            with self._world.lock:
                self._world.promises.figures.add(token)
        return _unless(ended, _CLEAR)

    def _poll(self) -> str | None:
        return _unless(self._world.run("poll"), _CLEAR, _STANDS)

    def _verify(self) -> str | None:
        return _unless(self._world.run("log", "--verify"), _CLEAR)

    def _archive(self) -> str | None:
        return _unless(self._world.run("archive"), _CLEAR)

    def _housekeeping(self) -> str | None:
        command = self._rng.choice((("pack-refs", "--all"), ("gc", "-q"), ("pack-refs", "--all", "--no-prune")))
        # Two at once refuse each other.
        self._world.git(*command, ok=(0, 1, 128, 255))
        return None

    def _start(self) -> str | None:
        self._own = self._token()
        self._dirty = self._worked = False
        ended = self._world.run("agent", "start", self._own)
        if ended.code == _CLEAR:
            self._world.count("agent.started", self._own)
        return _unless(ended, _CLEAR)

    def _commit(self) -> str | None:
        self._worked = True
        return None if self._world.commit(self._named(), self._line()) else f"no commit on {self._own}"

    def _line(self) -> str:
        return f"{self._rng.choice(('serde', 'tokio'))}=1.0.{self._rng.randrange(2, 6)}"

    def _leave(self) -> str | None:
        self._dirty = True
        return None if self._world.leave_uncommitted(self._named(), self._token()) else f"no note in {self._own}"

    def _finish(self) -> str | None:
        token = self._token()
        ended = self._world.run("agent", "finish", self._named(), "--output", token)
        if ended.code == _CLEAR:
            self._world.promise("agent.finished", token)
            self._world.count("agent.finished", self._named())
        return _unless(ended, _STANDS if self._dirty else _CLEAR)

    def _report(self) -> str | None:
        token = self._token()
        ended = self._world.run("agent", "report", "blocked", "--reason", token, "--as", self._named())
        return self._held(ended, "agent.reported", token)

    def _remove(self) -> str | None:
        name, must_archive = self._named(), self._worked or self._dirty
        if must_archive and self._rng.random() < 0.3:
            return _unless(self._world.run("agent", "remove", name), _STANDS)
        ended = self._world.run("agent", "remove", name, *(["--archive"] if must_archive else []))
        if ended.code == _CLEAR:
            self._world.count("agent.removed", name)
            self._own = None
        return _unless(ended, _CLEAR)

    def _shared_start(self) -> str | None:
        name = self._rng.choice(_SHARED)
        ended = self._world.run("agent", "start", name)
        if ended.code == _CLEAR:
            self._world.count("agent.started", name)
        return _unless(ended, _CLEAR, _REFUSED)

    def _shared_use(self) -> str | None:
        name, token = self._rng.choice(_SHARED), self._token()
        act = self._rng.randrange(4)
        if act == 0:
            self._world.commit(name, self._line())
            return None
        if act == 1:
            self._world.leave_uncommitted(name, token)
            return None
        command = (
            ("finish", name, "--output", token) if act == 2 else ("report", "working", "--reason", token, "--as", name)
        )
        ended = self._world.run("agent", *command)
        if ended.code == _CLEAR:
            self._world.promise("agent.finished" if act == 2 else "agent.reported", token)
            if act == 2:
                self._world.count("agent.finished", name)
        return _unless(ended, _CLEAR, _STANDS, _REFUSED)

    def _shared_remove(self) -> str | None:
        name = self._rng.choice(_SHARED)
        ended = self._world.run("agent", "remove", name, *self._rng.choice(([], ["--archive"])))
        if ended.code == _CLEAR:
            self._world.count("agent.removed", name)
        return _unless(ended, _CLEAR, _STANDS, _REFUSED)

    def _named(self) -> str:
        return self._own or ""

    def _held(self, ended: Ended, kind: str, token: str) -> str | None:
        if ended.code == _CLEAR:
            self._world.promise(kind, token)
        return _unless(ended, _CLEAR)


def _unless(ended: Ended, *codes: int) -> str | None:
    return None if ended.code in codes else str(ended)
