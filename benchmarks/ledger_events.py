"""A ledger as a fleet leaves it: agents' words one by one, polls in batches, and a live state that stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.events import Payload
from gatekeeper.core.ledger.records import (
    AgentRecord,
    Check,
    CheckpointRecord,
    ClaimId,
    ClaimRecord,
    ClosedFinding,
    FindingId,
    FindingRecord,
    FindingSide,
    FoundProblem,
    MemoryRecord,
)
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.ledger.ledger import Ledger, new_event
from gatekeeper.repository import open_repository

AGENTS = 40
STANDING = 210
CLAIMS = 10
KEYS = 60
PER_POLL = 7
"""Findings that a poll opens, and closes."""
EVENTS_A_TURN = 2 * PER_POLL + 6
TURNS_A_FOLD = 50
"""After so many turns what was closed is folded, so that all states at the end of a fold are alike."""
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_UNTIL = _FIRST + timedelta(days=365)


def build(directory: Path, turns: int) -> int:
    """Append the beginning and ``turns`` turns to a new ledger, and return how many events that makes."""
    ledger = Ledger(open_repository(str(directory)))
    count = 0
    for number, payloads in enumerate(_commits(turns)):
        at = _FIRST + timedelta(minutes=number)
        append(ledger, payloads, at)
        count += len(payloads)
    return count


def append(ledger: Ledger, payloads: Sequence[Payload], at: datetime) -> None:
    """Append payloads as one commit."""
    events = [new_event(payload, at=at, by=getattr(payload, "agent", "gatekeeper")) for payload in payloads]
    ledger.append(lambda _state: events, subject="benchmark", at=at)


def read_state(directory: Path) -> dict[str, str]:
    """Read all agents, findings, claims and values, as a status would, and return the values by key."""
    return read_records(Ledger(open_repository(str(directory))))


def read_records(ledger: Ledger) -> dict[str, str]:
    """Read the state once, and raise RuntimeError where it is not a whole one."""
    state = ledger.state()
    counts = [sum(1 for _ in state.each(AgentRecord)), sum(1 for _ in state.each(FindingRecord))]
    claims = sum(1 for _ in state.each(ClaimRecord))
    values = {key: record.text for key, record in state.each(MemoryRecord)}
    if counts != [AGENTS, STANDING] or claims > CLAIMS or state.get(CheckpointRecord) is None:
        raise RuntimeError(f"the state is not whole: {counts} agents and findings, {claims} claims")
    return values


def closed(directory: Path) -> int:
    """Return how many closed findings the state still holds."""
    return sum(1 for _ in Ledger(open_repository(str(directory))).state().each(ClosedFinding))


def word(number: int) -> Payload:
    """Return what an agent says of itself, leaves for others or claims: one event by itself."""
    agent = _agent(number)
    kinds: tuple[Callable[[], Payload], ...] = (
        lambda: happened.MemoryPut(f"swarm/value-{number // 3 % KEYS}", "text", f"{number} as {agent} has left it"),
        lambda: happened.AgentReported(agent, "in-progress", f"at step {number}"),
        lambda: happened.MemoryPut(
            f"swarm/value-{(number // 3 + 7) % KEYS}", "json", f'{{"step": {number}, "left": 3}}'
        ),
    )
    return kinds[number % len(kinds)]()


def _commits(turns: int) -> Iterator[Sequence[Payload]]:
    yield [
        *(happened.AgentAdopted(_agent(n), RefName(f"refs/heads/{_agent(n)}"), None, _oid(n)) for n in range(AGENTS)),
        *(happened.FindingOpened(_problem(number)) for number in range(STANDING)),
    ]
    for turn in range(turns):
        yield _poll(turn)
        yield [word(3 * turn)]
        yield [happened.ClaimMade(_claim(turn), _agent(turn), f"crates/part-{turn % 90}/Cargo.toml#features", _UNTIL)]
        yield [happened.ClaimReleased(_claim(turn - CLAIMS + 1), "committed")]
        yield [word(3 * turn + 1)]
        if (turn + 1) % TURNS_A_FOLD == 0:
            first = (turn + 1 - TURNS_A_FOLD) * PER_POLL
            gone = tuple(_problem(first + number).id for number in range(TURNS_A_FOLD * PER_POLL))
            yield [happened.MonthFolded("2026-01", gone, {"text-conflict": len(gone)})]


def _poll(turn: int) -> list[Payload]:
    moved = tuple(
        happened.SeenAgent(_agent(n), RefName(f"refs/heads/{_agent(n)}"), _oid(n), "mergeable", _FIRST)
        for n in (turn, turn + 1)
    )
    first = turn * PER_POLL
    checks = (
        Check("no agent is blocked for too long", holds=turn % 2 == 0),
        Check("no conflicting change", holds=True),
    )
    return [
        happened.FleetSeen(RefName("refs/heads/main"), _oid(turn), moved),
        *(happened.FindingClosed(_problem(n).id, "no longer found") for n in range(first, first + PER_POLL)),
        *(happened.FindingOpened(_problem(n + STANDING)) for n in range(first, first + PER_POLL)),
        happened.CheckpointMade(checks),
    ]


def _problem(number: int) -> FoundProblem:
    path, key = f"crates/part-{number % 90:04}/Cargo.toml", f"features.extra-{number % 13}"
    sides = tuple(FindingSide((_agent(number + other),), path, key) for other in (0, 1))
    return FoundProblem(
        FindingId(_digest("finding", number)[:12]),
        "feature-defined-differently",
        "minor",
        path,
        key,
        sides,
        f"{_agent(number)} and {_agent(number + 1)} define {key} differently, and only one of them can land as it is.",
        "Agree on one list of what the feature turns on.",
        "conflict",
        family="Features",
    )


def _agent(number: int) -> AgentName:
    return AgentName(f"coder-{number % AGENTS:02}")


def _claim(number: int) -> ClaimId:
    return ClaimId(_digest("claim", number)[:12])


def _oid(number: int) -> Oid:
    return Oid(_digest("commit", number)[:40])


def _digest(kind: str, number: int) -> str:
    return hashlib.sha256(f"{kind} {number}".encode()).hexdigest()
