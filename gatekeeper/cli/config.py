"""``gatekeeper config``: what ``gatekeeper.toml`` may say, says, and says wrong."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gatekeeper.cli import options
from gatekeeper.errors import ConfigurationError, GatekeeperError, UsageError

if TYPE_CHECKING:
    from gatekeeper.config.mistakes import ToldMistake
    from gatekeeper.report.config_report import SummaryDocument
    from gatekeeper.repository.discovery import Trunk

WRONG = 2
"""The exit code of a check that finds something wrong."""


@click.group("config")
def command() -> None:
    """Look at gatekeeper.toml: its keys, its mistakes, what it comes to."""


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of gatekeeper.toml, with which editors complete and explain its keys.

    With it in gatekeeper.schema.json beside gatekeeper.toml, and a first line `#:schema ./gatekeeper.schema.json`,
    taplo and the editors that use it need nothing else.
    """
    from gatekeeper.config.published_schema import schema_text

    sys.stdout.write(schema_text())


@command.command("check")
@click.argument("file", required=False)
@options.repository_option
@options.trunk_option
@options.format_option("text", "json")
def check(*, file: str | None, path: str, trunk: str | None, output: str) -> None:
    """Say whether gatekeeper.toml is right: the one on trunk, or FILE (-: standard input).

    Exits with 2 where it is not, and tells all that is wrong.
    """
    from gatekeeper.config.mistakes import as_error
    from gatekeeper.report.config_report import check_json, write_summary

    found = _on_trunk(path, trunk) if file is None else _in_file(file)
    summary = None if found.plain is None else _summary(found, path, trunk)
    if output == "json":
        sys.stdout.write(check_json(found.where, found.mistakes, summary, exists=found.exists))
        if summary is None:
            click.get_current_context().exit(WRONG)
    elif summary is None:
        raise as_error(found.mistakes, found.where, most=len(found.mistakes))
    else:
        from gatekeeper.report.page import Page

        page = Page(sys.stdout)
        page.line(f"{found.where} is right" if found.exists else f"there is no {found.where}: the defaults hold")
        write_summary(summary, page)


@command.command("show")
@options.repository_option
@options.trunk_option
@options.format_option("text", "json")
def show(*, path: str, trunk: str | None, output: str) -> None:
    """Print the settings that hold, defaults and all, as a gatekeeper.toml would say them."""
    from gatekeeper.config.mistakes import as_error
    from gatekeeper.core.safe_text import safe, without_surrogates
    from gatekeeper.report.config_report import show_json
    from gatekeeper.repository.discovery import short_name

    found = _on_trunk(path, trunk)
    if found.plain is None:
        raise as_error(found.mistakes, found.where)
    settings = dict(found.plain)
    if found.trunk is not None:
        settings = {"trunk": without_surrogates(short_name(found.trunk.ref)), **found.plain}
    if output == "json":
        sys.stdout.write(show_json(found.where, settings, exists=found.exists))
        return
    import tomlkit

    click.echo("\n".join(map(safe, tomlkit.dumps(settings).splitlines())))


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that has been looked at. ``plain`` None: something is wrong with it."""

    where: str
    plain: dict[str, Any] | None
    mistakes: list[ToldMistake]
    trunk: Trunk | None = None
    exists: bool = True


def _on_trunk(path: str, revision: str | None) -> _Found:
    """Look at the file on trunk; where it names another trunk, that one's counts."""
    from gatekeeper.config import CONFIG_PATH
    from gatekeeper.config.checks import examine
    from gatekeeper.repository import open_repository
    from gatekeeper.repository.discovery import find_trunk

    repository = open_repository(path)
    trunk = find_trunk(repository, revision)
    source = repository.blob(trunk.commit, CONFIG_PATH)
    plain, mistakes = examine(source or b"")
    named = None if plain is None else plain.get("trunk")
    if revision is None and named is not None:
        trunk = find_trunk(repository, named)
        source = repository.blob(trunk.commit, CONFIG_PATH)
        plain, mistakes = examine(source or b"")
    return _Found(f"{CONFIG_PATH} on {trunk.ref}", plain, mistakes, trunk, source is not None)


def _in_file(name: str) -> _Found:
    from gatekeeper.config.checks import examine

    try:
        source = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {name}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"cannot read {name!r}: {error}") from error
    return _Found("standard input" if name == "-" else name, *examine(source))


def _summary(found: _Found, path: str, revision: str | None) -> SummaryDocument:
    from gatekeeper.config.building import settings_of
    from gatekeeper.report.config_report import summary_of
    from gatekeeper.repository.discovery import short_name

    if found.plain is None:
        raise ConfigurationError(found.where)
    settings = settings_of(found.plain)
    trunk = found.trunk
    if trunk is None and settings.trunk is None:
        trunk = _trunk_around(path, revision)
    return summary_of(
        settings, settings.trunk if trunk is None else short_name(trunk.ref), settings.roster.phases_in_order()
    )


def _trunk_around(path: str, revision: str | None) -> Trunk | None:
    """Return trunk for a file that names none; it may lie outside of any repository."""
    from gatekeeper.repository import open_repository
    from gatekeeper.repository.discovery import find_trunk

    try:
        return find_trunk(open_repository(path), revision)
    except GatekeeperError:
        return None
