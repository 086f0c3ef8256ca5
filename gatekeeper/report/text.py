"""A scan's report for people: how bad, what to act on first, who clashes with whom, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from gatekeeper.core.findings import AgentState, Order
from gatekeeper.core.names import Severity, format_key
from gatekeeper.core.rules.model import GitVerdict
from gatekeeper.core.safe_text import safe
from gatekeeper.report.groups import grouped
from gatekeeper.report.ledger_parts import write_claims, write_waived
from gatekeeper.report.matrix import matrix_of
from gatekeeper.report.page import severity_style
from gatekeeper.report.values import change_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from gatekeeper.core.findings import Finding, Report, Side
    from gatekeeper.report.groups import Group
    from gatekeeper.report.matrix import Matrix
    from gatekeeper.report.page import Page

GROUPS_SHOWN = 10
_STANDING_SHOWN = 5
_REMARKS_SHOWN = 5
_EXPECTED_SHOWN = 5
_PROPOSED_LINES_SHOWN = 10
_AGENTS_SHOWN = 8
_SHORT_OID = 10
_LONGEST_NAME = 28
_CELLS = "nmMC"
"""By the value of the severity."""


def write_report(report: Report, page: Page, *, now: datetime, everything: bool = False) -> None:
    """Write the report; without ``everything`` only what is most worth acting on."""
    _header(report, page)
    surprises = [finding for finding in report.findings if finding.decides]
    groups = grouped(surprises)
    _summary(report, surprises, page, len(groups))
    shown = groups if everything else groups[:GROUPS_SHOWN]
    for group in shown:
        page.blank()
        _group(group, page, everything=everything)
    if len(shown) < len(groups):
        page.blank()
        page.line(f"… and {len(groups) - len(shown)} more places (--all)")
    _expected(report, page, everything=everything)
    write_waived(report, page)
    write_claims(report, page, now=now)
    matrix = matrix_of(surprises)
    if matrix is not None:
        _matrix(matrix, page)
    _agents(report, page)
    _standing(report, page, everything=everything)
    _remarks(report, page, everything=everything)
    page.blank()
    # What a decision says comes next, and where it says something, nothing else does.
    if report.decision is None or not report.decision.reasons:
        page.line(("Next: ", "bold"), _next_step(report, groups))


def _header(report: Report, page: Page) -> None:
    stats = report.stats
    agents = f"{stats.agents} {'agent' if stats.agents == 1 else 'agents'}"
    pairs = f"{stats.pairs_compared:,} of {stats.pairs_possible:,} pairs share something"
    trunk = f"{_short_ref(report.trunk_ref)} at {report.trunk_commit[:_SHORT_OID]}"
    page.line((f"{trunk} · {agents} · {pairs} · {stats.seconds:.2f} s", "dim"))


def _summary(report: Report, surprises: Sequence[Finding], page: Page, places: int) -> None:
    expected = sum(finding.expected and not finding.waived for finding in report.findings)
    if not surprises:
        left = list(_left_to_do(report))
        kind = "unexpected conflicts" if expected else "conflicts"
        told = f"No {kind} between agents." if left else f"No {kind}."
        page.line((told, "bold"), " " + "; ".join([*([f"{expected:,} expected"] if expected else []), *left]))
        return
    counts = [(s, sum(1 for f in surprises if f.severity is s)) for s in reversed(Severity)]
    parts: list[str | tuple[str, str]] = []
    for severity, count in counts:
        if count:
            parts += [", "] if parts else []
            parts.append((f"{count:,} {severity.label}", severity_style(severity)))
    besides = f"; {expected:,} expected" if expected else ""
    page.line(*parts, f" at {places:,} {'place' if places == 1 else 'places'}{besides}")


def _left_to_do(report: Report) -> Iterator[str]:
    """Yield what keeps agents from landing even where nobody conflicts with anybody."""
    sayings = {
        AgentState.CONFLICTS_WITH_TRUNK: ("agent does not merge onto trunk", "agents do not merge onto trunk"),
        AgentState.UNREADABLE: ("agent could not be read", "agents could not be read"),
        AgentState.UNRELATED: ("agent shares no history with trunk", "agents share no history with trunk"),
    }
    for state, (one, many) in sayings.items():
        count = sum(1 for agent in report.agents if agent.state is state)
        if count:
            yield f"{count} {one if count == 1 else many}"


def _group(group: Group, page: Page, *, everything: bool) -> None:
    style = severity_style(group.severity)
    place = _place(group)
    page.line((f"{group.severity.label:<8}", style), "  ", (group.rule, "bold"), f"  {place}")
    findings = group.findings if everything else group.findings[:1]
    for finding in findings:
        _finding(finding, page, everything=everything)
    if len(findings) < len(group.findings):
        more = len(group.findings) - len(findings)
        page.line((f"and {more:,} more here; {len(group.agents)} agents concerned (--all)", "dim"), indent=4)


def _place(group: Group) -> str:
    return f"{group.path}  {format_key(group.key)}" if group.key else group.path


def _finding(finding: Finding, page: Page, *, everything: bool) -> None:
    page.paragraph(finding.message, indent=4)
    for side in finding.sides:
        _side(side, finding, page)
    if finding.proposal:
        _proposal(finding.proposal, page, everything=everything)
    page.line((f"{_verdict(finding)} · id {finding.id}", "dim"), indent=4)


def _proposal(text: str, page: Page, *, everything: bool) -> None:
    lines = text.strip("\n").split("\n")
    if len(lines) == 1:
        page.line(("proposal: ", "green"), text, indent=4)
        return
    page.line(("proposal:", "green"), indent=4)
    shown = lines if everything else lines[:_PROPOSED_LINES_SHOWN]
    for line in shown:
        page.line(line, indent=6)
    if len(shown) < len(lines):
        page.line((f"… and {len(lines) - len(shown)} more lines (--all)", "dim"), indent=6)


def _side(side: Side, finding: Finding, page: Page) -> None:
    where = f"{side.path}:{side.span.line}" if side.span else side.path
    if side.key != finding.key:
        where += f" {format_key(side.key)}"
    change = ""
    if side.before is not None or side.after is not None:
        change = f"  {change_text(side.before, side.after)}"
    page.line((page.list_of(side.agents), "bold"), f"  {where}{change}", indent=6)


def _verdict(finding: Finding) -> str:
    git = "git conflicts" if finding.git is GitVerdict.CONFLICT else "git merges it without a word"
    if finding.order is Order.BOTH or len(finding.sides) != 2:  # noqa: PLR2004 - the orders of a pair
        return git
    first = finding.sides[0 if finding.order is Order.LEFT_FIRST else 1]
    return f"{git}; only when {first.agents[0]}{' or the like' if len(first.agents) > 1 else ''} lands first"


def _expected(report: Report, page: Page, *, everything: bool) -> None:
    """List what ``gatekeeper.toml`` declares as expected: a line a place, everything only where it is wanted."""
    expected = [finding for finding in report.findings if finding.expected and not finding.waived]
    if not expected:
        return
    groups = grouped(expected)
    page.blank()
    page.line((f"Expected ({len(expected):,}), not counted above", "bold"))
    shown = groups if everything else groups[:_EXPECTED_SHOWN]
    for group in shown:
        page.line(f"{group.severity.label:<8}  {group.rule}  {_place(group)}", indent=2)
        for finding in group.findings if everything else group.findings[:1]:
            page.paragraph(f"{finding.message} Expected: {finding.expected_because}", indent=6)
    if len(shown) < len(groups):
        page.line(f"… and {len(groups) - len(shown)} more places (--all)", indent=2)


def _matrix(matrix: Matrix, page: Page) -> None:
    count = len(matrix.agents)
    longest = min(max(cell_len(safe(name)) for name in matrix.agents), _LONGEST_NAME)
    names = [set_cell_size(safe(name), longest) for name in matrix.agents]
    if longest + 4 + 3 * count > page.width:
        return
    page.blank()
    page.line(" " * (longest + 4), ("".join(f"{number:>3}" for number in range(1, count + 1)), "dim"))
    for number, (agent, name) in enumerate(zip(matrix.agents, names, strict=True), 1):
        cells: list[tuple[str, str]] = []
        for other in matrix.agents:
            severity = matrix.between(agent, other)
            empty = " " if agent == other else "·"
            cells.append((f"{empty:>3}", "dim") if severity is None else _cell(severity))
        page.line((f"{number:>2} ", "dim"), f"{name} ", *cells)
    page.line((" " * 3 + "C critical  M major  m minor  n note", "dim"))


def _cell(severity: Severity) -> tuple[str, str]:
    return f"{_CELLS[severity]:>3}", severity_style(severity)


def _agents(report: Report, page: Page) -> None:
    """List the agents of which something must be known besides the findings."""
    headings = {
        AgentState.CONFLICTS_WITH_TRUNK: "Conflict with trunk itself",
        AgentState.UNREADABLE: "Unreadable, left out",
        AgentState.UNRELATED: "Share no history with trunk, left out",
    }
    for state, heading in headings.items():
        agents = [agent for agent in report.agents if agent.state is state]
        if not agents:
            continue
        page.blank()
        page.line((f"{heading} ({len(agents)})", "bold"))
        for agent in agents[:_AGENTS_SHOWN]:
            why = agent.detail or page.list_of(agent.paths, at_most=4)
            page.line(agent.name + (f": {why}" if why else ""), indent=2)
        if len(agents) > _AGENTS_SHOWN:
            page.line(f"… and {len(agents) - _AGENTS_SHOWN} more (--format json)", indent=2)
    landed = sum(1 for agent in report.agents if agent.state is AgentState.LANDED)
    if landed:
        page.blank()
        page.line(f"{landed} already in trunk, left out")


def _standing(report: Report, page: Page, *, everything: bool) -> None:
    if not report.standing:
        return
    page.blank()
    page.line((f"Faults that trunk already has ({len(report.standing)}), not counted above", "bold"))
    shown = report.standing if everything else report.standing[:_STANDING_SHOWN]
    for fault in shown:
        page.line(f"{fault.path} {format_key(fault.key)}".rstrip(), f": {fault.message} ({fault.rule})", indent=2)
    if len(shown) < len(report.standing):
        page.line(f"… and {len(report.standing) - len(shown)} more (--all)", indent=2)


def _remarks(report: Report, page: Page, *, everything: bool) -> None:
    """Tell of settings that are no fault; many of them only where everything is wanted."""
    if not report.notes:
        return
    page.blank()
    count = len(report.notes)
    if count > _REMARKS_SHOWN and not everything:
        page.line((f"{count} remarks on settings that are no fault (--all)", "dim"))
        return
    page.line((f"Remarks on settings that are no fault ({count})", "dim"))
    for remark in report.notes:
        page.line((f"{remark.path} {format_key(remark.key)}".rstrip() + f": {remark.message}", "dim"), indent=2)


def _next_step(report: Report, groups: tuple[Group, ...]) -> str:
    if groups and groups[0].severity > Severity.NOTE:
        return f"gatekeeper explain {groups[0].rule}"
    behind = next((agent for agent in report.agents if agent.state is AgentState.CONFLICTS_WITH_TRUNK), None)
    if behind is not None:
        return f"on {behind.name}, git merge {_short_ref(report.trunk_ref)} and settle the conflict"
    lost = next((agent for agent in report.agents if agent.state is AgentState.UNREADABLE), None)
    if lost is not None:
        return f"make {lost.name} readable and scan again"
    apart = next((agent for agent in report.agents if agent.state is AgentState.UNRELATED), None)
    if apart is not None:
        return f"rebase {apart.name} onto {_short_ref(report.trunk_ref)}, or leave it out (branches.exclude)"
    if not report.agents:
        return "no branch differs from trunk; name some with --branches GLOB"
    return "nothing to settle"


def _short_ref(ref: str) -> str:
    for prefix in ("refs/heads/", "refs/remotes/", "refs/"):
        if ref.startswith(prefix):
            return ref.removeprefix(prefix)
    return ref
