"""Where notifications go, and about what: what ``[[notifications]]`` in ``gatekeeper.toml`` declares."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, get_args

from gatekeeper.core.names import Severity

EventName = Literal[
    "finding-opened",
    "finding-closed",
    "checkpoint-failed",
    "agent-blocked",
    "agent-done",
    "claim-touched",
    "escalation-opened",
    "escalation-closed",
    "incident-opened",
    "incident-closed",
    "agent-stopped",
    "agent-released",
    "integration-due",
    "phase-started",
    "phase-completed",
    "phase-failed",
    "phase-reopened",
    "task-started",
    "task-completed",
    "gate-judged",
]
"""What can be told of."""

EVENTS: Final[tuple[EventName, ...]] = get_args(EventName)

STEPS: Final = frozenset({"task-started", "task-completed", "gate-judged"})
"""What hooks wait for: only who asks for them by name hears of every single step."""

UNASKED: Final[tuple[EventName, ...]] = tuple(event for event in EVENTS if event not in STEPS)
"""What a channel hears of that names no events."""


class ChannelKind(enum.StrEnum):
    """How a channel is reached; the value is the key that declares it."""

    COMMAND = "command"
    WEBHOOK = "webhook"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Channel:
    """One place to tell of events.

    ``target`` is a command with its arguments, one address of the web, or addresses of mail. ``least`` is the severity
    from which on findings are told of. ``secret_env`` names the environment variable whose value signs a webhook.
    """

    name: str
    kind: ChannelKind
    target: tuple[str, ...]
    events: frozenset[str] = frozenset(UNASKED)
    least: Severity = Severity.MAJOR
    timeout: timedelta = timedelta(seconds=10)
    secret_env: str | None = None


def channel_name(kind: ChannelKind, target: tuple[str, ...]) -> str:
    """Return the name of a channel that has been given none: the same for the same target, whatever stands around."""
    digest = hashlib.sha256("\0".join(target).encode()).hexdigest()
    return f"{kind.value}-{digest[:8]}"
