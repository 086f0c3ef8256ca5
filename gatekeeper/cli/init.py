"""``gatekeeper init``: a first ``gatekeeper.toml``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from gatekeeper.config.first_file import Surroundings
    from gatekeeper.repository import Repository

_INSTEAD = "gatekeeper init --stdout prints what would be written"


@click.command("init")
@options.repository_option
@options.trunk_option
@click.option("--stdout", "printed", is_flag=True, help="Print the file instead of writing it.")
@options.format_option("text", "json")
def command(*, path: str, trunk: str | None, printed: bool, output: str) -> None:
    """Write a commented gatekeeper.toml that fits this repository.

    It names trunk, and as agents the branches that are not in trunk yet. The rest waits in comments, with examples from
    the crates and tasks that are there. The file goes to the top of this worktree; it counts once it is on trunk.
    """
    from gatekeeper.config import CONFIG_PATH, load_settings
    from gatekeeper.config.first_file import first_file
    from gatekeeper.first_look import look_at
    from gatekeeper.repository import open_repository

    repository = open_repository(path)
    target = None if printed else _target(repository)
    found = look_at(repository, trunk)
    text = first_file(found)
    # What is wrong with it would be a fault of this program, and must not come to anybody's trunk.
    load_settings(text.encode(), where=CONFIG_PATH)
    if target is not None:
        _write(target, text)
    if output == "json":
        from gatekeeper.report.init_json import init_json

        sys.stdout.write(init_json(None if target is None else str(target), text, found))
    elif target is None:
        sys.stdout.write(text)
    else:
        _tell(target, found)


def _target(repository: Repository) -> Path:
    from gatekeeper.config import CONFIG_PATH

    if repository.worktree is None:
        raise UsageError("a bare repository has no worktree to write to", _INSTEAD)
    return Path(repository.worktree, CONFIG_PATH)


def _write(target: Path, text: str) -> None:
    try:
        file = target.open("x", encoding="utf-8", newline="\n")
    except FileExistsError as error:
        raise UsageError(f"there is a {target.name} already, and it stays as it is", _INSTEAD) from error
    try:
        with file:
            file.write(text)
    except OSError:
        # Half of a file would keep the next attempt from writing a whole one.
        target.unlink(missing_ok=True)
        raise


def _tell(target: Path, found: Surroundings) -> None:
    from gatekeeper.core.safe_text import safe

    agents = f"{len(found.agents)} agent{'' if len(found.agents) == 1 else 's'}"
    click.echo(f"wrote {safe(str(target))}: trunk is {safe(found.trunk or 'not there yet')}, {agents}")
    click.echo("look through it, and commit it on trunk: it counts there")
