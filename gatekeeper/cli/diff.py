"""``gatekeeper diff``: what changed, by key path."""

from __future__ import annotations

import sys

import click

from gatekeeper.cli import options
from gatekeeper.errors import BadInputError


@click.command("diff")
@options.repository_option
@click.option("--lines", is_flag=True, help="Show the lines, too; also of files that are no TOML.")
@options.format_option("text", "json")
@click.argument("a")
@click.argument("b")
@click.argument("inside", metavar="[PATH]", required=False)
def command(*, path: str, lines: bool, output: str, a: str, b: str, inside: str | None) -> None:
    """Show what differs between two manifests, key by key.

    A and B are two revisions (PATH: a file or folder in them), two files, or REV:PATH.
    """
    from gatekeeper.cli.diff_sources import differences

    files = differences(a, b, inside, path, lines=lines)
    if output == "json":
        from gatekeeper.report.diff_json import diff_json

        sys.stdout.write(diff_json(files, before=a, after=b))
    else:
        from gatekeeper.report.diff_text import write_diff
        from gatekeeper.report.page import Page

        write_diff(files, Page(sys.stdout))
    unreadable = [file for file in files if file.problem]
    if unreadable:
        raise BadInputError(f"{len(unreadable)} of {len(files)} files cannot be read: {unreadable[0].problem}")
