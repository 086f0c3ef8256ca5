"""A case in a real repository, and the commands that settle it."""

from __future__ import annotations

from typing import Any

import pytest

from gatekeeper.coordinator.authority import written
from gatekeeper.coordinator.inquiries import inquired
from gatekeeper.core.ledger.case_events import CaseChanged, CaseRuled
from gatekeeper.core.ledger.case_records import CaseMatter
from gatekeeper.core.names import Oid
from gatekeeper.core.roster import RoleName
from gatekeeper.report.escalations import EscalationsDocument
from gatekeeper.repository import open_repository
from tests.cli.ledger_commands import document
from tests.shell.people import CASE, LEAD, ONE, PATH, TWO, Court, manifest


def opened(court: Court, **more: Any) -> CaseMatter:
    """Open the case as a poll does: with what the branches say."""
    return court.open(**_found(court, court.matter(**more)))


def reorganised(court: Court) -> CaseMatter:
    """One removes a feature that the other uses."""
    court.repository.commit("main", {PATH: manifest("minimal", "gone")})
    court.repository.branch(ONE)
    court.repository.commit(ONE, {PATH: manifest("minimal")})
    court.repository.branch(TWO)
    court.repository.commit(TWO, {PATH: manifest("minimal", "gone").replace('["minimal"]', '["minimal", "gone"]')})
    return opened(court, kind="reorganisation", author=ONE, owner=RoleName("architect"), key="features.gone")


def polled(court: Court) -> None:
    """Look again, as a poll does."""
    court.append(court.event(CaseChanged(as_it_stands(court, court.case().matter)), "gatekeeper"))


def as_it_stands(court: Court, matter: CaseMatter) -> CaseMatter:
    repository = open_repository(str(court.repository.root))
    heads = {party: Oid(court.repository.commit_id(party)) for party in matter.parties}
    return inquired(repository, matter, heads, Oid(court.repository.commit_id("main")))


def _found(court: Court, matter: CaseMatter) -> dict[str, Any]:
    found = as_it_stands(court, matter)
    names = ("kind", "owner", "question", "findings", "parties", "rule", "path", "key", "author", "heads", "contents")
    return {name: getattr(found, name) for name in (*names, "proposal", "proposed", "effect", "broken")}


def resolve(court: Court, *arguments: str, principal: str = LEAD, key: str = "lead") -> list[str]:
    """Return the command that rules on the case."""
    signer = ["--as", principal, "--key", str(court.keys[key])]
    return ["escalation", "resolve", CASE, "--because", "agreed", *arguments, *signer]


def acknowledge(court: Court, principal: str, key: str, *more: str) -> list[str]:
    """Return the command that acknowledges what was ruled."""
    return ["escalation", "acknowledge", CASE, "--as", principal, "--key", str(court.keys[key]), *more]


def the_case(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run a command and return the only case that it prints."""
    (found,) = document(capsys, EscalationsDocument, *arguments, code=code)["cases"]
    return dict(found)


def ruled(court: Court) -> list[CaseRuled]:
    """Return what is ruled, whether it counts or not."""
    events = map(written, court.case().rulings)
    return [event.payload for event in events if event is not None and isinstance(event.payload, CaseRuled)]
