"""``gatekeeper claim``: say beforehand what you are about to change."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.cli.actor import as_option
from gatekeeper.errors import BadInputError, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from gatekeeper.core.ledger.events import Payload
    from gatekeeper.core.ledger.records import ClaimRecord
    from gatekeeper.core.ledger.state import Records
    from gatekeeper.core.names import AgentName
    from gatekeeper.repository import Repository


@click.command("claim")
@options.repository_option
@as_option
@click.option("--for", "length", metavar="DURATION", default="30m", show_default=True, help="How long it holds.")
@click.option("--release", is_flag=True, help="Withdraw your claims of PLACE.")
@options.format_option("text", "json")
@click.argument("places", metavar="[PLACE]...", nargs=-1)
def command(*, path: str, actor: str | None, length: str, release: bool, output: str, places: tuple[str, ...]) -> None:
    """Say that you are about to change PLACE: a file, a DIRECTORY/, or FILE#KEY such as Makefile.toml#tasks.check.

    Advice and no lock: whoever changes the same is told, and so are you. It ends with its time, or when the change is
    committed. Without PLACE: list the claims.
    """
    from gatekeeper.cli.actor import agent_named
    from gatekeeper.cli.durations import duration, now_utc
    from gatekeeper.core.ledger.records import ClaimRecord
    from gatekeeper.ledger.ledger import Ledger, new_event
    from gatekeeper.report.claims import claims_text
    from gatekeeper.repository import open_repository

    lasting = duration(length, option="--for")
    repository = open_repository(path)
    ledger, now = Ledger(repository), now_utc()
    state = ledger.state()
    if not places and release:
        raise UsageError("which place?", "gatekeeper claim lists the claims")
    others: list[ClaimRecord] = []
    if places:
        agent = agent_named(actor, repository, state)
        _require_known(agent, repository, state)
        named = [_canonical(place) for place in places]
        if release:
            said = _withdrawals(state, agent, named)
        else:
            said = _claims(repository, state, agent, named, now + lasting)
            others = _overlapping(state, agent, named, now)
        events = [new_event(payload, at=now, by=agent) for payload in said]
        ledger.append(lambda _state: events, subject=f"claim: {', '.join(named)}", at=now)
    standing = [claim for _, claim in ledger.state().each(ClaimRecord) if claim.until > now]
    sys.stdout.write(claims_text(standing, others, now=now, output=output))


def _canonical(text: str) -> str:
    from gatekeeper.core.watch.claimed_places import parse_place

    try:
        return str(parse_place(text))
    except ValueError as error:
        raise BadInputError(f"{text} is no place: {error}", "write Cargo.toml, crates/x/ or Cargo.toml#KEY") from error


def _require_known(agent: AgentName, repository: Repository, state: Records) -> None:
    """A claim by a name that is nobody's would never be held against anything."""
    from gatekeeper.coordinator.agent_checks import refuse_unknown
    from gatekeeper.core.ledger.records import AgentRecord
    from gatekeeper.trunk import read_trunk

    if state.get(AgentRecord, agent) is not None or repository.commit_of(f"refs/heads/{agent}") is not None:
        return
    _, settings = read_trunk(repository)
    refuse_unknown(agent, repository, state, settings.roster)


def _claims(
    repository: Repository, state: Records, agent: AgentName, places: list[str], until: datetime
) -> list[Payload]:
    """Return the new claims; one of a place that the agent has claimed already takes the place of that."""
    from gatekeeper.core.ledger.events import ClaimMade
    from gatekeeper.core.ledger.records import AgentRecord, ClaimId
    from gatekeeper.ledger.ledger import new_id

    record = state.get(AgentRecord, agent)
    head = repository.commit_of(record.branch if record is not None else f"refs/heads/{agent}")
    known = {claim.place: claim.id for claim in _of(state, agent)}
    return [ClaimMade(known.get(place, ClaimId(new_id())), agent, place, until, head) for place in places]


def _withdrawals(state: Records, agent: AgentName, places: list[str]) -> list[Payload]:
    from gatekeeper.core.ledger.events import ClaimReleased

    found = [claim for claim in _of(state, agent) if claim.place in places]
    if missing := sorted(set(places) - {claim.place for claim in found}):
        raise BadInputError(f"{agent} has not claimed {', '.join(missing)}", "gatekeeper claim lists the claims")
    return [ClaimReleased(claim.id, "withdrawn") for claim in found]


def _of(state: Records, agent: AgentName) -> list[ClaimRecord]:
    from gatekeeper.core.ledger.records import ClaimRecord

    return [claim for _, claim in state.each(ClaimRecord) if claim.agent == agent]


def _overlapping(state: Records, agent: AgentName, places: list[str], now: datetime) -> list[ClaimRecord]:
    """Return the claims of others that meet these places."""
    from gatekeeper.core.ledger.records import ClaimRecord
    from gatekeeper.core.watch.claimed_places import parse_place

    mine = [parse_place(place) for place in places]
    others = [claim for _, claim in state.each(ClaimRecord) if claim.agent != agent and claim.until > now]
    return [claim for claim in others if any(place.overlaps(parse_place(claim.place)) for place in mine)]
