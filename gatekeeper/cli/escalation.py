"""``gatekeeper escalation``: questions that findings put to people, and their answers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.cli.signing import principal_named, reason_given, signer_options, the_only
from gatekeeper.errors import BadInputError, UsageError

if TYPE_CHECKING:
    from gatekeeper.coordinator.case_desk import CaseDesk
    from gatekeeper.coordinator.ruling import Outcome, Wanted
    from gatekeeper.core.ledger.case_records import CaseRecord
    from gatekeeper.core.ledger.state import Records


@click.group("escalation")
def command() -> None:
    """List, show and settle what waits for a person: each case has an owner, a question and a proposal."""


@command.command("list")
@options.repository_option
@options.trunk_option
@options.format_option("text", "json")
def list_command(*, path: str, trunk: str | None, output: str) -> None:
    """List the open cases: what about, since when, and whose turn it is."""
    from gatekeeper.report.escalations import escalations_json

    desk = case_desk(path, trunk)
    state = desk.state
    views = [desk.view(case, state) for case in desk.cases(state)]
    if output == "json":
        sys.stdout.write(escalations_json([(view, None) for view in views]))
    else:
        from gatekeeper.report.escalations_text import write_list
        from gatekeeper.report.page import Page

        write_list(views, Page(sys.stdout), now=desk.now)


@command.command("show")
@options.repository_option
@options.trunk_option
@options.format_option("text", "json")
@click.argument("case", metavar="ID")
def show(*, path: str, trunk: str | None, output: str, case: str) -> None:
    """Show a case: what each party wants there, what could be done, what was said, and the exact next command."""
    desk = case_desk(path, trunk)
    show_case(desk, case_named(desk, desk.state, case), output)


@command.command("resolve")
@options.repository_option
@options.trunk_option
@click.option("--accept-proposal", is_flag=True, help="All sides together, as proposed.")
@click.option("--take", "agent", metavar="AGENT", help="What this agent has there; the others follow.")
@click.option("--with", "file", metavar="FILE", type=click.Path(), help="What the whole file is to hold.")
@click.option("--proceed", is_flag=True, help="A reorganisation may go on.")
@click.option("--take-back", is_flag=True, help="A reorganisation has to be taken back.")
@click.option("--waive", "waives", metavar="NAME", multiple=True, help="Need not stay compatible; may be repeated.")
@click.option("--because", metavar="TEXT", help="Why.")
@signer_options
@options.format_option("text", "json")
@click.argument("case", metavar="ID")
def resolve(  # noqa: PLR0913 - one parameter an option
    *,
    path: str,
    trunk: str | None,
    accept_proposal: bool,
    agent: str | None,
    file: str | None,
    proceed: bool,
    take_back: bool,
    waives: tuple[str, ...],
    because: str | None,
    principal: str | None,
    key: str | None,
    output: str,
    case: str,
) -> None:
    """Rule on a case, signed with ssh, for just the states of the branches that were shown.

    Refused (exit 1) where a branch has moved since the last poll, where somebody has ruled on it already, and where a
    reorganisation would go on that is not backward compatible.
    """
    from gatekeeper.coordinator.ruling import rule

    chosen = {
        "proposal": accept_proposal,
        "take": agent is not None,
        "file": file is not None,
        "proceed": proceed,
        "take-back": take_back,
    }
    wanted = _wanted(
        [name for name, is_meant in chosen.items() if is_meant], agent, file, waives, reason_given(because)
    )
    desk = case_desk(path, trunk)
    state = desk.state
    record = case_named(desk, state, case)
    notary = desk.notary(desk.judge(state), principal_named(principal, desk.repository), key)
    _told(desk, record, rule(desk, record, wanted, notary), output)


def _wanted(chosen: list[str], agent: str | None, file: str | None, waives: tuple[str, ...], because: str) -> Wanted:
    from gatekeeper.coordinator.ruling import Wanted
    from gatekeeper.core.names import AgentName

    if len(chosen) != 1:
        raise UsageError(
            "how is it to be settled?",
            "say one of --accept-proposal, --take AGENT, --with FILE; of a reorganisation --proceed or --take-back",
        )
    if waives and chosen != ["proceed"]:
        raise UsageError("--waive goes with --proceed", "it names what need not stay compatible")
    text = None if file is None else _text(file)
    return Wanted(
        chosen[0],  # type: ignore[arg-type] # the names are the choices
        because,
        None if agent is None else AgentName(agent),
        text,
        file or "",
        waives,
    )


def _text(file: str) -> str:
    from pathlib import Path

    try:
        return Path(file).read_bytes().decode("utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadInputError(f"{file} cannot be read: {reason}", "name a file with the whole text") from error


@command.command("acknowledge")
@options.repository_option
@options.trunk_option
@click.option("--for", "agent", metavar="AGENT", help="For an agent that cannot; by a coordinator.")
@signer_options
@options.format_option("text", "json")
@click.argument("case", metavar="ID")
def acknowledge_command(
    *, path: str, trunk: str | None, agent: str | None, principal: str | None, key: str | None, output: str, case: str
) -> None:
    """Acknowledge what was ruled, as one of the parties: signed with its key, and released when all have done so.

    Who you are is said by --as (the agent, or the name under which it signs), by GATEKEEPER_AGENT, or by whose branch
    is checked out.
    """
    from gatekeeper.cli.actor import agent_named
    from gatekeeper.coordinator.acknowledging import acknowledge, agent_of
    from gatekeeper.core.names import AgentName
    from gatekeeper.core.policy.owners import principal_of

    desk = case_desk(path, trunk)
    state = desk.state
    record = case_named(desk, state, case)
    if agent is not None:
        party, name = AgentName(agent), principal_named(principal, desk.repository)
    else:
        party = agent_named(None if principal is None else agent_of(principal, desk.roster), desk.repository, state)
        name = principal_of(party, desk.roster)
    notary = desk.notary(desk.judge(state), name, key)
    _told(desk, record, acknowledge(desk, record, party, notary), output)


def _told(desk: CaseDesk, case: CaseRecord, outcome: Outcome, output: str) -> None:
    """Show the case as it is now, or why nothing was written."""
    from gatekeeper.core.ledger.case_records import CaseRecord

    state = desk.state
    now = state.get(CaseRecord, case.id) or case
    if output == "json":
        from gatekeeper.report.escalations import escalations_json

        view = desk.view(now, state)
        hint = outcome.hint if outcome.problems else view.turn.next_step
        sys.stdout.write(escalations_json([(view, None)], outcome.problems, hint))
    else:
        from gatekeeper.core.safe_text import safe
        from gatekeeper.report.escalations_text import refusal_lines, write_list
        from gatekeeper.report.page import Page

        if outcome.problems:
            lines = refusal_lines(outcome.problems, outcome.hint)
            sys.stdout.write("".join(f"{safe(line)}\n" for line in lines))
        else:
            write_list([desk.view(now, state)], Page(sys.stdout), now=desk.now)
    options.warn(desk.troubles)
    if outcome.problems:
        click.get_current_context().exit(options.FINDINGS_STAND)


def case_desk(path: str, trunk: str | None) -> CaseDesk:
    """Return where cases are looked up."""
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.coordinator.case_desk import CaseDesk

    return CaseDesk(path, trunk, clock=now_utc)


def case_named(desk: CaseDesk, state: Records, named: str) -> CaseRecord:
    """Return the open case whose id begins so; raises UsageError or BadInputError."""
    cases = {case.id: case for case in desk.cases(state)}
    found = the_only(
        cases,
        named,
        none="no open case has the id",
        several="several open cases begin with",
        hint="gatekeeper escalation list shows them",
        what="case",
    )
    return next(case for case in cases.values() if case.id == found)


def show_case(desk: CaseDesk, case: CaseRecord, output: str) -> None:
    """Print a case by itself."""
    from gatekeeper.coordinator.intents import intents

    view = desk.view(case, desk.state)
    found = intents(desk.repository, case.matter, view.problems, desk.trunk.commit)
    if output == "json":
        from gatekeeper.report.escalations import escalations_json

        sys.stdout.write(escalations_json([(view, found)]))
    else:
        from gatekeeper.report.escalations_text import write_case
        from gatekeeper.report.page import Page

        write_case(view, found, Page(sys.stdout), now=desk.now)
