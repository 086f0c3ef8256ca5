"""Pure work spread over the processors by forking: the children inherit what has been read, and send back values."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

_WORTH_FORKING = 100
_MOST_WORKERS = 8
_SLICES = 16
_GIVES_WAY = 7

_CAN_FORK = sys.platform.startswith("linux")

T = TypeVar("T")
R = TypeVar("R")

_task: Callable[[object], object] | None = None


def map_forked(task: Callable[[T], R], items: Sequence[T], worth: int = _WORTH_FORKING) -> list[R]:
    """Return ``task`` of each item, in order.

    Only Linux forks safely here, and only many items are worth it; otherwise the work is done in this process.
    ``task`` is inherited and never pickled; items and results are. ``worth``: so many items are worth a process.
    """
    workers = min(_processors(), _MOST_WORKERS, len(items) // worth)
    if workers < 2 or not _CAN_FORK:  # noqa: PLR2004 -- one worker is no gain
        return [task(item) for item in items]
    global _task  # noqa: PLW0603 -- how forked children get at what cannot be pickled
    _task = task  # type: ignore[assignment]
    cut = -(-len(items) // (workers * 4))
    slices = [items[start : start + cut] for start in range(0, len(items), cut)]
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), initializer=_leave_interrupts_to_parent)
    try:
        return [result for part in pool.map(_run, slices) for result in part]  # type: ignore[misc]
    finally:
        pool.shutdown(cancel_futures=True)
        _task = None


def in_slices(items: Sequence[T], *, at_least: int) -> list[Sequence[T]]:
    """Cut ``items`` into a few slices for ``map_forked``, none but the last with fewer than ``at_least``."""
    cut = max(at_least, -(-len(items) // _SLICES))
    return [items[start : start + cut] for start in range(0, len(items), cut)]


def _leave_interrupts_to_parent() -> None:
    """Ctrl-C reaches every process of a terminal; only the one that a person started has something to say then."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run(items: Sequence[object]) -> list[object]:
    if _task is None:
        raise RuntimeError("the worker was not forked from a running map")
    return [_task(item) for item in items]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Aside(Generic[R]):
    """One piece of work done in a forked child while this process goes on; where that cannot be, when asked for."""

    def __init__(self, task: Callable[[], R], *, worth_forking: bool) -> None:
        self._task = task
        self._child: multiprocessing.process.BaseProcess | None = None
        if worth_forking and _CAN_FORK and _processors() > 1:
            context = multiprocessing.get_context("fork")
            self._receiver, sender = context.Pipe(duplex=False)
            self._child = context.Process(target=_send, args=(task, sender), daemon=True)
            self._child.start()
            sender.close()

    def result(self) -> R:
        """Return what the work gave; if the child died, it is done again here, where its error shows."""
        if self._child is None:
            return self._task()
        try:
            found: R = self._receiver.recv()
        except EOFError:
            found = self._task()
        finally:
            self._receiver.close()
            self._child.join()
        return found


def _send(task: Callable[[], object], sender: Connection) -> None:
    _leave_interrupts_to_parent()
    # What the parent goes on with is waited for first; this fills the processors that it leaves idle.
    os.nice(_GIVES_WAY)
    sender.send(task())
    sender.close()
