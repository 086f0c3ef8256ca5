"""The tables of ``gatekeeper.toml`` about what is around the repository: remotes, disks, whom to tell."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, StringConstraints

from gatekeeper.config.tables import (
    AtLeastOne,
    CommandWords,
    Different,
    Duration,
    Line,
    Name,
    SeverityName,
    Table,
    TreePathText,
    refused,
)
from gatekeeper.core.branch_names import branch_problem
from gatekeeper.core.channels import UNASKED, EventName
from gatekeeper.core.quantities import format_duration, parse_duration

_LONGEST_TIMEOUT = parse_duration("10m")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|[{}]")
_ADDRESS = re.compile(r"[^\s@,;<>\"()-][^\s@,;<>\"()]*@[^\s@,;<>\"()]+")


def _is_remote(name: str) -> str:
    if branch_problem(name) is not None:
        raise refused("it must be the name of a remote, as git remote lists it")
    return name


def _is_directory(text: str) -> str:
    if any(found != "{repository}" for found in _PLACEHOLDER.findall(text)):
        raise refused("only {repository} has a meaning in braces")
    if text.startswith("~"):
        raise refused("~ is not replaced: it is relative to the top of the main worktree")
    return text


def _is_web_address(text: str) -> str:
    problem = "it must be an address that begins with https:// or http://"
    if not text.isprintable() or " " in text:
        raise refused(problem)
    try:
        parts = urlsplit(text)
        is_known = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise refused(problem) from error
    if not is_known:
        raise refused(problem)
    if parts.username is not None or parts.password is not None:
        raise refused("no password may stand in a file that everybody reads; secret_env names a variable that has one")
    return text


def _is_mail_address(text: str) -> str:
    if not text.isprintable() or _ADDRESS.fullmatch(text) is None:
        raise refused("it must be the address of a mailbox: somebody@example.org")
    return text


def _is_short(text: str) -> str:
    if parse_duration(text) > _LONGEST_TIMEOUT:
        raise refused(f"it must be {format_duration(_LONGEST_TIMEOUT)} at most: a poll waits for it")
    return text


class LedgerTable(Table):
    """Where the ledger is kept besides here, who may sign, and how long closed matters stay in it."""

    remote: Annotated[Name, AfterValidator(_is_remote)] | None = None
    """The remote that the ledger is exchanged with, as git remote lists it; without it, none."""

    allowed_signers: TreePathText = "allowed_signers"
    """The file on trunk that lists who may sign, in the format of ssh-keygen."""

    retention: Duration = "90d"
    """How long closed matters stay before they are folded into a summary."""


class WorktreesTable(Table):
    """Where worktrees of agents are made."""

    directory: Annotated[Line, AfterValidator(_is_directory)] = "../{repository}.agents"
    """The directory in which each agent gets its own, relative to the top of the main worktree (or to the bare
    repository); {repository} stands for the name of that."""


class NotificationRow(Table):
    """A place to tell of events: exactly one of command, webhook and mail."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [kind]} for kind in ("command", "webhook", "mail")]}
    )

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] | None = None
    """What records call it; without it, its kind and a digest of where it leads."""

    command: CommandWords | None = None
    """A program with its arguments, which gets the event as JSON on standard input."""

    webhook: Annotated[Name, AfterValidator(_is_web_address)] | None = None
    """An address that the event is posted to as JSON."""

    mail: Annotated[list[Annotated[Name, AfterValidator(_is_mail_address)]], AtLeastOne, Different] | None = None
    """Addresses that are written to with the sendmail of the machine."""

    secret_env: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """The environment variable whose value signs what is posted to the webhook."""

    on: Annotated[list[EventName], AtLeastOne, Different] = list(UNASKED)
    """The events to tell of; without it, all but task-started, task-completed and gate-judged."""

    least: SeverityName = "major"
    """Findings are told of from this severity on."""

    timeout: Annotated[Duration, AfterValidator(_is_short)] = "10s"
    """After so long it has failed, and is tried again the next time."""
