"""Claims against what the agents do: who touches what another one has announced, and whose change is committed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from datetime import datetime

from gatekeeper.core.document import Document, parse
from gatekeeper.core.findings import AgentState, AgentStatus, Report
from gatekeeper.core.ledger.records import ClaimId, ClaimRecord, FindingId, FindingSide, FoundProblem
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.schema import profile_for
from gatekeeper.core.watch.claimed_places import Claim, Place, Touch, parse_place, touched
from gatekeeper.core.watch.limits import CLAIM_TOUCHED, FAMILY
from gatekeeper.core.watch.places import ChangedPlaces
from gatekeeper.errors import GatekeeperError
from gatekeeper.repository import Repository
from gatekeeper.scanning.work_log import Worker, gather_work_log, uncommitted_work

_AT_WORK = frozenset({AgentState.MERGEABLE, AgentState.CONFLICTS_WITH_TRUNK})


def claims(state: Records) -> tuple[Claim, ...]:
    """Return the claims as they were made; a place that can no longer be read is nobody's."""
    found = []
    for _, record in state.each(ClaimRecord):
        with suppress(ValueError):
            place = parse_place(record.place)
            found.append(Claim(record.id, record.agent, place, record.made_at, record.until))
    return tuple(found)


def touches(
    repository: Repository, state: Records, report: Report, now: datetime, *, only: AgentName | None = None
) -> tuple[Touch, ...]:
    """Return who changes what another agent has claimed, uncommitted work included.

    ``only``: one agent, whose changes and whose claims are looked at.
    """
    made = [claim for claim in claims(state) if now < claim.until]
    if not made:
        return ()
    own = only is not None and all(claim.agent != only for claim in made)
    agents = [agent for agent in report.agents if not own or agent.name == only]
    return touched(made, changes_of(repository, report.trunk_commit, agents), now)


def problems_of(found: Iterable[Touch]) -> Iterator[FoundProblem]:
    """Yield a note for each touch: advice, never a reason to stop."""
    for touch in found:
        claim = touch.claim
        digest = hashlib.sha256(f"{CLAIM_TOUCHED}\0{claim.id}\0{touch.agent}".encode("utf-8", "replace"))
        path, _, key = str(claim.place).partition("#")
        sides = (FindingSide((claim.agent,), path, key), FindingSide((touch.agent,), path, key))
        yield FoundProblem(
            FindingId(digest.hexdigest()[:12]),
            CLAIM_TOUCHED,
            "note",
            path,
            key,
            sides,
            f"{touch.agent} changes {claim.place}, claimed by {claim.agent} until {claim.until:%Y-%m-%d %H:%M} UTC",
            "Talk to each other before either goes on.",
            family=FAMILY,
        )


def changes_of(repository: Repository, trunk: Oid, agents: Iterable[AgentStatus]) -> dict[AgentName, ChangedPlaces]:
    """Return what each agent changes, its uncommitted work included; agents that cannot be read are left out."""
    found: dict[AgentName, ChangedPlaces] = {}
    with closing(repository.object_store()) as store:
        for status in agents:
            head = repository.commit_of(status.ref)
            if status.state not in _AT_WORK or head is None:
                continue
            with suppress(GatekeeperError):
                besides = uncommitted_work(repository, store, status.ref) if status.uncommitted else None
                worker = Worker(status.name, status.ref, head)
                found[status.name] = gather_work_log(store, trunk, worker, uncommitted=besides).places
    return found


def fulfilled(repository: Repository, state: Records, branches: dict[AgentName, RefName]) -> frozenset[ClaimId]:
    """Return the claims whose place a commit of their agent has changed since they were made."""
    done = set()
    for _, record in state.each(ClaimRecord):
        head = repository.commit_of(branches.get(record.agent, f"refs/heads/{record.agent}"))
        if head is None or record.head is None or record.head == head:
            continue
        with suppress(ValueError, GatekeeperError):
            if _differs(repository, parse_place(record.place), record.head, head):
                done.add(record.id)
    return frozenset(done)


def _differs(repository: Repository, place: Place, before: Oid, after: Oid) -> bool:
    if place.path.endswith("/"):
        return any(path.startswith(place.path) for path in repository.changed_paths(before, after))
    old, new = repository.blob(before, place.path), repository.blob(after, place.path)
    if old == new or place.key is None:
        return old != new
    return _value(place, old) != _value(place, new)


def _value(place: Place, text: bytes | None) -> object:
    """Return what stands at the key; the whole text where it is no manifest."""
    profile = profile_for(place.path)
    parsed = None if text is None or profile is None else parse(text, profile)
    if not isinstance(parsed, Document):
        return text
    value: object = parsed.tree
    for part in place.key or ():
        value = value.get(part) if isinstance(value, dict) else None
    return value
