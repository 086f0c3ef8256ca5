"""Places that agents have announced to work on: advice for the others, never a lock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from gatekeeper.core.ledger.records import ClaimId
from gatekeeper.core.names import AgentName, KeyPath, TreePath, format_key
from gatekeeper.core.patterns import exact_key
from gatekeeper.core.place_patterns import check_path, split_place
from gatekeeper.core.watch.places import ChangedPlaces, ChangesOfAgents


@dataclass(frozen=True, slots=True)
class Place:
    """A file, a directory (its path ends with a slash), or a key of a manifest with all that is below it."""

    path: TreePath
    key: KeyPath | None = None

    def __str__(self) -> str:
        """Return the place as ``parse_place`` reads it."""
        path = self.path.replace("#", "\\#")
        return path if self.key is None else f"{path}#{format_key(self.key)}"

    def is_touched_by(self, changed: ChangedPlaces) -> bool:
        """Return whether a change edits anything here; of a file that is no manifest, any edit is one of every key."""
        if self.path.endswith("/"):
            return any(path.startswith(self.path) for path in changed)
        if self.path not in changed:
            return False
        keys = changed[self.path]
        return self.key is None or keys is None or any(_meet(self.key, key) for key in keys)

    def overlaps(self, other: Place) -> bool:
        """Return whether an edit can be one of both places."""
        if self.path != other.path:
            return _is_inside(self.path, other.path) or _is_inside(other.path, self.path)
        return self.key is None or other.key is None or _meet(self.key, other.key)


@dataclass(frozen=True, slots=True)
class Claim:
    """An agent has announced that it works on a place, until then at the latest."""

    id: ClaimId
    agent: AgentName
    place: Place
    made_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Touch:
    """An agent edits what another one has claimed."""

    claim: Claim
    agent: AgentName


def parse_place(text: str) -> Place:
    r"""Return the place that ``PATH``, ``DIRECTORY/`` or ``PATH#KEY`` names, a ``#`` in the path written as ``\#``.

    Raises ValueError with the reason: a claim is for one place, so nothing stands for several here.
    """
    path, key = split_place(text)
    if path.endswith("/") and key is not None:
        raise ValueError("a directory has no keys; name the manifest in it")
    check_path(path.removesuffix("/"), "claimed as crates/x/")
    if key is None:
        return Place(TreePath(path))
    if not key.strip():
        raise ValueError("no key stands after the #; for the whole file, leave out the #")
    try:
        return Place(TreePath(path), exact_key(key))
    except ValueError as error:
        raise ValueError(f"the key {key}: {error}") from error


def touched(claims: Iterable[Claim], changes: ChangesOfAgents, now: datetime) -> tuple[Touch, ...]:
    """Return who edits what another agent has claimed and has not let lapse: by claim, then by agent."""
    return tuple(
        Touch(claim, agent)
        for claim in standing(claims, now)
        for agent, changed in sorted(changes.items())
        if agent != claim.agent and claim.place.is_touched_by(changed)
    )


def standing(claims: Iterable[Claim], now: datetime) -> Iterator[Claim]:
    """Yield the claims whose time has not run out."""
    return (claim for claim in claims if now < claim.until)


def lapsed(claims: Iterable[Claim], now: datetime) -> tuple[Claim, ...]:
    """Return the claims whose time has run out."""
    return tuple(claim for claim in claims if claim.until <= now)


def fulfilled(claims: Iterable[Claim], committed: ChangesOfAgents) -> tuple[Claim, ...]:
    """Return the claims whose agents have committed a change of what they had claimed."""
    return tuple(claim for claim in claims if claim.place.is_touched_by(committed.get(claim.agent, {})))


def _meet(one: KeyPath, other: KeyPath) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _is_inside(path: str, directory: str) -> bool:
    return directory.endswith("/") and path.startswith(directory)
