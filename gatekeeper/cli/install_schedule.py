"""``gatekeeper install schedule``: lets cron or systemd poll."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options

if TYPE_CHECKING:
    from gatekeeper.scheduling.job import Scheduled


@click.command("schedule")
@options.repository_option
@click.option(
    "--every", metavar="TIME", default="30m", show_default=True, help="The time between two polls: 20m, 2h, 1d."
)
@click.option(
    "--kind", type=click.Choice(["cron", "systemd"]), help="Who starts it (default: systemd where it runs, else cron)."
)
@click.option("--uninstall", is_flag=True, help="Take back what was set up.")
@click.option("--dry-run", is_flag=True, help="Show what would be written or removed, and leave it at that.")
@options.format_option("text", "json")
def schedule(*, path: str, every: str, kind: str | None, uninstall: bool, dry_run: bool, output: str) -> None:
    """Let cron or systemd run `gatekeeper poll` for this repository, every 30 minutes.

    Prints the line of your crontab, or the units of your systemd, and where they go; then writes them. They name this
    installation of gatekeeper, the main worktree, and the PATH and HOME of now. Doing it again changes nothing; with
    another --every, it replaces what was there. Lines and units of others, and those of other repositories, stay as
    they are. A crontab that cannot be read is not written.

    cron sends you by mail what a poll prints, which is nothing while nothing has changed; with systemd it is in the
    journal.
    """
    from gatekeeper.repository import open_repository
    from gatekeeper.scheduling import schedule as setup
    from gatekeeper.scheduling.job import Kind, job_for

    job = job_for(open_repository(path), every)
    chosen = None if kind is None else Kind(kind)
    if not uninstall and chosen is None:
        chosen = setup.usual_kind()

    def run(*, dry_run: bool) -> Scheduled:
        if uninstall or chosen is None:
            return setup.uninstall(job, chosen, dry_run=dry_run)
        return setup.install(job, chosen, dry_run=dry_run)

    done = run(dry_run=True)
    if output == "text":
        _show(done)
    if not dry_run:
        done = run(dry_run=False)
    _tell(done, uninstall=uninstall, dry_run=dry_run, output=output)


def _show(planned: Scheduled) -> None:
    """Print all that is about to be written or removed before it is."""
    from gatekeeper.core.safe_text import safe

    for part in planned.parts:
        lines = "\n".join(f"    {safe(line)}".rstrip() for line in part.text.rstrip("\n").split("\n"))
        click.echo(f"{safe(part.place)}\n\n{lines}\n")


def _tell(done: Scheduled, *, uninstall: bool, dry_run: bool, output: str) -> None:
    from gatekeeper.core.safe_text import safe

    for note in done.notes:
        click.echo(safe(note), err=True)
    if output == "json":
        from gatekeeper.report.schedule_json import schedule_json

        sys.stdout.write(schedule_json(done, dry_run=dry_run))
        return
    would = "would be " if dry_run else ""
    if uninstall:
        click.echo(f"{would}removed" if done.changed else "no schedule of this repository is set up")
    else:
        click.echo(f"{would}written" if done.changed else "already set up")
