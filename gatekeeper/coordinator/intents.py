"""What each party of a case does at the contested place, and what the proposal would, as lines of a diff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from itertools import islice

from gatekeeper.coordinator.contested import ContestedPlace
from gatekeeper.coordinator.inquiries import value_text
from gatekeeper.core.ledger.case_records import CaseMatter
from gatekeeper.core.ledger.records import FoundProblem
from gatekeeper.core.names import AgentName, Oid, format_key
from gatekeeper.core.proposals import NOTHING
from gatekeeper.repository import Repository

MOST_LINES = 40
MOST_PLACES = 5


@dataclass(frozen=True, slots=True)
class Intent:
    """What one party's branch does; no ``lines``: nothing. ``head`` None: its branch is gone."""

    agent: AgentName
    head: Oid | None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intents:
    """What the parties want, and what the union of it is; ``union`` None: there is none, and ``clashes`` say why."""

    parties: tuple[Intent, ...]
    union: tuple[str, ...] | None
    clashes: tuple[str, ...] = ()


def intents(repository: Repository, matter: CaseMatter, problems: Sequence[FoundProblem], trunk: Oid) -> Intents:
    """Return what the branches do where the findings say so, at the commits that ``matter`` names."""
    place = ContestedPlace(repository, matter, matter.heads, trunk)
    united = place.union
    union = None if united.clashes else _change(place, place.before, united.content)
    parties = (
        Intent(party, matter.heads.get(party), _lines_of(repository, matter, problems, party, trunk))
        for party in matter.parties
    )
    return Intents(tuple(parties), union, united.clashes)


def _lines_of(
    repository: Repository, matter: CaseMatter, problems: Sequence[FoundProblem], party: AgentName, trunk: Oid
) -> tuple[str, ...]:
    """A finding about two files has each party in its own; the place is named where it is not that of the case."""
    sides = (side for problem in problems for side in problem.sides if party in side.agents)
    found: list[str] = []
    for path, key in tuple(dict.fromkeys((side.path, side.key) for side in sides))[:MOST_PLACES]:
        place = ContestedPlace(repository, replace(matter, path=path, key=key, parties=(party,)), matter.heads, trunk)
        for version in place.versions.values():
            lines = _change(place, version.base, version.content)
            named = [f"@@ {path} @@"] if lines and path != matter.path else []
            found += [*named, *lines]
    return tuple(found)


def _change(place: ContestedPlace, before: bytes | None, after: bytes | None) -> tuple[str, ...]:
    if place.digest(before) == place.digest(after):
        return ()
    if not place.at or before is None or after is None:
        return _in_file(place, before, after)
    name = format_key(place.at)
    sides = (("-", before), ("+", after))
    return tuple(f"{sign} {name} = {value_text(place, side)}" for sign, side in sides if place.digest(side) != NOTHING)


def _in_file(place: ContestedPlace, before: bytes | None, after: bytes | None) -> tuple[str, ...]:
    sides = [_lines(side) for side in (before, after)]
    if any(side is None for side in sides):
        return tuple(f"{sign} {value_text(place, side)}" for sign, side in (("-", before), ("+", after)))
    found = list(islice(_hunks(sides[0] or [], sides[1] or []), MOST_LINES + 1))
    return tuple(found[:MOST_LINES]) + (("...",) if len(found) > MOST_LINES else ())


def _hunks(before: list[str], after: list[str]) -> Iterator[str]:
    # The first two lines are the names of the files.
    yield from islice(unified_diff(before, after, lineterm="", n=1), 2, None)


def _lines(content: bytes | None) -> list[str] | None:
    """Return the lines of a text; None for what is none."""
    if content is None:
        return []
    if b"\0" in content or len(content) > _MOST_COMPARED:
        return None
    return content.decode("utf-8", "surrogateescape").splitlines()


_MOST_COMPARED = 1 << 17
