"""What an event does to the state, by the type of its payload; the modules of each subject register theirs."""

from __future__ import annotations

from functools import singledispatch
from typing import TypeVar

from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.state import Changes, Records

_T = TypeVar("_T")


@singledispatch
def effect(payload: object, _event: Event, _state: Records) -> Changes:
    """Return what an event changes in a state; it can be applied to any state, whatever else was recorded meanwhile."""
    raise TypeError(f"no such event: {type(payload).__name__}")


def with_more(known: tuple[_T, ...], more: tuple[_T, ...]) -> tuple[_T, ...]:
    """Return what was known, and what is new of the rest."""
    return tuple(dict.fromkeys((*known, *more)))


def line_of(event: Event) -> str:
    """Return the event as it was written, so that its signature can be checked later."""
    return "" if event.written is None else event.written.decode()
