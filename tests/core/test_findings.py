from __future__ import annotations

import string
from dataclasses import replace
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from gatekeeper.core.findings import Finding, Order, Report, ScanStats, Side, finding_id, reading_order
from gatekeeper.core.names import AgentName, KeyPath, Oid, RefName, RuleId, Severity, TreePath
from gatekeeper.core.rules.model import GitVerdict
from gatekeeper.core.spans import Span

Place = tuple[TreePath, KeyPath, tuple[AgentName, ...]]

RULE = RuleId("key-conflict")
words = st.text(st.sampled_from('ab./"\\ \u00e9\udce9'), min_size=1, max_size=4)
keys = st.lists(words, max_size=3).map(tuple)
agents = st.lists(words.map(AgentName), min_size=1, max_size=3, unique=True).map(tuple)
places: st.SearchStrategy[Place] = st.tuples(words.map(TreePath), keys, agents)
sides = st.lists(places, min_size=1, max_size=2)


@given(sides, st.randoms())
def test_an_id_does_not_depend_on_the_order_of_sides_and_agents(told: list[Place], random: Random) -> None:
    shuffled = [(path, key, random.sample(names, len(names))) for path, key, names in told]
    assert finding_id(RULE, told) == finding_id(RULE, reversed(shuffled))


@given(sides, sides)
def test_another_cause_has_another_id(one: list[Place], other: list[Place]) -> None:
    def cause(told: list[Place]) -> list[tuple[TreePath, KeyPath, list[AgentName]]]:
        return sorted((path, key, sorted(names)) for path, key, names in told)

    assume(cause(one) != cause(other))
    assert finding_id(RULE, one) != finding_id(RULE, other)


def test_an_id_tells_rules_apart_and_looks_like_one() -> None:
    side: list[Place] = [(TreePath("Cargo.toml"), ("package", "name"), (AgentName("a"),))]
    found = finding_id(RULE, side)
    assert found != finding_id(RuleId("text-conflict"), side)
    assert len(found) == 12
    assert set(found) <= set(string.hexdigits.lower())


def test_an_id_is_the_same_in_the_next_release() -> None:
    """People write ids into waivers: a change of this value is a change of the format."""
    left: Place = (TreePath("Cargo.toml"), ("dependencies", "a.b"), (AgentName("x"), AgentName("y")))
    right: Place = (TreePath("odd \udce9"), (), (AgentName("z"),))
    assert finding_id(RULE, [left, right]) == "6d4e1dad86e5"


def made(severity: Severity, names: str, path: str = "Cargo.toml", key: KeyPath = (), number: str = "0") -> Finding:
    left, right = names.split("|")
    told = tuple(
        Side(tuple(AgentName(name) for name in side), TreePath(path), key, "1", "2", Span(1, 1, 1, 2))
        for side in (left, right)
        if side
    )
    return Finding(number, RULE, severity, TreePath(path), key, told, GitVerdict.CLEAN, Order.BOTH, "said", None)


def test_findings_are_read_from_the_worst_to_the_smallest() -> None:
    wanted = [
        made(Severity.CRITICAL, "a|b", "z"),
        made(Severity.MAJOR, "ab|cd", "y"),
        made(Severity.MAJOR, "a|bc", "y"),
        made(Severity.MAJOR, "a|b", "Cargo.toml", ("a",)),
        made(Severity.MAJOR, "a|b", "Cargo.toml", ("a", "b"), "1"),
        made(Severity.MAJOR, "a|b", "Cargo.toml", ("a", "b"), "2"),
        made(Severity.MAJOR, "a|b", "Makefile.toml"),
        made(Severity.MAJOR, "a|", "Cargo.toml"),
        made(Severity.MINOR, "abc|def", "Cargo.toml"),
        made(Severity.NOTE, "abc|def", "Cargo.toml"),
    ]
    assert sorted(wanted[5:] + wanted[:5], key=reading_order) == wanted
    assert sorted(wanted[3:] + wanted[:3], key=reading_order) == wanted


def test_agents_of_a_finding_and_findings_of_a_severity() -> None:
    major, note = made(Severity.MAJOR, "ab|c"), made(Severity.NOTE, "a|c")
    assert major.agents == {"a", "b", "c"}
    report = Report(RefName("refs/heads/main"), Oid("0" * 40), (), (major, note), (), ScanStats(3, 3, 3, 0, 0, 0.0))
    assert report.at_least(Severity.NOTE) == (major, note)
    assert report.at_least(Severity.MINOR) == report.at_least(Severity.MAJOR) == (major,)
    assert report.at_least(Severity.CRITICAL) == ()
    assert replace(report, findings=()).at_least(Severity.NOTE) == ()
