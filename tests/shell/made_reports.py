"""Reports built by hand, for what is printed of them."""

from __future__ import annotations

import io
from typing import Any

from gatekeeper.core.findings import (
    AgentState,
    AgentStatus,
    Finding,
    Order,
    Remark,
    Report,
    ScanStats,
    Side,
    StandingFault,
    finding_id,
)
from gatekeeper.core.names import AgentName, KeyPath, Oid, RefName, RuleId, Severity, TreePath
from gatekeeper.core.rules.model import GitVerdict
from gatekeeper.core.spans import Span


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def agent(name: str, state: AgentState = AgentState.MERGEABLE, **more: Any) -> AgentStatus:
    return AgentStatus(AgentName(name), RefName(f"refs/heads/{name}"), Oid("b" * 40), state, **more)


def side(names: str, path: str = "Cargo.toml", key: KeyPath = ("a", "b"), **more: Any) -> Side:
    values: dict[str, Any] = {"before": None, "after": None, "span": None} | more
    return Side(tuple(map(AgentName, names.split())), TreePath(path), key, **values)


def finding(rule: str, severity: Severity, *sides: Side, **more: Any) -> Finding:
    first = sides[0]
    values: dict[str, Any] = {
        "git": GitVerdict.CLEAN,
        "order": Order.BOTH,
        "message": f"what {rule} says",
        "proposal": None,
        **more,
    }
    identity = finding_id(RuleId(rule), [(one.path, one.key, one.agents) for one in sides])
    return Finding(identity, RuleId(rule), severity, first.path, first.key, sides, **values)


def report(
    *findings: Finding,
    agents: tuple[AgentStatus, ...] = (),
    standing: tuple[StandingFault, ...] = (),
    notes: tuple[Remark, ...] = (),
) -> Report:
    count = len(agents)
    stats = ScanStats(count, count * (count - 1) // 2, min(count, 2), 7, 3, 0.1234567)
    return Report(RefName("refs/heads/main"), Oid("a" * 40), agents, findings, standing, stats, notes)


def full_report() -> Report:
    """Return a report with something in every part of it."""
    array: dict[str, Any] = {"before": ["x"], "span": Span(12, 1, 12, 20)}
    return report(
        finding(
            "ws-member-removed",
            Severity.CRITICAL,
            side("alice", "Cargo.toml", ("workspace", "members"), before=["crates/x"], after=[], span=Span(4, 1, 4, 9)),
            side("bob carol", "crates/y/Cargo.toml", ("dependencies", "x"), after={"path": "../x"}),
            order=Order.LEFT_FIRST,
            message="alice removes the member crates/x, on which bob's crates/y depends.",
        ),
        finding(
            "feature-array-both-edited",
            Severity.MAJOR,
            side("alice", key=("features", "default"), after=["x", "y"], **array),
            side("bob", key=("features", "default"), after=["x", "z"], **array),
            git=GitVerdict.CONFLICT,
            proposal='default = ["x", "y", "z"]',
        ),
        finding(
            "feature-array-both-edited",
            Severity.MAJOR,
            side("alice", key=("features", "default"), after=["x", "y"], **array),
            side("dave", key=("features", "default"), after=[], **array),
        ),
        finding(
            "text-only-conflict", Severity.NOTE, side("bob", key=()), side("dave", key=()), git=GitVerdict.CONFLICT
        ),
        agents=(
            agent("alice"),
            agent("bob"),
            agent("carol"),
            agent("dave", worktree="/work/dave", uncommitted=True),
            agent("erin", AgentState.CONFLICTS_WITH_TRUNK, paths=(TreePath("src/lib.rs"),)),
            agent("frank", AgentState.UNREADABLE, detail="object 1234 is missing"),
            agent("grace", AgentState.UNRELATED),
            agent("heidi", AgentState.LANDED),
        ),
        standing=(
            StandingFault(RuleId("dep-cycle"), TreePath("Cargo.toml"), ("dependencies", "x"), "x depends on itself"),
        ),
        notes=(Remark(TreePath("Makefile.toml"), ("env", "CARGO_TARGET_DIR"), "`/t-${RANDOM}` differs: unique."),),
    )
