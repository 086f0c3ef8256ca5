"""``gatekeeper drill``: does the standing watch catch what it is there for?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options

if TYPE_CHECKING:
    from gatekeeper.drill.drill import Drilled, DrillRequest


@click.command("drill")
@options.repository_option
@options.trunk_option
@click.option(
    "--allow-overrides",
    is_flag=True,
    help="Count a plant as caught, too, where gatekeeper.toml expects it or turns its severity down.",
)
@click.option("--notify", is_flag=True, help="Send a notice, marked as a drill, through every channel.")
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Make the clone in DIR, and leave it there to look at.",
)
@options.format_option("text", "json")
@click.pass_context
def command(
    context: click.Context,
    *,
    path: str,
    trunk: str | None,
    allow_overrides: bool,
    notify: bool,
    keep: Path | None,
    output: str,
) -> None:
    """Plant a minor, a major and a critical in a scratch clone of trunk, and show that each is caught.

    Each is made by two agents, in manifests that trunk really has; where it has none that fit, the clone's trunk gets
    one. The real poll then runs in the clone by the gatekeeper.toml on trunk: it has to find all three, to be silent
    when it runs again, and to close them once they are taken back. Your repository is only read, the clone is removed,
    and nobody is told (see --notify).

    The exit code is 1 if a plant was missed, if the poll did not behave, or if a channel failed with --notify. A plant
    also counts as missed where gatekeeper.toml expects it or gives it a lower severity than its own: the real thing
    would pass there as well. If that is what you want, say so with --allow-overrides.
    """
    from gatekeeper.drill.drill import DrillRequest

    done = _drilled(DrillRequest(path, trunk, keep, notify=notify))
    if output == "json":
        from gatekeeper.report.drill import drill_json

        sys.stdout.write(drill_json(done, allow_overrides=allow_overrides))
    else:
        from gatekeeper.report.drill import write_drill
        from gatekeeper.report.page import Page

        write_drill(done, Page(sys.stdout), allow_overrides=allow_overrides)
    if not done.has_passed(allow_overrides=allow_overrides):
        context.exit(options.FINDINGS_STAND)


def _drilled(request: DrillRequest) -> Drilled:
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.cli.scanning import Progress
    from gatekeeper.drill.drill import drill

    progress = Progress()
    try:
        return drill(request, clock=now_utc, progress=progress)
    finally:
        progress.close()
