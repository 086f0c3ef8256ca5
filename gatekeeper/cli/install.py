"""``gatekeeper install``: lets git and cron or systemd call Gatekeeper."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.cli.install_schedule import schedule
from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from gatekeeper.core.merge import Versions


@click.group("install")
def command() -> None:
    """Let git, cron or systemd call Gatekeeper, or no longer."""


command.add_command(schedule)


@command.command("merge-driver")
@options.repository_option
@click.option("--local", "where", flag_value="local", default="local", help="In this repository (the default).")
@click.option("--worktree", "where", flag_value="worktree", help="In this worktree alone.")
@click.option("--global", "where", flag_value="global", help="In all repositories of this user.")
@click.option(
    "--pattern",
    "patterns",
    metavar="GLOB",
    multiple=True,
    help="Merge files of this name too, as .gitattributes has it; may be repeated.",
)
@click.option("--uninstall", is_flag=True, help="Take back what was set up.")
@options.versions_option
@options.format_option("text", "json")
def merge_driver(
    *, path: str, where: str, patterns: tuple[str, ...], uninstall: bool, versions: Versions, output: str
) -> None:
    """Set git up to merge Cargo.toml, Makefile.toml and Cargo.lock by their keys.

    Writes .gitattributes and git's configuration. Where gatekeeper is missing, fails or takes more than 10 seconds,
    `git merge-file` merges the lines. Doing it again changes nothing: patterns that were given before stay until
    --uninstall. Lines of others about merges of the same files are named.

    --worktree turns on git's extensions.worktreeConfig, which --uninstall leaves on: more may depend on it by then.
    """
    from gatekeeper.core.safe_text import safe
    from gatekeeper.merging import install as setup

    scope = setup.Scope(f"--{where}")
    root = None if scope is setup.Scope.GLOBAL else _worktree(path)
    if uninstall:
        done = setup.uninstall(root, scope)
        what = "taken out of" if done.changed else "not in"
    else:
        done = setup.install(root, scope, patterns=(*setup.PATTERNS, *patterns), versions=versions)
        what = "written to" if done.changed else "already in"
    for note in done.notes:
        click.echo(safe(note), err=True)
    if output == "json":
        from gatekeeper.report.install_json import install_json

        sys.stdout.write(install_json(done))
    else:
        click.echo(f"{what} {safe(str(done.attributes))} and git's configuration")


def _worktree(path: str) -> Path:
    from gatekeeper.repository import open_repository

    root = open_repository(path).worktree
    if root is None:
        raise UsageError("a bare repository has no .gitattributes", "use --global")
    return Path(root)
