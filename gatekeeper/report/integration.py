"""What ``gatekeeper integrate`` has done, or why it waits, for people and as ``gatekeeper.integration/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gatekeeper.core.safe_text import safe
from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.coordinator.integrate_command import Integrated
    from gatekeeper.coordinator.packets import Packet

SCHEMA: Final = "gatekeeper.integration/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class IntegrationValueDocument:
    """A place where two agents meet."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    path: str
    key: str
    before: str
    """What it held where the two branches parted, shortened."""
    first: str
    """What it holds on the branch of the one who goes first."""
    own: str
    """What it holds on the agent's own branch."""


@dataclass(slots=True)
class IntegrationFileDocument:
    """What a contested file becomes when both branches are merged."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    path: str
    text: str | None
    """The proven text; null where the two clash, or the file goes."""
    clashes: list[str]


@dataclass(slots=True)
class IntegrationPacketDocument:
    """Whom the agent has to wait for, and what that changes for it."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    first: str
    message: str
    because: str
    """Why that one goes first."""
    case: str | None
    findings: list[str]
    values: list[IntegrationValueDocument]
    files: list[IntegrationFileDocument]
    next_step: str


@dataclass(slots=True)
class IntegrationDocument:
    """What `gatekeeper integrate` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: Literal["gatekeeper.integration/1"]
    agent: str
    outcome: Literal["up-to-date", "published", "failed", "waits"]
    dry_run: bool
    """Nothing was written: `outcome` is what would come of it."""
    standing: str
    """What the agent may do: `clear`, `integrating`, `paused`, `halted` or `quarantined`."""
    message: str
    """The same in words, as everywhere."""
    head: str
    trunk: str
    trunk_commit: str
    ref: str
    commit: str | None
    """What `ref` names now, for the agent to fast-forward to."""
    settled: list[str]
    """Places that Gatekeeper's merge has decided, or a ruling, which is named then."""
    reasons: list[str]
    """Why there is no merge."""
    notes: list[str]
    packets: list[IntegrationPacketDocument]
    next_step: str | None


def integration_json(done: Integrated) -> str:
    """Return the document."""
    made = done.integration
    task = done.task
    return document_text(
        IntegrationDocument(
            SCHEMA,
            text(task.agent),
            done.outcome,
            done.dry_run,
            str(done.decision.standing),
            text(done.decision.sentence),
            task.head,
            text(task.trunk.ref),
            task.trunk.commit,
            text(done.ref),
            None if made is None else made.commit,
            [text(place) for place in (() if made is None else made.settled)],
            [text(reason) for reason in (() if made is None else made.reasons)],
            [text(note) for note in done.notes],
            [_packet(packet) for packet in done.packets],
            None if done.next_step is None else text(done.next_step),
        )
    )


def _packet(packet: Packet) -> IntegrationPacketDocument:
    return IntegrationPacketDocument(
        text(packet.first),
        text(packet.message),
        text(packet.because),
        packet.case,
        [problem.id for problem in packet.findings],
        [
            IntegrationValueDocument(*map(text, (value.path, value.key, value.before, value.first, value.own)))
            for value in packet.values
        ],
        [
            IntegrationFileDocument(
                text(file.path), None if file.text is None else text(file.text), [text(clash) for clash in file.clashes]
            )
            for file in packet.files
        ],
        text(packet.next_step),
    )


def integration_text(done: Integrated) -> str:
    """Return it for people: what came of it first, the one command last."""
    return "".join(f"{safe(line)}\n" for line in _lines(done))


def _lines(done: Integrated) -> Iterator[str]:
    yield from _told(done)
    for packet in done.packets:
        yield ""
        yield from _packet_lines(packet)
    made = done.integration
    yield from (f"  settled: {each}" for each in (() if made is None else made.settled))
    yield from (f"  because: {each}" for each in (() if made is None else made.reasons))
    yield from (f"  note: {each}" for each in done.notes)
    if done.next_step is not None:
        yield ""
        yield done.next_step


def _told(done: Integrated) -> Iterator[str]:
    task = done.task
    trunk = f"{task.trunk.ref} at {task.trunk.commit[:12]}"
    if done.outcome == "up-to-date":
        yield f"{task.agent} has {trunk} already"
    elif done.outcome == "waits":
        yield f"{task.agent} waits for {', '.join(packet.first for packet in done.packets)}, who has not landed yet"
    elif done.outcome == "failed":
        yield f"{trunk} cannot be merged into {task.agent}, whose branch is as it was"
    else:
        is_so = "would be" if done.dry_run else "is"
        yield f"{trunk} {is_so} merged into {task.agent}, and {is_so} published as {done.ref}"
    if done.decision.standing.stops:
        yield done.decision.sentence


def _packet_lines(packet: Packet) -> Iterator[str]:
    yield f"{packet.first} goes first: {packet.because}"
    for value in packet.values:
        yield "  " + value.path + (f"#{value.key}" if value.key else "")
        for who, holds in (("before", value.before), (packet.first, value.first), ("you", value.own)):
            yield f"    {who}: {holds}"
    for file in packet.files:
        if file.clashes:
            yield f"  {file.path}: the two clash, so that you will have to redo your part"
            yield from (f"    {clash}" for clash in file.clashes)
        elif file.text is not None:
            yield f"  {file.path}: merged, proven"
            yield from (f"    {line.expandtabs(8)}" for line in file.text.splitlines())
