"""``gatekeeper phase``: phases start and complete through their gates, and a release is judged."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.cli.durations import now_utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from gatekeeper.cli.scanning import Progress
    from gatekeeper.coordinator.phase_bench import PhaseStep


@click.group("phase")
def command() -> None:
    """Start and complete phases through their gates, and judge a release."""


def _at_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--at", "revision", metavar="REV", help="Judge the files as they are there (default: trunk).")(
        function
    )


@command.command("status")
@options.repository_option
@options.trunk_option
@_at_option
@options.format_option("text", "json")
@click.argument("name", required=False)
def status(*, path: str, trunk: str | None, revision: str | None, output: str, name: str | None) -> None:
    """Judge the gates of all phases, or of NAME, and record nothing.

    With NAME, the exit code is 1 while anything is left to do.
    """
    from gatekeeper.coordinator.phases import PhaseDesk

    with _shown_progress() as progress:
        steps = PhaseDesk(path, trunk, clock=now_utc, at=revision, progress=progress).status(name)
    _print(steps, output, is_passed=name is None or not any(step.all_blockers for step in steps))


@command.command("start")
@options.repository_option
@options.trunk_option
@_at_option
@options.format_option("text", "json")
@click.argument("name")
def start(*, path: str, trunk: str | None, revision: str | None, output: str, name: str) -> None:
    """Start the phase NAME: what it needs is completed, and its gates before the start pass.

    Its agents may start from then on. The exit code is 1 where something is missing; every verdict is recorded.
    """
    from gatekeeper.coordinator.phases import PhaseDesk

    with _shown_progress() as progress:
        step = PhaseDesk(path, trunk, clock=now_utc, at=revision, progress=progress).start(name)
    _print([step], output, is_passed=step.done in {"started", "completed"})


@command.command("checkpoint")
@options.repository_option
@options.trunk_option
@_at_option
@options.format_option("text", "json")
@click.argument("name")
def checkpoint(*, path: str, trunk: str | None, revision: str | None, output: str, name: str) -> None:
    """Judge the checkpoint gates of the phase NAME, which is under way; for cron or a timer.

    The exit code is 1 where one has not passed; a verdict that is another than the last one is recorded.
    """
    from gatekeeper.coordinator.phases import PhaseDesk

    with _shown_progress() as progress:
        step = PhaseDesk(path, trunk, clock=now_utc, at=revision, progress=progress).checkpoint(name)
    _print([step], output, is_passed=not step.all_blockers)


@command.command("complete")
@options.repository_option
@options.trunk_option
@_at_option
@options.format_option("text", "json")
@click.argument("name")
def complete(*, path: str, trunk: str | None, revision: str | None, output: str, name: str) -> None:
    """Complete the phase NAME: its agents are done, nothing of theirs is open, and its gates pass.

    A gate that fails begins another iteration: after two the coordinator is called, after three the phase is reopened,
    and starts anew. The exit code is 1 where something is missing; every verdict is recorded.
    """
    from gatekeeper.coordinator.phases import PhaseDesk

    with _shown_progress() as progress:
        step = PhaseDesk(path, trunk, clock=now_utc, at=revision, progress=progress).complete(name)
    _print([step], output, is_passed=step.done == "completed" and not step.all_blockers)


@command.command("release")
@options.repository_option
@options.trunk_option
@_at_option
@options.format_option("text", "json")
def release(*, path: str, trunk: str | None, revision: str | None, output: str) -> None:
    """Say whether a release may go: phases, checklist, conditions of approvals, and the gates of the release.

    The exit code is 1 where something is missing; every verdict is recorded.
    """
    from gatekeeper.coordinator.releasing import ReleaseDesk

    with _shown_progress() as progress:
        step = ReleaseDesk(path, trunk, clock=now_utc, at=revision, progress=progress).release()
    _print([step], output, is_passed=step.done == "ready")


@contextmanager
def _shown_progress() -> Iterator[Progress]:
    """Show how far the scan is, and take the line away again."""
    from gatekeeper.cli.scanning import Progress

    progress = Progress()
    try:
        yield progress
    finally:
        progress.close()


def _print(steps: Sequence[PhaseStep], output: str, *, is_passed: bool) -> None:
    from gatekeeper.report.phases import phases_json, write_phases

    if output == "json":
        sys.stdout.write(phases_json(steps))
    else:
        from gatekeeper.report.page import Page

        write_phases(steps, Page(sys.stdout))
    options.warn(trouble for step in steps for trouble in step.troubles)
    if not is_passed:
        click.get_current_context().exit(options.FINDINGS_STAND)
