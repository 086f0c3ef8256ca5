"""``gatekeeper merge``: three files to one, by hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options

if TYPE_CHECKING:
    from gatekeeper.core.merge import MergeOutcome, Versions


@click.command("merge")
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("ours", type=click.Path(path_type=Path))
@click.argument("theirs", type=click.Path(path_type=Path))
@click.option("-o", "--output-file", metavar="FILE", type=click.Path(path_type=Path), help="Write the merge there.")
@click.option("--name", metavar="PATH", help="What kind of file they are, by this name (default: that of OURS).")
@options.versions_option
@options.format_option("text", "json")
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    *,
    base: Path,
    ours: Path,
    theirs: Path,
    output_file: Path | None,
    name: str | None,
    versions: Versions,
    output: str,
) -> None:
    """Merge three versions of a manifest: BASE, OURS and THEIRS.

    The merge is written to standard output if it can be proven to hold the changes of both sides. Where the sides
    clash, git's own merge is, with conflict markers; the clashes go to standard error, and the exit code is 1. A FILE
    gets either text, with --format json as well; a pipe or a device is written into.
    """
    from gatekeeper.merging.files import read
    from gatekeeper.merging.manifests import merge_manifest
    from gatekeeper.merging.text_conflicts import MARKER_SIZE, with_markers

    before, mine, other = (read(path) for path in (base, ours, theirs))
    path = name if name is not None else str(ours)
    outcome = merge_manifest(before, mine, other, path=path, versions=versions)
    if output != "json" or output_file is not None:
        text = None if outcome.text is None else outcome.text.encode("utf-8")
        if text is None:
            text = with_markers(before, mine, other, marker_size=MARKER_SIZE, clashes=outcome.clashes, path=path)
        _write(output_file, text)
    if output == "json":
        from gatekeeper.report.merge_json import merge_json

        sys.stdout.write(merge_json(path, outcome))
    _tell(path, outcome)
    if outcome.text is None:
        context.exit(options.FINDINGS_STAND)


def _write(output_file: Path | None, text: bytes) -> None:
    from gatekeeper.merging.files import replace

    if output_file is None:
        sys.stdout.buffer.write(text)
    else:
        replace(output_file, text)


def _tell(path: str, outcome: MergeOutcome) -> None:
    from gatekeeper.core.safe_text import safe
    from gatekeeper.merging.driver import clash_lines

    for line in (*clash_lines(path, outcome), *(f"{path}: {note}" for note in outcome.notes)):
        click.echo(safe(line), err=True)
