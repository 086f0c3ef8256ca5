"""Options that several commands share, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from gatekeeper.core.names import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FINDINGS_STAND = 1
"""The exit code when something at or above ``--fail-on`` stands."""

_F = TypeVar("_F", bound="Callable[..., Any]")


def repository_option(function: _F) -> _F:
    """``-C PATH``: where the repository is."""
    return click.option(
        "-C", "--repository", "path", metavar="PATH", default=".", help="A directory in the repository (default: here)."
    )(function)


def trunk_option(function: _F) -> _F:
    """``--trunk REV``: what everything lands on."""
    return click.option(
        "--trunk", metavar="REV", help="What the branches land on (default: origin/HEAD, else main or master)."
    )(function)


def format_option(*names: str) -> Callable[[_F], _F]:
    """``--format``: for people first, then for programs."""
    return click.option(
        "--format",
        "output",
        type=click.Choice(names),
        default=names[0],
        show_default=True,
        help="How to print the result.",
    )


def versions_option(function: _F) -> _F:
    """``--versions``: what becomes of two versions at one key."""
    return click.option(
        "--versions",
        type=click.Choice(["ask", "max"]),
        default="ask",
        show_default=True,
        help="Two versions at one key clash (ask), or the higher one counts (max).",
    )(function)


def fail_on_option(function: _F) -> _F:
    """``--fail-on SEVERITY``: from where on the exit code is 1."""
    return click.option(
        "--fail-on",
        type=click.Choice([severity.label for severity in Severity]),
        callback=_as_severity,
        help="Exit 1 from this severity on (default: fail_on of gatekeeper.toml, else major).",
    )(function)


def _as_severity(_context: click.Context, _parameter: click.Parameter, label: str | None) -> Severity | None:
    return None if label is None else Severity.from_label(label)


def all_option(function: _F) -> _F:
    """``--all``: the whole list."""
    return click.option("--all", "everything", is_flag=True, help="Show every finding, not only the first.")(function)


def warn(troubles: Iterable[str]) -> None:
    """Say on standard error what did not work outside, and is not fatal."""
    from gatekeeper.core.safe_text import safe

    for trouble in troubles:
        click.echo(f"gatekeeper: {safe(trouble)}", err=True)


def scope_options(function: _F) -> _F:
    """``--no-cache`` and ``--no-worktrees``."""
    function = click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")(function)
    return click.option("--no-worktrees", is_flag=True, help="Look at commits only, not at uncommitted work.")(function)
