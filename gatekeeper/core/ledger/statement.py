"""What has happened, in words; the modules of each subject register theirs."""

from __future__ import annotations

from functools import singledispatch


@singledispatch
def statement(payload: object) -> str:
    """Return what has happened, without whom it is about."""
    raise TypeError(f"no such event: {type(payload).__name__}")
