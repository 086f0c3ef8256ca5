"""``gatekeeper status``: one calm screen."""

from __future__ import annotations

import sys

import click

from gatekeeper.cli import options


@click.command("status")
@options.repository_option
@options.trunk_option
@options.format_option("text", "json")
@click.option("--all", "everything", is_flag=True, help="Show every agent and finding, not only the first.")
def command(*, path: str, trunk: str | None, output: str, everything: bool) -> None:
    """Show trunk, phases, agents, what stands between them, and what to do next, as of the last poll."""
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.coordinator.heartbeat import last_poll
    from gatekeeper.coordinator.trunks import newest_trunk
    from gatekeeper.coordinator.trusting import trusted
    from gatekeeper.core.watch.overview import overview
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.repository import open_repository
    from gatekeeper.trunk import read_trunk

    repository = open_repository(path)
    at, settings = read_trunk(repository, trunk or newest_trunk(repository))
    state, now = Ledger(repository).state(), now_utc()
    counts = trusted(repository, state, settings, at.commit, now)
    found = overview(settings.roster, state, trusted=counts, trunk=at.commit, now=now)
    polled = last_poll(repository)
    if output == "json":
        from gatekeeper.report.status import status_json

        sys.stdout.write(status_json(found, at, polled))
    else:
        from gatekeeper.report.page import Page
        from gatekeeper.report.status_text import write_status

        write_status(found, at, Page(sys.stdout), now=now, polled=polled, everything=everything)
