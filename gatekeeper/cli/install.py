"""``gatekeeper install``: lets git call Gatekeeper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from gatekeeper.core.merge import Versions


@click.group("install")
def command() -> None:
    """Let git call Gatekeeper, or no longer."""


@command.command("merge-driver")
@options.repository_option
@click.option("--local", "where", flag_value="local", default="local", help="In this repository (the default).")
@click.option("--worktree", "where", flag_value="worktree", help="In this worktree alone.")
@click.option("--global", "where", flag_value="global", help="In all repositories of this user.")
@click.option(
    "--pattern", "patterns", metavar="GLOB", multiple=True, help="Merge files of this name too; may be repeated."
)
@click.option("--uninstall", is_flag=True, help="Take back what was set up.")
@options.versions_option
def merge_driver(*, path: str, where: str, patterns: tuple[str, ...], uninstall: bool, versions: Versions) -> None:
    """Set git up to merge Cargo.toml, Makefile.toml and Cargo.lock by their keys.

    Writes .gitattributes and git's configuration. Where gatekeeper is missing, fails or takes more than 10 seconds, git
    merges the lines as ever. Doing it again changes nothing.
    """
    from gatekeeper.merging import install as setup

    scope = setup.Scope(f"--{where}")
    root = None if scope is setup.Scope.GLOBAL else _worktree(path)
    if uninstall:
        done = setup.uninstall(root, scope)
        click.echo(f"{'taken out of' if done.changed else 'not in'} {done.attributes} and git's configuration")
        return
    done = setup.install(root, scope, patterns=(*setup.PATTERNS, *patterns), versions=versions)
    click.echo(f"{'written to' if done.changed else 'already in'} {done.attributes} and git's configuration")


def _worktree(path: str) -> Path:
    from gatekeeper.repository import open_repository

    root = open_repository(path).worktree
    if root is None:
        raise UsageError("a bare repository has no .gitattributes", "use --global")
    return Path(root)
