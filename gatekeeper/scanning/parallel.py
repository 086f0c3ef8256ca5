"""Pure work spread over the processors by forking: the children inherit what has been read, and send back values."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

_WORTH_FORKING = 100
_MOST_WORKERS = 8

T = TypeVar("T")
R = TypeVar("R")

_task: Callable[[object], object] | None = None


def map_forked(task: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Return ``task`` of each item, in order.

    Only Linux forks safely here, and only many items are worth it; otherwise the work is done in this process.
    ``task`` is inherited and never pickled; items and results are.
    """
    workers = min(_processors(), _MOST_WORKERS, len(items) // _WORTH_FORKING)
    if workers < 2 or not sys.platform.startswith("linux"):  # noqa: PLR2004 -- one worker is no gain
        return [task(item) for item in items]
    global _task  # noqa: PLW0603 -- how forked children get at what cannot be pickled
    _task = task  # type: ignore[assignment]
    cut = -(-len(items) // (workers * 4))
    slices = [items[start : start + cut] for start in range(0, len(items), cut)]
    try:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as pool:
            return [result for part in pool.map(_run, slices) for result in part]  # type: ignore[misc]
    finally:
        _task = None


def _run(items: Sequence[object]) -> list[object]:
    if _task is None:
        raise RuntimeError("the worker was not forked from a running map")
    return [_task(item) for item in items]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
