"""``gatekeeper resolve``: settles the conflicts of a merge or rebase that can be settled without anybody."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from gatekeeper.core.merge import Versions
    from gatekeeper.merging.resolve import Resolved


@click.command("resolve")
@options.repository_option
@options.versions_option
@options.format_option("text", "json")
@click.option(
    "--regenerate-lock",
    is_flag=True,
    help="Let cargo bring Cargo.lock files in conflict in line with the manifests, offline.",
)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.pass_context
def command(
    context: click.Context,
    *,
    path: str,
    versions: Versions,
    output: str,
    regenerate_lock: bool,
    paths: tuple[str, ...],
) -> None:
    """Resolve the conflicts of a merge, rebase or cherry-pick that can be proven to be none.

    PATH is a file in conflict, or a directory for all below it, relative to the current directory (or to that of -C).
    Manifests are read again as git's index has them. What can be merged is written and staged. Files that clash, that
    one side has deleted, or that somebody has begun to edit, stay in conflict; around clashes that git has merged
    there are markers then. The exit code is 1 where any stays.
    """
    from gatekeeper.merging.resolve import Resolver
    from gatekeeper.repository import open_repository

    root = open_repository(path).worktree
    if root is None:
        raise UsageError("a bare repository has no files to resolve", "run it in a worktree")
    if regenerate_lock:
        _interrupt_when_ended()
    resolver = Resolver(Path(root), versions, regenerates_locks=regenerate_lock)
    found = list(resolver.resolve(Path(path), paths))
    if output == "json":
        from gatekeeper.report.resolve_json import resolve_json

        sys.stdout.write(resolve_json(found))
    else:
        _print(found)
    if not all(one.is_resolved for one in found):
        context.exit(options.FINDINGS_STAND)


def _interrupt_when_ended() -> None:
    """Let the signals that end a program do what Ctrl-C does: what cargo was given to work on is put back first."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)


def _print(found: list[Resolved]) -> None:
    from gatekeeper.core.safe_text import safe

    for one in found:
        if one.is_resolved:
            click.echo(f"resolved {safe(one.path)}")
        for line in one.left:
            click.echo(f"left     {safe(line)}")
    if not found:
        click.echo("no manifest is in conflict")
