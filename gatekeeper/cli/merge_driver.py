"""``gatekeeper merge-driver``: by hand what git has done for each file that both sides of a merge have changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.merging import SECONDS

if TYPE_CHECKING:
    from gatekeeper.core.merge import Versions


@click.command("merge-driver")
@click.argument("base", metavar="%O", type=click.Path(path_type=Path))
@click.argument("ours", metavar="%A", type=click.Path(path_type=Path))
@click.argument("theirs", metavar="%B", type=click.Path(path_type=Path))
@click.argument("marker_size", metavar="%L", type=click.IntRange(min=1))
@click.argument("path", metavar="%P")
@click.option(
    "-o", "--output-file", metavar="FILE", type=click.Path(path_type=Path), help="Write there, and leave %A as it is."
)
@click.option(
    "--labels",
    nargs=3,
    metavar="%S %X %Y",
    default=("base", "ours", "theirs"),
    help="Names of base, ours and theirs in conflict markers.",
)
@click.option(
    "--limit",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=SECONDS,
    show_default=True,
    help="Be ended by SIGALRM after that long.",
)
@options.versions_option
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    *,
    base: Path,
    ours: Path,
    theirs: Path,
    marker_size: int,
    path: str,
    output_file: Path | None,
    labels: tuple[str, str, str],
    limit: float,
    versions: Versions,
) -> None:
    """Merge %O, %A and %B into %A, as git asks a merge driver to.

    The exit code is 0 where the merge is proven. Where the sides clash, %A holds git's own merge with conflict markers
    of the size %L, the clashes go to standard error, and the exit code is 1. Where it cannot be done %A stays as it is,
    and the exit code is above 128, so that git takes it for no conflict. `gatekeeper install merge-driver` sets it up.
    """
    from gatekeeper.cli.driver_process import answer

    is_clean = answer(
        (base, ours, theirs),
        ours if output_file is None else output_file,
        path=path,
        marker_size=marker_size,
        labels=labels,
        limit=limit,
        versions=versions,
    )
    if not is_clean:
        context.exit(options.FINDINGS_STAND)
