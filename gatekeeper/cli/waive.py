"""``gatekeeper waive``: let a finding pass until a date, by a signature that counts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from gatekeeper.cli import options
from gatekeeper.cli.signing import principal_named, reason_given, signer_options, the_only
from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gatekeeper.coordinator.authority import Authority
    from gatekeeper.core.ledger.events import WaiverGranted, WaiverRevoked
    from gatekeeper.core.ledger.state import Records
    from gatekeeper.core.roster import Principal


@click.command("waive")
@options.repository_option
@options.trunk_option
@click.option("--because", metavar="TEXT", help="Why it may pass, or why it may no longer.")
@click.option("--until", metavar="DATE", help="The day or moment at which the waiver ends, or how long it holds.")
@click.option("--revoke", is_flag=True, help="Take a waiver of the finding back.")
@signer_options
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
    from gatekeeper.coordinator.authority import Authority, finding_concern
    from gatekeeper.coordinator.notary import Notary
    from gatekeeper.coordinator.saying import Speaker
    from gatekeeper.coordinator.trunks import newest_trunk
    from gatekeeper.core.ledger.records import WaiverRecord
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.report.waivers import waivers_text
    from gatekeeper.repository import open_repository
    from gatekeeper.trunk import read_trunk

    if finding is None and (because is not None or until is not None or revoke):
        raise UsageError("which finding?", "name it by its id: gatekeeper status lists them")
    repository = open_repository(path)
    now, ledger = now_utc(), Ledger(repository)
    at, settings = read_trunk(repository, trunk or newest_trunk(repository))
    authority = Authority(repository, settings, at.commit)
    if finding is not None:
        why, name = reason_given(because), principal_named(principal, repository)
        if revoke:
            payloads: Sequence[Any] = _revocations(ledger.state(), authority, name, finding, why, now)
        elif until is None:
            raise UsageError("until when?", "say so with --until: a date, or how long, such as 14d")
        else:
            ends = moment(until, option="--until", now=now)
            payloads = [_waiver(ledger.state(), authority, name, finding, why, ends)]
        notary = Notary(repository, authority, name, key, now)
        # A waiver is nobody's own to give; to take one back frees nobody.
        concern = None if revoke else finding_concern(payloads[0].finding, ledger.state())
        events = [notary.signed(payload, concern) for payload in payloads]
        said = Speaker(repository, ledger, settings, at.commit, now).append(lambda _state: events, subject="waiver")
        options.warn(said.troubles)
    waivers = [waiver for _, waiver in ledger.state().each(WaiverRecord)]
    told = [(waiver, authority.counts(waiver, now, ledger.state())) for waiver in waivers]
    sys.stdout.write(waivers_text(told, output=output))


def _waiver(
    state: Records, authority: Authority, principal: Principal, finding: str, because: str, until: datetime
) -> WaiverGranted:
    from gatekeeper.core.ledger.events import WaiverGranted
    from gatekeeper.core.ledger.records import FindingRecord

    records = dict(state.each(FindingRecord))
    named = the_only(
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


def _revocations(
    state: Records, authority: Authority, principal: Principal, finding: str, because: str, now: datetime
) -> list[WaiverRevoked]:
    """Return what takes back every waiver of a finding that counts; what has ended need not be taken back."""
    from gatekeeper.core.ledger.events import WaiverRevoked
    from gatekeeper.core.ledger.records import WaiverRecord

    waivers = [waiver for _, waiver in state.each(WaiverRecord) if authority.counts(waiver, now, state) is None]
    named = the_only(
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
