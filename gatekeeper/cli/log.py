"""``gatekeeper log``: what happened, and whether the ledger says it truly."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.ledger.events import Event
    from gatekeeper.ledger.verify import Verified
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

    With --verify: hold each commit's state against its events, and the signatures against trunk's allowed_signers where
    there are any.
    """
    from gatekeeper.repository import open_repository

    repository = open_repository(path)
    output = "json" if as_json else output
    if verify:
        found = _verified(repository)
        from gatekeeper.report.log import verified_text

        sys.stdout.write(verified_text(found, output=output))
        context.exit(0 if found.fault is None else EDITED)
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


def _verified(repository: Repository) -> Verified:
    from gatekeeper.cli.scanning import Progress
    from gatekeeper.coordinator.authority import NOT_CONFIGURED, Authority
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.ledger.verify import Verified, verify
    from gatekeeper.trunk import read_trunk

    ledger = Ledger(repository)
    tip = ledger.tip()
    if tip is None:
        return Verified(0, 0, None)
    trunk, settings = read_trunk(repository, None)
    authority = Authority(repository, settings, trunk.commit)

    def objection(event: Event) -> str | None:
        found = authority.objection(event)
        return None if found in {None, NOT_CONFIGURED} else f"event {event.id} does not count: {found}"

    progress = Progress()
    try:
        return verify(
            ledger.objects,
            tip,
            check_event=objection,
            progress=lambda done: progress("replaying commits of the ledger", done, 0),
        )
    finally:
        progress.close()
