"""``gatekeeper poll``: the standing watch, once or again and again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options

if TYPE_CHECKING:
    from gatekeeper.coordinator.poll import Polled, PollRequest


_EVERY = "30m"


@click.command("poll")
@options.repository_option
@options.trunk_option
@click.option("--dry-run", is_flag=True, help="Show what would be recorded and told; fetch, write and tell nothing.")
@click.option("--watch", is_flag=True, help="Go on polling until interrupted.")
@click.option("--every", metavar="DURATION", help=f"How often, with --watch (default: {_EVERY}).")
@click.option("--no-fetch", is_flag=True, help="Do not fetch from the remotes first.")
@options.format_option("text", "json")
@options.scope_options
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    *,
    path: str,
    trunk: str | None,
    dry_run: bool,
    watch: bool,
    every: str | None,
    no_fetch: bool,
    output: str,
    no_cache: bool,
    no_worktrees: bool,
) -> None:
    """Fetch, scan, make a checkpoint, record what is new in the ledger, and notify.

    Silent where nothing has changed. One poll runs at a time, and one that is killed is completed by the next. Meant
    for cron or a timer: see gatekeeper install schedule.

    The exit code is 1 while findings stand at or above fail_on of gatekeeper.toml that are neither expected nor waived
    nor ruled on, new or not. It is 0 otherwise, also where another poll is running; a remote that is gone is told on
    standard error, a channel that fails in the report, and neither counts.
    """
    from gatekeeper.cli.durations import duration
    from gatekeeper.coordinator.poll import PollRequest
    from gatekeeper.errors import UsageError

    pause = duration(_EVERY if every is None else every, option="--every").total_seconds()
    if every is not None and not watch:
        raise UsageError("--every is how often --watch polls", "add --watch; gatekeeper install schedule sets a timer")
    request = PollRequest(
        path, trunk, worktrees=not no_worktrees, cache=not no_cache, fetch=not no_fetch, dry_run=dry_run
    )
    if watch:
        _watch(request, output, pause)
    done = _once(request, output)
    if done.blocking:
        context.exit(options.FINDINGS_STAND)


def _watch(request: PollRequest, output: str, pause: float) -> None:
    import time

    from gatekeeper.errors import GatekeeperError

    while True:
        try:
            _once(request, output)
        except BrokenPipeError:
            # Nobody reads any more.
            raise
        except GatekeeperError as error:
            # What is wrong now may be right by the next time; a watch does not end over it.
            _say(error.message, error.hint)
        except OSError as error:
            _say(f"{error.filename}: {error.strerror}" if error.filename else str(error), None)
        time.sleep(pause)


def _say(message: str, hint: str | None) -> None:
    from contextlib import suppress

    from gatekeeper.core.safe_text import safe

    # Where a disk is full, a log on it takes no messages either.
    with suppress(OSError):
        click.echo(f"gatekeeper: {safe(message)}", err=True)
        if hint:
            click.echo(f"  hint: {safe(hint)}", err=True)


def _once(request: PollRequest, output: str) -> Polled:
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.cli.scanning import Progress
    from gatekeeper.coordinator.poll import poll

    progress = Progress()
    try:
        done = poll(request, clock=now_utc, progress=progress)
    finally:
        progress.close()
    _print(done, output, dry_run=request.dry_run)
    return done


def _print(done: Polled, output: str, *, dry_run: bool) -> None:
    from gatekeeper.core.safe_text import safe

    if output == "json":
        from gatekeeper.report.poll import poll_json

        sys.stdout.write(poll_json(done))
        return
    if done.busy is not None:
        who = f"process {done.busy.pid} on {done.busy.host}, since {done.busy.since:%H:%M:%S} UTC"
        click.echo(safe(f"another poll is running: {who}"), err=True)
        return
    for trouble in done.troubles:
        click.echo(safe(f"gatekeeper: {trouble}"), err=True)
    if done.events or done.outcomes or done.restored:
        from gatekeeper.report.page import Page
        from gatekeeper.report.poll import write_poll

        write_poll(done, Page(sys.stdout), dry_run=dry_run)
    sys.stdout.flush()
