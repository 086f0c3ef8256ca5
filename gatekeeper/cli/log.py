"""``gatekeeper log``: what happened, and whether the ledger says it truly."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.coordinator.authority import Authority
    from gatekeeper.core.ledger.events import Event
    from gatekeeper.report.log import Held
    from gatekeeper.repository import Repository

EDITED = 3
"""The exit code of ``--verify`` for a ledger that somebody has edited: a person must decide."""


@click.command("log")
@options.repository_option
@click.option("--verify", is_flag=True, help="Replay every event: is the state what they amount to?")
@click.option("--agent", metavar="NAME", help="Only what is about this agent, or written by it.")
@click.option("--type", "kinds", metavar="TYPE", multiple=True, help="Only events of a type, or family.* of types.")
@click.option("-n", "most", metavar="N", type=click.IntRange(min=1), help="At most so many, the newest.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@options.format_option("text", "json")
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    *,
    path: str,
    verify: bool,
    agent: str | None,
    kinds: tuple[str, ...],
    most: int | None,
    as_json: bool,
    output: str,
) -> None:
    """Show the events of the ledger, the newest first.

    With --verify: hold each commit's state against its events, and the signatures against trunk's allowed_signers. The
    exit code is 3 where somebody has edited the ledger, or changed what was signed.
    """
    from gatekeeper.errors import UsageError
    from gatekeeper.repository import open_repository

    if verify and (agent is not None or kinds or most is not None):
        raise UsageError("--verify is about all of the ledger", "leave out --agent, --type and -n")
    repository = open_repository(path)
    output = "json" if as_json else output
    if verify:
        found = _verified(repository)
        from gatekeeper.report.log import verified_text

        sys.stdout.write(verified_text(found, output=output))
        context.exit(0 if found.is_sound else EDITED)
    _check_kinds(kinds)
    if agent is not None:
        _check_agent(repository, agent)
    from gatekeeper.report.log import write_events

    write_events(_events(repository, agent, kinds, most), sys.stdout, output=output)


def _events(repository: Repository, agent: str | None, kinds: tuple[str, ...], most: int | None) -> Iterator[Event]:
    from fnmatch import fnmatchcase
    from itertools import islice

    from gatekeeper.core.ledger.event_types import type_of
    from gatekeeper.core.ledger.summaries import people_of
    from gatekeeper.ledger import history
    from gatekeeper.ledger.commits import read_commit
    from gatekeeper.ledger.ledger import Ledger

    ledger = Ledger(repository)
    tip = ledger.tip()
    commits = history.backwards(ledger.objects, tip) if tip is not None else iter(())
    events = (event for oid in commits for event in reversed(read_commit(ledger.objects, oid).events))
    wanted = (
        event
        for event in events
        if (agent is None or agent in people_of(event))
        and (not kinds or any(fnmatchcase(type_of(event.payload).name, kind) for kind in kinds))
    )
    return islice(wanted, most)


def _check_agent(repository: Repository, agent: str) -> None:
    """Somebody without events is there where the configuration declares it, a branch has its name, or it was folded."""
    from gatekeeper.coordinator.agent_checks import refuse_unknown
    from gatekeeper.core.ledger.records import MonthSummary
    from gatekeeper.core.roster import Roster
    from gatekeeper.errors import GatekeeperError
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.trunk import read_trunk

    if next(_events(repository, agent, (), 1), None) is not None:
        return
    state = Ledger(repository).state()
    if any(agent in summary.agents_removed for _, summary in state.each(MonthSummary)):
        return
    try:
        roster = read_trunk(repository)[1].roster
    except GatekeeperError:
        # What happened can be read without a trunk.
        roster = Roster()
    refuse_unknown(agent, repository, state, roster)


def _check_kinds(kinds: tuple[str, ...]) -> None:
    from fnmatch import fnmatchcase

    from gatekeeper.core.ledger.event_types import EVENT_TYPES
    from gatekeeper.core.nearest import did_you_mean
    from gatekeeper.errors import UsageError

    for kind in kinds:
        if not any(fnmatchcase(name, kind) for name in EVENT_TYPES):
            hint = did_you_mean(kind, EVENT_TYPES, f"there are {', '.join(EVENT_TYPES)}")
            raise UsageError(f"no event is of type {kind}", hint)


def _verified(repository: Repository) -> Held:
    from gatekeeper.cli.scanning import Progress
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.ledger.verify import Verified, verify
    from gatekeeper.report.log import Held, Objection

    ledger = Ledger(repository)
    tip = ledger.tip()
    if tip is None:
        return Held(Verified(0, 0, None))
    authority, unchecked = _authority(repository)
    objections: list[Objection] = []

    def look_at(event: Event) -> None:
        if authority is not None and (reason := authority.objection(event)) is not None:
            objections.append(Objection(event.id, reason, is_forged=authority.forgery(event) is not None))

    progress = Progress()
    try:
        found = verify(
            ledger.objects,
            tip,
            each_event=look_at,
            progress=lambda done: progress("replaying commits of the ledger", done, 0),
        )
    finally:
        progress.close()
    back = {} if found.fault is None else ledger.way_back(found)
    return Held(found, tuple(objections), unchecked, back)


def _authority(repository: Repository) -> tuple[Authority | None, str | None]:
    """Return who judges signatures, or why nobody can: what a ledger says can be replayed without a trunk."""
    from gatekeeper.coordinator.authority import Authority
    from gatekeeper.errors import GatekeeperError
    from gatekeeper.trunk import read_trunk

    try:
        trunk, settings = read_trunk(repository, None)
    except GatekeeperError as error:
        return None, error.message
    return Authority(repository, settings, trunk.commit), None
