"""Which of two scalars is the higher or the stricter, where that can be said at all."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from gatekeeper.core.schema.kinds import Combine
from gatekeeper.core.versions import parse_requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatekeeper.core.schema.kinds import Value

_VERSION = re.compile(
    r"(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?\Z", re.ASCII
)
_MAX_DIGITS = 30
_VERSIONS_KEPT = 4096
_LINT_LEVELS = ("allow", "warn", "deny", "forbid")

_Order = tuple[tuple[int, int, int], tuple[tuple[int, int, str], ...]]


def proposal(combine: Combine, ours: Value, theirs: Value) -> Value | None:
    """Return which of two different values ``combine`` would propose; None when it has no opinion."""
    decide = _DECIDERS.get(combine)
    if decide is None or not isinstance(ours, str) or not isinstance(theirs, str):
        return None
    return decide(ours, theirs)


def higher_version(ours: str, theirs: str) -> str | None:
    """Return the higher of two versions (``1.2.3-rc.1``, or shorter as in ``rust-version``)."""
    return _higher(ours, theirs, version_order(ours), version_order(theirs))


def higher_requirement(ours: str, theirs: str) -> str | None:
    """Return the higher of two caret requirements; any other operator stands for an intent of its own."""
    return _higher(ours, theirs, _caret_order(ours), _caret_order(theirs))


def same_requirement(one: str, other: str) -> bool:
    """Return whether two requirements accept the same versions."""
    first = parse_requirement(one)
    return first is not None and first == parse_requirement(other)


def repository_of(url: str) -> str:
    """Return what is the same for the URLs of one git repository, as far as the text tells (cargo's CanonicalUrl)."""
    return url.strip().rstrip("/").removesuffix(".git").rstrip("/")


def stricter_lint(ours: str, theirs: str) -> str | None:
    """Return the stricter of two lint levels."""
    if ours not in _LINT_LEVELS or theirs not in _LINT_LEVELS:
        return None
    return max(ours, theirs, key=_LINT_LEVELS.index)


@lru_cache(_VERSIONS_KEPT)
def version_order(version: str) -> _Order | None:
    """Return what versions sort by under semantic versioning; None when ``version`` is none."""
    match = _VERSION.match(version.strip())
    if match is None or any(map(_too_long, match.groups())):
        return None
    numbers = (int(match[1]), int(match[2] or 0), int(match[3] or 0))
    if match[4] is None:
        return numbers, ((2, 0, ""),)
    parts = match[4].split(".")
    # Numbers sort below words, a shorter list below a longer one, and any pre-release below the release.
    return numbers, tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def _too_long(part: str | None) -> bool:
    return part is not None and len(part) > _MAX_DIGITS


def _caret_order(requirement: str) -> _Order | None:
    return version_order(requirement.strip().removeprefix("^"))


def _higher(ours: str, theirs: str, our_order: _Order | None, their_order: _Order | None) -> str | None:
    if our_order is None or their_order is None:
        return None
    if our_order == their_order:
        # "1.0" and "1.0.0" ask for the same: the longer spelling, whoever wrote it.
        return max(ours, theirs, key=lambda text: (len(text), text))
    return ours if our_order > their_order else theirs


_DECIDERS: Mapping[Combine, Callable[[str, str], str | None]] = {
    Combine.HIGHER_VERSION: higher_version,
    Combine.HIGHER_REQUIREMENT: higher_requirement,
    Combine.STRICTER_LINT: stricter_lint,
}
