"""What came of a drill, for people and as ``gatekeeper.drill/1``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.names import format_key
from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text
from gatekeeper.report.page import severity_style

if TYPE_CHECKING:
    from gatekeeper.drill.drill import Drilled
    from gatekeeper.drill.telling import ChannelSaid
    from gatekeeper.drill.verdicts import Caught
    from gatekeeper.report.page import Page

SCHEMA: Final = "gatekeeper.drill/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}
_SHORT_OID = 10
_WIDEST_SEVERITY = 8


@dataclass(slots=True)
class PlantDocument:
    """One conflict that was planted."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    severity: str
    """How bad it is by the rules: ``minor``, ``major`` or ``critical``."""
    rule: str
    path: str
    key: str
    agents: list[str]
    did: list[str]
    """What each of the agents did, in a few words."""
    verdict: str
    """``caught``, ``turned-down``, ``expected`` or ``missed``."""
    passed: bool
    """Whether it counts as caught."""
    found_rule: str | None
    """The rule that found it; null where none did."""
    found_severity: str | None
    """How bad it is by ``gatekeeper.toml``."""
    expected_because: str | None
    finding: str | None
    """The id of the finding in the clone."""
    seconds: float
    """From planting it to the end of the poll that looked."""


@dataclass(slots=True)
class DrillChannelDocument:
    """A channel of notifications."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    name: str
    would_be_told: bool
    """Whether it would have been told of the plants."""
    delivered: bool | None
    """Whether the drill's own notice has arrived; null where none was sent."""
    failure: str | None


@dataclass(slots=True)
class DrillDocument:
    """What came of a drill."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    trunk: str
    commit: str
    passed: bool
    plants: list[PlantDocument]
    """The mildest first."""
    own_manifests: list[str]
    """Manifests that trunk has not, and that the drill has planted."""
    second_poll_silent: bool
    third_poll_closed: bool
    channels: list[DrillChannelDocument]
    kept: str | None
    """Where the clone is, if it was to be kept."""


def drill_json(done: Drilled, *, allow_overrides: bool) -> str:
    """Return the result as JSON."""
    return document_text(
        DrillDocument(
            SCHEMA,
            text(done.trunk.ref),
            done.trunk.commit,
            done.has_passed(allow_overrides=allow_overrides),
            [_plant_document(caught, allow_overrides=allow_overrides) for caught in done.plants],
            list(done.own),
            done.silent,
            done.closed,
            [_channel_document(said) for said in done.channels],
            None if done.kept is None else text(str(done.kept)),
        )
    )


def _plant_document(caught: Caught, *, allow_overrides: bool) -> PlantDocument:
    plant, finding = caught.plant, caught.finding
    return PlantDocument(
        plant.severity.label,
        plant.rule,
        text(plant.path),
        text(format_key(plant.key)),
        list(caught.agents),
        [text(work.said) for work in plant.works],
        caught.verdict.value,
        caught.counts(allow_overrides=allow_overrides),
        None if finding is None else finding.rule,
        None if finding is None else finding.severity,
        None if finding is None else finding.expected_because,
        None if finding is None else finding.id,
        round(caught.seconds, 3),
    )


def _channel_document(said: ChannelSaid) -> DrillChannelDocument:
    failure = None if said.failure is None else text(said.failure)
    return DrillChannelDocument(text(said.channel.name), said.would_be_told, said.delivered, failure)


def write_drill(done: Drilled, page: Page, *, allow_overrides: bool) -> None:
    """Write a line a plant, and what to make of it."""
    name = done.trunk.ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")
    page.line((f"drill on {name}", "bold"), f" at {done.trunk.commit[:_SHORT_OID]}, in a clone of its own")
    if done.own:
        page.line(f"trunk has no manifest for some of it; planted {page.list_of(done.own)} there")
    for caught in done.plants:
        _plant(caught, page)
    for sentence in _troubles(done):
        page.line(sentence)
    _channels(done, page)
    if done.kept is not None:
        page.line(f"the clone is in {done.kept}: git -C {done.kept} log --all")
    _conclusion(done, page, allow_overrides=allow_overrides)


def _plant(caught: Caught, page: Page) -> None:
    plant, finding = caught.plant, caught.finding
    place = " ".join(part for part in (plant.path, format_key(plant.key)) if part)
    rule = plant.rule if finding is None else finding.rule
    severity = plant.severity.label
    page.line(
        (f"{severity:<{_WIDEST_SEVERITY}} ", severity_style(plant.severity)),
        f"{_verdict(caught)}  {rule}  {place} · {page.list_of(caught.agents)}",
        hang=_WIDEST_SEVERITY + 1,
    )


def _verdict(caught: Caught) -> str:
    finding = caught.finding
    if finding is None:
        return "missed"
    told = f"caught in {caught.seconds:.2f} s"
    if finding.expected_because is not None:
        return f"{told}, but expected by gatekeeper.toml ({finding.expected_because})"
    if finding.rank < caught.plant.severity:
        return f"{told}, but turned down to {finding.severity} by gatekeeper.toml"
    return told if finding.rank == caught.plant.severity else f"{told} as {finding.severity}"


def _troubles(done: Drilled) -> Iterator[str]:
    if not done.silent:
        yield "the second poll was not silent, though nothing had changed"
    if not done.closed:
        yield "the third poll did not close what had been taken back"


def _channels(done: Drilled, page: Page) -> None:
    told = [said.channel.name for said in done.channels if said.would_be_told]
    if done.channels:
        page.line(f"would have been told: {page.list_of(told)}" if told else "nobody would have been told")
    for said in done.channels:
        if said.delivered:
            page.line(f"drill notice sent to {said.channel.name}")
        elif said.failure is not None:
            page.line(("not told", "yellow"), f" {said.channel.name}: {said.failure}")


def _conclusion(done: Drilled, page: Page, *, allow_overrides: bool) -> None:
    caught = sum(plant.counts(allow_overrides=allow_overrides) for plant in done.plants)
    if caught < len(done.plants):
        overridden = any(
            plant.counts(allow_overrides=True) for plant in done.plants if not plant.counts(allow_overrides=False)
        )
        hint = (
            "; --allow-overrides accepts what gatekeeper.toml plays down" if overridden and not allow_overrides else ""
        )
        page.line(("failed", "bold red"), f": {caught} of {len(done.plants)} caught{hint}")
    elif not done.has_passed(allow_overrides=allow_overrides):
        page.line(("failed", "bold red"), f": all {len(done.plants)} caught, but not all was as it has to be")
    else:
        page.line(("passed", "bold green"), ": all caught; silent when asked again; closed when taken back")
