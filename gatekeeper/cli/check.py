"""``gatekeeper check``: one change against trunk and all the others; what the pre-commit hook calls."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.core.findings import AgentState
from gatekeeper.core.names import Severity
from gatekeeper.errors import BadInputError, UsageError

if TYPE_CHECKING:
    from gatekeeper.core.findings import AgentStatus, Report

_HEADS = "refs/heads/"


@click.command("check")
@options.repository_option
@click.option("--staged", is_flag=True, help="Check what is staged here, as if it were committed.")
@click.option("--branch", metavar="NAME", help="Check this branch (default: the one checked out here).")
@click.option("--against", metavar="GLOB", multiple=True, help="Compare with these branches only; may be repeated.")
@options.trunk_option
@options.format_option("text", "json")
@options.fail_on_option
@options.all_option
@options.scope_options
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    *,
    path: str,
    staged: bool,
    branch: str | None,
    against: tuple[str, ...],
    trunk: str | None,
    output: str,
    fail_on: Severity | None,
    everything: bool,
    no_cache: bool,
    no_worktrees: bool,
) -> None:
    """Compare one change with trunk and with all other branches.

    The change is the branch that is checked out here, with its uncommitted work; --staged takes the index instead. An
    agent that is paused, halted or quarantined is told so, and why; the exit code is 1 then, too.
    """
    if staged and branch is not None:
        raise UsageError("--staged and --branch exclude each other", "--staged is about the branch checked out here")
    from gatekeeper.cli import scanning
    from gatekeeper.scanning import ScanRequest

    focus = branch if branch is not None else _checked_out(path, staged=staged)
    request = ScanRequest(
        path, trunk, against, None, worktrees=not no_worktrees, cache=not no_cache, staged=staged, focus=focus
    )
    report = scanning.report_of(request)
    subject = _subject(report, focus)
    threshold = scanning.fail_on(fail_on, report, path)
    _print(report, subject, output, everything=everything)
    if output == "text":
        _tell_standing(report)
    if _stands(report, subject, threshold):
        context.exit(options.FINDINGS_STAND)


def _checked_out(path: str, *, staged: bool) -> str | None:
    """Return the branch that is checked out at ``path``; None when only the index is asked for and HEAD is detached."""
    from gatekeeper.repository import open_repository

    name, _ = open_repository(path).head()
    if name is not None:
        return name.removeprefix(_HEADS)
    if staged:
        return None
    raise UsageError("no branch is checked out here", "name one with --branch, or check the index with --staged")


def _subject(report: Report, focus: str | None) -> AgentStatus | None:
    """Return the agent that is checked, None where its change is empty; raises BadInputError when it cannot be read."""
    wanted = focus or "HEAD"
    named = (agent for agent in report.agents if wanted in {agent.name, agent.ref, agent.ref.removeprefix(_HEADS)})
    agent = next(named, None)
    if agent is not None and agent.state in {AgentState.UNREADABLE, AgentState.UNRELATED}:
        raise BadInputError(f"{agent.name} cannot be checked: {agent.detail or agent.state.value}")
    return agent


def _print(report: Report, subject: AgentStatus | None, output: str, *, everything: bool) -> None:
    if output == "json" or report.findings or report.claims or _conflicts_with_trunk(subject):
        from gatekeeper.cli.scanning import print_report

        print_report(report, output, everything=everything)
        return
    # The answer of almost every commit; it does not wait for what draws tables.
    from gatekeeper.core.safe_text import safe

    name = f"{safe(subject.name)}: " if subject is not None else ""
    others = [agent for agent in report.agents if agent is not subject]
    unread = sum(agent.state in {AgentState.UNREADABLE, AgentState.UNRELATED} for agent in others)
    compared = f"{len(others) - unread} other {'agent' if len(others) - unread == 1 else 'agents'}"
    missing = f"; {unread} could not be compared" if unread else ""
    sys.stdout.write(f"{name}no conflicts with trunk or {compared}{missing}\n")


def _tell_standing(report: Report) -> None:
    """Print what the agent may do, where it is not clear."""
    if report.decision is None or not report.decision.reasons:
        return
    from gatekeeper.core.safe_text import safe

    sys.stdout.write(f"{safe(report.decision.sentence)}\n")
    sys.stdout.write(f"  next: {safe(report.decision.next_step or '')}\n")


def _stands(report: Report, subject: AgentStatus | None, fail_on: Severity) -> bool:
    """Return whether the change must not go on: a finding concerns it, or git cannot even merge it onto trunk."""
    stopped = report.decision is not None and report.decision.standing.stops
    return stopped or bool(report.at_least(fail_on)) or (_conflicts_with_trunk(subject) and fail_on <= Severity.MAJOR)


def _conflicts_with_trunk(subject: AgentStatus | None) -> bool:
    return subject is not None and subject.state is AgentState.CONFLICTS_WITH_TRUNK
