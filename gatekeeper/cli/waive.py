"""``gatekeeper waive``: let a finding pass until a date, by a signature that counts."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.errors import BadInputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from gatekeeper.coordinator.authority import Authority
    from gatekeeper.core.ledger.events import WaiverGranted, WaiverRevoked
    from gatekeeper.core.ledger.state import Records
    from gatekeeper.core.roster import Principal
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.repository import Repository


@click.command("waive")
@options.repository_option
@options.trunk_option
@click.option("--because", metavar="TEXT", help="Why it may pass, or why it may no longer.")
@click.option("--until", metavar="DATE", help="The day or moment at which the waiver ends, or how long it holds.")
@click.option("--revoke", is_flag=True, help="Take a waiver of the finding back.")
@click.option("--as", "principal", metavar="NAME", help="Under which name allowed_signers has your key.")
@click.option("--key", metavar="FILE", help="The key to sign with (default: as git signs commits).")
@options.format_option("text", "json")
@click.argument("finding", required=False, metavar="[FINDING]")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    path: str,
    trunk: str | None,
    because: str | None,
    until: str | None,
    revoke: bool,
    principal: str | None,
    key: str | None,
    output: str,
    finding: str | None,
) -> None:
    """Let FINDING (its id) pass until a date: it stays in every report, and no longer decides.

    Signed with ssh. It counts while trunk's allowed_signers lists the key, and gatekeeper.toml gives its owner the role
    of architect or coordinator. Without FINDING: list the waivers, and whether they count.
    """
    from gatekeeper.cli.durations import moment, now_utc
    from gatekeeper.coordinator.authority import Authority
    from gatekeeper.core.ledger.records import WaiverRecord
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.report.waivers import waivers_text
    from gatekeeper.repository import open_repository
    from gatekeeper.trunk import read_trunk

    if finding is None and (because is not None or until is not None or revoke):
        raise UsageError("which finding?", "name it by its id: gatekeeper status lists them")
    repository = open_repository(path)
    now, ledger = now_utc(), Ledger(repository)
    at, settings = read_trunk(repository, trunk)
    authority = Authority(repository, settings, at.commit)
    if finding is not None:
        if not (because or "").strip():
            raise UsageError("why?", "say so with --because")
        name = _principal(principal, repository)
        if revoke:
            payloads: Sequence[WaiverGranted | WaiverRevoked] = _revocations(
                ledger.state(), authority, name, finding, because or "", now
            )
        elif until is None:
            raise UsageError("until when?", "say so with --until: a date, or how long, such as 14d")
        else:
            ends = moment(until, option="--until", now=now)
            payloads = [_waiver(ledger.state(), authority, name, finding, because or "", ends)]
        _append(ledger, repository, authority, payloads, key, now)
    waivers = [waiver for _, waiver in ledger.state().each(WaiverRecord)]
    told = [(waiver, authority.counts(waiver, now)) for waiver in waivers]
    sys.stdout.write(waivers_text(told, output=output))


def _principal(named: str | None, repository: Repository) -> Principal:
    from gatekeeper.core.roster import Principal

    found = named or repository.person()
    if not found:
        raise UsageError("who are you?", "say so with --as NAME, or set git's user.email")
    return Principal(found)


def _waiver(
    state: Records, authority: Authority, principal: Principal, finding: str, because: str, until: datetime
) -> WaiverGranted:
    from gatekeeper.core.ledger.events import WaiverGranted
    from gatekeeper.core.ledger.records import FindingRecord

    records = dict(state.each(FindingRecord))
    named = _the_only(
        records,
        finding,
        none="no finding of the ledger has the id",
        several="several findings of the ledger begin with",
        hint="gatekeeper status lists them",
    )
    problem = records[named].problem
    return WaiverGranted(
        authority.repository_id, principal, problem.id, because, until, problem.rule, problem.path, problem.key
    )


def _the_only(ids: Iterable[str], named: str, *, none: str, several: str, hint: str) -> str:
    """Return the only id that begins as ``named``; raises UsageError or BadInputError where there is not one."""
    if not named:
        # Everything begins with it.
        raise UsageError("which finding?", hint)
    found = {each for each in ids if each.startswith(named)}
    if len(found) != 1:
        raise BadInputError(f"{several if found else none} {named}", hint)
    return found.pop()


def _revocations(
    state: Records, authority: Authority, principal: Principal, finding: str, because: str, now: datetime
) -> list[WaiverRevoked]:
    """Return what takes back every waiver of a finding that counts; what has ended need not be taken back."""
    from gatekeeper.core.ledger.events import WaiverRevoked
    from gatekeeper.core.ledger.records import WaiverRecord

    waivers = [waiver for _, waiver in state.each(WaiverRecord) if authority.counts(waiver, now) is None]
    named = _the_only(
        (waiver.finding for waiver in waivers),
        finding,
        none="no waiver that counts is of",
        several="waivers that count are of several findings that begin with",
        hint="gatekeeper waive lists them, and whether they count",
    )
    return [
        WaiverRevoked(authority.repository_id, principal, waiver.id, because)
        for waiver in waivers
        if waiver.finding == named
    ]


def _append(
    ledger: Ledger,
    repository: Repository,
    authority: Authority,
    payloads: Sequence[WaiverGranted | WaiverRevoked],
    key: str | None,
    now: datetime,
) -> None:
    """Sign and append; what would not count is refused before it is written."""
    from gatekeeper.ledger.codec import signed_bytes
    from gatekeeper.ledger.ledger import new_event
    from gatekeeper.signing import sign, signing_key

    using = signing_key(repository, key)
    events = []
    for payload in payloads:
        event = new_event(payload, at=now, by=payload.principal)
        signed = replace(event, signature=sign(signed_bytes(event), using))
        if (objection := authority.objection(signed)) is not None:
            raise BadInputError(
                f"this would not count: {objection}",
                "trunk's allowed_signers lists the keys, policy.roles in its gatekeeper.toml who may decide",
            )
        events.append(signed)
    ledger.append(lambda _state: events, subject="waiver", at=now)
