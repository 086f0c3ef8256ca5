"""The decision function over a whole fleet, in process: what every poll, check and status asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.timing import Row, Table, at_most, in_turns, processor_time, ratios
from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.case_events import PrecedenceTaken
from gatekeeper.core.ledger.events import AgentAdopted, Event, Payload
from gatekeeper.core.ledger.records import EventId, FindingId, FindingSide, FoundProblem, SeverityName
from gatekeeper.core.ledger.state import NoRecords, Overlaid
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.policy.decide import Verdict, decide
from gatekeeper.core.policy.trusted import Trusted
from gatekeeper.core.roster import AgentSpec, PhaseName, PhaseSpec, Roster

DESCRIPTION = "what each of 1,000 agents may do, by 5,000 findings"
AGENTS = 1000
FINDINGS = 5000
PHASES = 10
LIMIT = 100.0
_EACH = 5
_AT = datetime(2026, 1, 1, tzinfo=UTC)
_SEVERITIES: tuple[SeverityName, ...] = (*("minor",) * 70, *("major",) * 29, "critical")
"""Of a hundred findings. A critical one halts a phase, here of 100 agents, so that few of them are many reasons."""

_SPREAD = 37
_YARDSTICK = "json.loads of the same findings"


def run(rounds: int) -> list[Table]:
    """Decide over one fleet, next to the reading of as many findings from JSON."""
    agents = [AgentName(f"agent-{number:04}") for number in range(AGENTS)]
    roster, state = _roster(agents), _state(agents)
    problems = [_problem(number, agents) for number in range(FINDINGS)]
    text = json.dumps([_plain(problem) for problem in problems])
    name = f"decide, {AGENTS:,} agents, {FINDINGS:,} findings"
    actions = {
        name: lambda: processor_time(lambda: decide(problems, state, roster, Trusted())),
        _YARDSTICK: lambda: processor_time(lambda: json.loads(text)),
    }
    in_turns(actions, 1)
    taken = in_turns(actions, rounds * _EACH)
    rows = [
        Row(name, tuple(1000 * each for each in taken[name]), "ms", at_most(LIMIT)),
        Row(_YARDSTICK, tuple(1000 * each for each in taken[_YARDSTICK]), "ms"),
        Row("decide against that", ratios(taken[name], taken[_YARDSTICK])),
    ]
    return [Table("Decisions", rows, [_described(decide(problems, state, roster, Trusted()))])]


def _roster(agents: list[AgentName]) -> Roster:
    specs = {name: AgentSpec(name, RefName(f"refs/heads/{name}"), priority=n % 3) for n, name in enumerate(agents)}
    names = [PhaseName(f"phase-{number}") for number in range(PHASES)]
    phases = {name: PhaseSpec(name, tuple(agents[number::PHASES])) for number, name in enumerate(names)}
    return Roster(specs, phases)


def _state(agents: list[AgentName]) -> Overlaid:
    """Return what the ledger knows: every agent at work, and in the line of those who meet."""
    state = Overlaid(NoRecords())
    for number, said in enumerate(_said(agents)):
        state.put(apply(Event(EventId(f"{number:016x}"), _AT, "gatekeeper", said), state))
    return state


def _said(agents: list[AgentName]) -> Iterator[Payload]:
    for number, name in enumerate(agents):
        yield AgentAdopted(name, RefName(f"refs/heads/{name}"), None, Oid(f"{number:040x}"), "")
        yield PrecedenceTaken(name, number + 1)


def _problem(number: int, agents: list[AgentName]) -> FoundProblem:
    """Return a finding of two agents of a phase; every fifth is of three."""
    path, key = f"crates/c{number % 97}/Cargo.toml", f"dependencies.d{number % 211}"
    count = 3 if number % 5 == 0 else 2
    named = [agents[(number * 7 + PHASES * each) % AGENTS] for each in range(count)]
    sides = tuple(FindingSide((name,), path, key) for name in named)
    severity = _SEVERITIES[number * _SPREAD % len(_SEVERITIES)]
    return FoundProblem(FindingId(f"{number:012x}"), f"rule-{number % 40}", severity, path, key, sides, "they meet")


def _plain(problem: FoundProblem) -> dict[str, object]:
    sides = [{"agents": side.agents, "path": side.path, "key": side.key} for side in problem.sides]
    return {"id": problem.id, "rule": problem.rule, "severity": problem.severity, "message": problem.message} | {
        "sides": sides
    }


def _described(verdict: Verdict) -> str:
    standings = [str(decision.standing) for decision in verdict.decisions.values()]
    counted = ", ".join(f"{standings.count(name)} {name}" for name in sorted(set(standings)))
    return f"in process, time of the processor; the same fleet each time: {counted}; {len(verdict.matters)} cases"
