"""What the commands share whose word is signed: who says it, with which key, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from gatekeeper.errors import BadInputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gatekeeper.core.roster import Principal
    from gatekeeper.repository import Repository

_F = TypeVar("_F", bound="Callable[..., Any]")


def signer_options(function: _F) -> _F:
    """``--as NAME`` and ``--key FILE``: who signs, and with what."""
    function = click.option("--key", metavar="FILE", help="The key to sign with (default: as git signs commits).")(
        function
    )
    return click.option("--as", "principal", metavar="NAME", help="Under which name allowed_signers has your key.")(
        function
    )


def principal_named(named: str | None, repository: Repository) -> Principal:
    """Return who signs: as it was said, else as git knows this user; raises UsageError."""
    from gatekeeper.core.roster import Principal

    found = named or repository.person()
    if not found:
        raise UsageError("who are you?", "say so with --as NAME, or set git's user.email")
    return Principal(found)


def reason_given(because: str | None) -> str:
    """Return the reason; raises UsageError where there is none."""
    if not (because or "").strip():
        raise UsageError("why?", "say so with --because")
    return because or ""


def the_only(ids: Iterable[str], named: str, *, none: str, several: str, hint: str, what: str = "finding") -> str:
    """Return the only id that begins as ``named``; raises UsageError or BadInputError where there is not one."""
    if not named:
        # Everything begins with it.
        raise UsageError(f"which {what}?", hint)
    found = {each for each in ids if each.startswith(named)}
    if len(found) != 1:
        raise BadInputError(f"{several if found else none} {named}", hint)
    return found.pop()
