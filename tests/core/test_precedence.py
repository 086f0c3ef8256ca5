"""Who goes first, and the words for it (R-11)."""

from __future__ import annotations

import pytest

from gatekeeper.core.names import AgentName, RefName
from gatekeeper.core.policy.precedence import Precedence
from gatekeeper.core.roster import AgentSpec, PhaseName, PhaseSpec, Roster

A, B, C = AgentName("a"), AgentName("b"), AgentName("c")


def spec(name: AgentName, priority: int = 0, *needs: AgentName) -> AgentSpec:
    return AgentSpec(name, RefName(f"refs/heads/{name}"), priority=priority, depends_on=needs)


def order(*specs: AgentSpec, line: tuple[AgentName, ...] = (), phases: tuple[PhaseSpec, ...] = ()) -> Precedence:
    roster = Roster({each.name: each for each in specs}, {phase.name: phase for phase in phases})
    return Precedence(roster, {name: number for number, name in enumerate(line)})


#
@pytest.mark.parametrize(
    ("precedence", "why"),
    [
        (order(spec(A, 5), spec(B, 2)), "its priority is 5, that of b 2"),
        (order(spec(A), spec(B), line=(A, B)), "it was there first"),
        (order(spec(A), spec(B, 9, A)), "b waits for a, as gatekeeper.toml has it"),
        (order(spec(A), spec(B, 1), spec(C, 9, A)), "its priority is 9, that of b 1 (what waits for it counts for it)"),
        (order(spec(A), spec(B)), "both are alike in everything else, and somebody has to be first"),
        (order(line=(A, B)), "it was there first"),
    ],
)
def test_it_is_said_why_one_goes_before_the_other(precedence: Precedence, why: str) -> None:
    assert precedence.why(A, B) == why


def test_whoever_works_in_a_phase_that_another_needs_goes_first() -> None:
    early = PhaseSpec(PhaseName("early"), (A,))
    late = PhaseSpec(PhaseName("late"), (B,), needs=(early.name,))
    assert order(spec(A), spec(B, 9), phases=(early, late)).why(A, B) == "b waits for a, as gatekeeper.toml has it"


def test_whoever_does_not_go_first_has_no_reason() -> None:
    with pytest.raises(ValueError, match="b does not go before a"):
        order(spec(A, 5), spec(B, 2)).why(B, A)
