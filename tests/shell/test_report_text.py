from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatekeeper.core.findings import AgentState, AgentStatus, ClaimTouch, Remark, Report, StandingFault
from gatekeeper.core.names import AgentName, RuleId, Severity, TreePath
from gatekeeper.core.policy.standing import Decision, Reason, Standing
from gatekeeper.report.page import Page, wants_color
from gatekeeper.report.text import write_report
from tests.shell.made_reports import Terminal, agent, finding, full_report, report, side

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def written(given: Report, *, width: int = 80, everything: bool = False, stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    write_report(given, Page(stream, width=width), now=NOW, everything=everything)
    return stream.getvalue()


def test_claims_of_another_day_have_their_date() -> None:
    alice, bob = AgentName("alice"), AgentName("bob")
    ends = (NOW + timedelta(hours=2), NOW + timedelta(hours=14))
    claims = tuple(ClaimTouch(alice, "a", until, bob) for until in ends)
    told = written(replace(report(), claims=claims))
    assert "claimed by alice until 14:00 UTC\n" in told
    assert "claimed by alice until 2026-01-02 02:00 UTC\n" in told


def test_the_whole_report() -> None:
    assert (
        written(full_report())
        == """\
main at aaaaaaaaaa · 8 agents · 2 of 28 pairs share something · 0.12 s
1 critical, 2 major, 1 note at 3 places

critical  ws-member-removed  Cargo.toml  workspace.members
    alice removes the member crates/x, on which bob's crates/y depends.
      alice  Cargo.toml:4  ["crates/x"] → []
      bob, carol  crates/y/Cargo.toml dependencies.x  absent → { path = "../x" }
    git merges it without a word; only when alice lands first · id d66b7c9b6c9b

major     feature-array-both-edited  Cargo.toml  features.default
    what feature-array-both-edited says
      alice  Cargo.toml:12  ["x"] → ["x", "y"]
      bob  Cargo.toml:12  ["x"] → ["x", "z"]
    proposal: default = ["x", "y", "z"]
    git conflicts · id cf8569cef7c3
    and 1 more here; 3 agents concerned (--all)

note      text-only-conflict  Cargo.toml
    what text-only-conflict says
      bob  Cargo.toml
      dave  Cargo.toml
    git conflicts · id 6e9afbf5b3b4

           1  2  3  4
 1 alice      C  C  M
 2 bob     C     ·  n
 3 carol   C  ·     ·
 4 dave    M  n  ·
   C critical  M major  m minor  n note

Conflict with trunk itself (1)
  erin: src/lib.rs

Unreadable, left out (1)
  frank: object 1234 is missing

Share no history with trunk, left out (1)
  grace

1 already in trunk, left out

Faults that trunk already has (1), not counted above
  Cargo.toml dependencies.x: x depends on itself (dep-cycle)

Remarks on settings that are no fault (1)
  Makefile.toml env.CARGO_TARGET_DIR: `/t-${RANDOM}` differs: unique.

Next: gatekeeper explain ws-member-removed
"""
    )


def test_all_shows_every_finding_of_a_place() -> None:
    text = written(full_report(), everything=True)
    assert all(one.id in text for one in full_report().findings)
    assert "--all" not in text


def test_no_line_is_wider_than_the_terminal() -> None:
    for width in (40, 57, 80):
        assert max(map(len, written(full_report(), width=width).splitlines())) <= width


def test_many_places_are_cut() -> None:
    many = [finding(f"rule-{n}", Severity.MINOR, side("a"), side("b")) for n in range(30)]
    text = written(report(*many))
    assert "… and 20 more places (--all)" in text
    assert written(report(*many), everything=True).count("what rule-") == 30


def test_the_worst_comes_first_whatever_the_order_of_the_findings() -> None:
    text = written(
        report(
            finding("few", Severity.MAJOR, side("a"), side("b")),
            finding("many", Severity.MAJOR, side("a c d"), side("b")),
            finding("worst", Severity.CRITICAL, side("a"), side("b")),
        )
    )
    assert re.findall(r"^(?:critical|major) +(\w+)", text, re.MULTILINE) == ["worst", "many", "few"]


def test_the_matrix_stands_back_where_it_does_not_fit() -> None:
    crowd = report(finding("r", Severity.MAJOR, side(" ".join(f"agent-{n}" for n in range(20))), side("z")))
    assert "C critical" in written(crowd, width=100)
    assert "C critical" not in written(crowd, width=60)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (report(agents=(agent("a"),)), "Next: nothing to settle"),
        (report(), "Next: no branch differs from trunk; name some with --branches GLOB"),
    ],
)
def test_a_scan_without_findings_says_so_and_what_to_do(given: Report, said: str) -> None:
    text = written(given)
    assert "No conflicts.\n" in text
    assert text.endswith(said + "\n")


