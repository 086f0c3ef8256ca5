from __future__ import annotations

from gatekeeper.core.names import AgentName, Severity
from gatekeeper.report.matrix import matrix_of
from tests.shell.made_reports import finding, side

A, B, C = map(AgentName, "abc")


def test_agents_of_one_side_do_not_clash_with_each_other() -> None:
    matrix = matrix_of([finding("r", Severity.MAJOR, side("a b"), side("c"))])
    assert matrix is not None
    assert matrix.agents == (A, B, C)
    assert matrix.between(A, B) is None
    assert matrix.between(A, C) is matrix.between(C, A) is matrix.between(B, C) is Severity.MAJOR


def test_the_worst_of_a_pair_counts() -> None:
    matrix = matrix_of(
        [
            finding("r", Severity.NOTE, side("b"), side("a")),
            finding("s", Severity.CRITICAL, side("a"), side("b")),
            finding("t", Severity.MINOR, side("a"), side("b")),
        ]
    )
    assert matrix is not None
    assert matrix.between(A, B) is Severity.CRITICAL


def test_a_cycle_of_three_is_every_pair_of_them() -> None:
    matrix = matrix_of([finding("cycle", Severity.CRITICAL, side("a"), side("b"), side("c"))])
    assert matrix is not None
    assert set(matrix.worst) == {(A, B), (A, C), (B, C)}


def test_a_finding_about_one_agent_stands_on_the_diagonal() -> None:
    matrix = matrix_of([finding("alone", Severity.MINOR, side("a b"))])
    assert matrix is not None
    assert set(matrix.worst) == {(A, A), (B, B)}


def test_there_is_none_for_too_many_or_too_few() -> None:
    many = finding("r", Severity.MAJOR, side(" ".join(f"agent-{n}" for n in range(24))), side("z"))
    assert matrix_of([many]) is None
    assert matrix_of([many], most=25) is not None
    assert matrix_of([]) is None
    assert matrix_of([finding("r", Severity.MAJOR, side("a"))]) is None
