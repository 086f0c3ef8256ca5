"""``gatekeeper merge-driver``: what git calls for each file that both sides of a merge have changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options

if TYPE_CHECKING:
    from gatekeeper.core.merge import Versions


@click.command("merge-driver")
@click.argument("base", metavar="%O", type=click.Path(path_type=Path))
@click.argument("ours", metavar="%A", type=click.Path(path_type=Path))
@click.argument("theirs", metavar="%B", type=click.Path(path_type=Path))
@click.argument("marker_size", metavar="%L", type=click.IntRange(min=1))
@click.argument("path", metavar="%P")
@options.versions_option
@click.pass_context
def command(
    context: click.Context, *, base: Path, ours: Path, theirs: Path, marker_size: int, path: str, versions: Versions
) -> None:
    """Merge %O, %A and %B into %A, as git asks a merge driver to.

    The exit code is 0 where the merge is proven. Where the sides clash, %A holds git's own merge with conflict markers
    of the size %L, the clashes go to standard error, and the exit code is 1. `gatekeeper install merge-driver` sets
    it up.
    """
    from gatekeeper.merging.driver import drive
    from gatekeeper.report.safe_text import safe

    done = drive(base, ours, theirs, path=path, marker_size=marker_size, versions=versions)
    for line in done.said:
        click.echo(safe(line), err=True)
    if not done.clean:
        context.exit(options.FINDINGS_STAND)