def test_where_a_decision_says_what_comes_next_nothing_else_does() -> None:
    reason = Reason(Standing.PAUSED, (), "escalation 0123abcd waits", "gatekeeper escalation show 0123abcd")
    for given in (report(agents=(agent("a"),)), report(finding("r", Severity.MAJOR, side("a"), side("b")))):
        assert "Next: " in written(replace(given, decision=Decision(AgentName("a"), Standing.CLEAR)))
        assert "Next: " not in written(replace(given, decision=Decision(AgentName("a"), Standing.PAUSED, (reason,))))


BEHIND = agent("a", AgentState.CONFLICTS_WITH_TRUNK, paths=(TreePath("x"),))
LOST, LOST_TOO = (agent(name, AgentState.UNREADABLE, detail="broken") for name in ("b", "c"))
APART = agent("d", AgentState.UNRELATED)


@pytest.mark.parametrize(
    ("agents", "left", "next_step"),
    [
        ((BEHIND,), "1 agent does not merge onto trunk", "on a, git merge main and settle the conflict"),
        ((LOST, LOST_TOO), "2 agents could not be read", "make b readable and scan again"),
        ((LOST,), "1 agent could not be read", "make b readable and scan again"),
        (
            (APART,),
            "1 agent shares no history with trunk",
            "rebase d onto main, or leave it out (branches.exclude)",
        ),
        (
            (APART, BEHIND, LOST),
            "1 agent does not merge onto trunk; 1 agent could not be read; 1 agent shares no history with trunk",
            "on a, git merge main and settle the conflict",
        ),
    ],
)
def test_a_scan_without_findings_says_what_remains(agents: tuple[AgentStatus, ...], left: str, next_step: str) -> None:
    text = written(report(agents=agents), width=130)
    assert f"No conflicts between agents. {left}\n" in text
    assert text.endswith(f"Next: {next_step}\n")


def test_many_remarks_wait_until_all_is_wanted() -> None:
    given = report(notes=tuple(Remark(TreePath(f"p{n}"), (), "unique") for n in range(9)))
    assert "\n9 remarks on settings that are no fault (--all)\n" in written(given)
    assert "  p8: unique\n" in written(given, everything=True)


def test_long_lists_are_cut() -> None:
    unreadable = tuple(agent(f"a{n}", AgentState.UNREADABLE, detail="broken") for n in range(12))
    faults = tuple(StandingFault(RuleId("r"), TreePath(f"p{n}"), (), "broken") for n in range(7))
    text = written(report(agents=unreadable, standing=faults))
    assert "… and 4 more (--format json)" in text
    assert "… and 2 more (--all)" in text


def test_text_of_the_repository_never_reaches_the_terminal_raw() -> None:
    evil = "\x1b]0;owned\x07\x9b31m\u202e\r\n"
    name = f"x{evil}".replace("\r\n", "").replace(" ", "")
    hostile = report(
        finding(
            "r",
            Severity.MAJOR,
            side(name, evil, (evil,), before=evil, after={evil: [evil]}),
            side("z"),
            message=evil,
            proposal=evil,
        ),
        agents=(agent(name, AgentState.UNREADABLE, detail=evil), agent(name, AgentState.CONFLICTS_WITH_TRUNK)),
        standing=(StandingFault(RuleId("r"), TreePath(evil), (evil,), evil),),
        notes=(Remark(TreePath(evil), (evil,), evil),),
    )
    for stream in (io.StringIO(), Terminal()):
        text = written(hostile, stream=stream, everything=True)
        without_colour = re.sub(r"\x1b\[[\d;]*m", "", text) if isinstance(stream, Terminal) else text
        assert without_colour.replace("\n", "").isprintable()
        assert "\x1b]" not in text
        assert "31m" in text


def test_colour_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" not in written(full_report())
    assert "\x1b[" in written(full_report(), stream=Terminal())


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_may_refuse_colour(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv(variable, value)
    assert not wants_color(Terminal())
    assert written(full_report(), stream=Terminal()) == written(full_report())


def test_without_a_terminal_the_width_is_fixed_unless_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert Page(io.StringIO()).width == 100
    monkeypatch.setenv("COLUMNS", "132")
    assert Page(io.StringIO()).width == 132


def test_what_is_expected_is_counted_apart() -> None:
    surprise = finding("r", Severity.MINOR, side("a"), side("b"))
    known = finding("s", Severity.CRITICAL, side("a"), side("c"), expected_because="as agreed")
    text = written(report(surprise, known))
    assert "1 minor at 1 place; 1 expected\n" in text
    assert "Expected (1), not counted above\n  critical  s  Cargo.toml  a.b\n" in text
    assert "as agreed" in text
    assert "Next: gatekeeper explain r" in text
    assert written(report(known)).count("No unexpected conflicts. 1 expected") == 1


def test_a_proposal_of_several_lines_stays_in_lines() -> None:
    proposal = "[tasks.a]\n" + "".join(f"k{number} = 1\n" for number in range(12))
    given = report(finding("r", Severity.MINOR, side("a"), side("b"), proposal=proposal))
    assert "    proposal:\n      [tasks.a]\n      k0 = 1\n" in written(given)
    assert "      k8 = 1\n      … and 3 more lines (--all)\n" in written(given)
    assert "      k11 = 1\n" in written(given, everything=True)
