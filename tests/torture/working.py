"""Workers of a torture: what each has, and all of them at once."""

from __future__ import annotations

import random
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.torture.world import World


@dataclass(slots=True)
class Tally:
    """What was done, how often, and what went wrong on the way."""

    done: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    left: int = 0
    until: float = float("inf")
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bool:
        """Return whether there is one more to do."""
        with self.lock:
            if self.left <= 0 or time.monotonic() > self.until:
                return False
            self.left -= 1
            return True

    def note(self, name: str, failure: str | None = None) -> None:
        """Count something, and what went wrong with it."""
        with self.lock:
            self.done[name] += 1
            if failure is not None:
                self.failures.append(failure)


class Worker(ABC):
    """One of those who work at once; ``name``: what its tokens begin with."""

    def __init__(self, world: World, tally: Tally, name: str, seed: str) -> None:
        self._world = world
        self._tally = tally
        self._name = name
        self._rng = random.Random(seed)  # noqa: S311 - repeatable, and no secret
        self._count = 0

    @abstractmethod
    def work(self) -> None:
        """Work until there is nothing more to do."""

    def _token(self) -> str:
        self._count += 1
        return f"{self._name}n{self._count}"


def all_work(workers: Sequence[Worker]) -> None:
    """Let all work at once, and return when the last one is done."""
    threads = [threading.Thread(target=worker.work) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
