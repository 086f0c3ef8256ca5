"""``gatekeeper resume``: let an incident go on, by a root cause and a plan."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.cli.escalation import case_desk, case_named
from gatekeeper.cli.signing import principal_named, signer_options
from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from gatekeeper.coordinator.case_desk import CaseDesk
    from gatekeeper.core.ledger.case_records import CaseRecord

_A_PERSON_MUST_DECIDE = 3


@click.command("resume")
@options.repository_option
@options.trunk_option
@click.option("--cause", metavar="TEXT", help="The root cause.")
@click.option("--plan", metavar="TEXT", help="How it goes on.")
@click.option("--because", metavar="TEXT", help="Why the plan is approved (default: the plan itself).")
@signer_options
@options.format_option("text", "json")
@click.argument("case", required=False, metavar="[ID]")
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    *,
    path: str,
    trunk: str | None,
    cause: str | None,
    plan: str | None,
    because: str | None,
    principal: str | None,
    key: str | None,
    output: str,
    case: str | None,
) -> None:
    """Record the root cause of an incident and the plan by which it goes on, and approve it as its coordinator.

    Anybody can record them. Where your key is not that of a coordinator who is no party, the approval is still to be
    given, and the exit code is 3. Without ID: the only incident that is open.
    """
    from gatekeeper.coordinator.resuming import resume

    desk = case_desk(path, trunk)
    record = _incident(desk, case)
    name = principal_named(principal, desk.repository)
    notary = desk.notary(desk.judge(desk.state), name, key)
    done = resume(desk, record, (cause, plan), because, name, notary)
    _print(desk, record, done.lacking, output)
    options.warn(desk.troubles)
    if done.lacking is not None:
        context.exit(_A_PERSON_MUST_DECIDE)


def _incident(desk: CaseDesk, named: str | None) -> CaseRecord:
    state = desk.state
    if named is not None:
        found = case_named(desk, state, named)
        if found.matter.kind != "incident":
            raise UsageError(
                f"case {found.id} is no incident: it is settled by a ruling", f"gatekeeper escalation show {found.id}"
            )
        return found
    incidents = [case for case in desk.cases(state) if case.matter.kind == "incident"]
    if len(incidents) != 1:
        ids = ", ".join(case.id for case in incidents)
        raise UsageError("which incident?" if incidents else "no incident is open", f"there are {ids}" if ids else None)
    return incidents[0]


def _print(desk: CaseDesk, case: CaseRecord, lacking: str | None, output: str) -> None:
    from gatekeeper.core.ledger.case_records import CaseRecord

    state = desk.state
    view = desk.view(state.get(CaseRecord, case.id) or case, state)
    problems = [] if lacking is None else [f"not approved: {lacking}"]
    if output == "json":
        from gatekeeper.report.escalations import escalations_json

        sys.stdout.write(escalations_json([(view, None)], problems, view.turn.next_step))
        return
    from gatekeeper.report.escalations_text import write_list
    from gatekeeper.report.page import Page

    page = Page(sys.stdout)
    write_list([view], page, now=desk.now)
    page.line(f"root cause: {view.case.cause}", indent=2)
    page.line(f"plan: {view.case.plan}", indent=2)
    for problem in problems:
        page.line(problem, indent=2)
