"""What the tables of agents, phases and notifications say about each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gatekeeper.config.mistakes import Mistake
from gatekeeper.config.places import Location
from gatekeeper.config.waiting import circles
from gatekeeper.core.channels import ChannelKind, channel_name

if TYPE_CHECKING:
    from gatekeeper.config.document import ConfigDocument
    from gatekeeper.config.outside import NotificationRow


def wrong_references(document: ConfigDocument) -> Iterator[Mistake]:
    """Yield names that name nothing, things that stand there twice, and circles."""
    yield from _unknown_names(document)
    yield from _branches(document)
    yield from circles(document.agents, document.phases)
    yield from _notifications(document.notifications)


def _unknown_names(document: ConfigDocument) -> Iterator[Mistake]:
    agents, phases = tuple(document.agents), tuple(document.phases)
    for name, agent in document.agents.items():
        here: Location = ("agents", name)
        yield from _unknown((*here, "depends_on"), agent.depends_on, "agent", agents, name)
        for number, row in enumerate(agent.conflicts_with):
            place = (*here, "conflicts_with", number)
            if row.agent not in document.agents or row.agent == name:
                yield _unknown_one(place, row.agent, "agent", agents, name)
    for name, phase in document.phases.items():
        yield from _unknown(("phases", name, "agents"), phase.agents, "agent", agents, None)
        yield from _unknown(("phases", name, "needs"), phase.needs, "phase", phases, name)


def _unknown(
    place: Location, written: Sequence[str], kind: str, known: tuple[str, ...], own: str | None
) -> Iterator[Mistake]:
    for number, name in enumerate(written):
        if name not in known or name == own:
            yield _unknown_one((*place, number), name, kind, known, own)


def _unknown_one(place: Location, name: str, kind: str, known: tuple[str, ...], own: str | None) -> Mistake:
    if name == own:
        return Mistake(place, f"it is the {kind} {name} itself")
    return Mistake(place, f"there is no {kind} {name}", name, tuple(one for one in known if one != own))


def _branches(document: ConfigDocument) -> Iterator[Mistake]:
    owners: dict[str, str] = {}
    for name, agent in document.agents.items():
        branch = agent.branch or name
        place: Location = ("agents", name, "branch") if agent.branch is not None else ("agents", name)
        if branch == document.trunk:
            yield Mistake(place, f"the branch {branch} is trunk itself")
        elif branch in owners:
            yield Mistake(place, f"the branch {branch} is that of {owners[branch]} already")
        else:
            owners[branch] = name
    for branch, name in owners.items():
        parts = branch.split("/")
        above = next((one for depth in range(1, len(parts)) if (one := "/".join(parts[:depth])) in owners), None)
        if above is not None:
            yield Mistake(("agents", name, "branch"), f"git cannot have both {above}, of {owners[above]}, and {branch}")


def _notifications(rows: Sequence[NotificationRow]) -> Iterator[Mistake]:
    names: dict[str, int] = {}
    for number, row in enumerate(rows):
        place: Location = ("notifications", number)
        given = [kind for kind in ChannelKind if getattr(row, kind.value) is not None]
        if len(given) != 1:
            yield Mistake(place, "it must have exactly one of command, webhook and mail")
            continue
        if row.secret_env is not None and row.webhook is None:
            yield Mistake((*place, "secret_env"), "only a webhook is signed")
        name = row.name or channel_name(given[0], target_of(row, given[0]))
        first = names.setdefault(name, number)
        if first != number and row.name is None:
            yield Mistake(place, f"notifications[{first + 1}] leads to the same place: give one of them a name")
        elif first != number:
            yield Mistake((*place, "name"), f"notifications[{first + 1}] has the same name")


def target_of(row: NotificationRow, kind: ChannelKind) -> tuple[str, ...]:
    """Return where a row leads, as ``Channel.target`` has it."""
    value: str | list[str] = getattr(row, kind.value)
    return (value,) if isinstance(value, str) else tuple(value)
