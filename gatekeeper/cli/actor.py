"""Who gives a command: an agent by its name, or a person by git's configuration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.core.ledger.state import Records
    from gatekeeper.core.names import AgentName
    from gatekeeper.repository import Repository

VARIABLE = "GATEKEEPER_AGENT"
_HEADS = "refs/heads/"


def as_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--as AGENT``: who gives the command."""
    return click.option(
        "--as", "actor", metavar="AGENT", help=f"Who you are (default: {VARIABLE}, else whose branch is checked out)."
    )(function)


def agent_named(named: str | None, repository: Repository, state: Records) -> AgentName:
    """Return the agent that gives a command; raises UsageError where nobody can tell, or it was removed."""
    from gatekeeper.coordinator.agent_checks import refuse_removed
    from gatekeeper.core.ledger.records import AgentRecord

    found = known_agent(named, repository, state)
    if found is None:
        raise UsageError("which agent are you?", f"say so with --as AGENT, or set {VARIABLE}")
    refuse_removed(state.get(AgentRecord, found), found)
    return found


def known_agent(named: str | None, repository: Repository, state: Records) -> AgentName | None:
    """Return the agent that is named, or on whose branch the worktree stands; None where there is none."""
    from gatekeeper.core.ledger.records import AgentRecord
    from gatekeeper.core.names import AgentName
    from gatekeeper.core.safe_text import without_surrogates

    named = named or os.environ.get(VARIABLE)
    if named:
        return AgentName(without_surrogates(named))
    branch, _ = repository.head()
    if branch is None:
        return None
    records = (record for _, record in state.each(AgentRecord) if record.removed_at is None)
    return next((record.name for record in records if record.branch == branch), None)


def writer(named: str | None, repository: Repository, state: Records) -> str:
    """Return by whose account something is recorded: the agent's name, else the person's as git knows it."""
    return known_agent(named, repository, state) or repository.person() or "unknown"
