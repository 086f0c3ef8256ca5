"""``gatekeeper approve``: say yes to the plan of an incident or to a gate, by a signature that counts."""

from __future__ import annotations

import sys

import click

from gatekeeper.cli import options
from gatekeeper.cli.signing import principal_named, reason_given, signer_options
from gatekeeper.errors import UsageError


@click.command("approve")
@options.repository_option
@options.trunk_option
@click.option("--because", metavar="TEXT", help="Why.")
@click.option("--condition", "conditions", metavar="GATE", multiple=True, help="Only if this gate passes as well.")
@click.option("--head", metavar="REV", help="Approve the files as they are there (default: trunk).")
@signer_options
@options.format_option("text", "json")
@click.argument("subject", required=False, metavar="[SUBJECT]")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    path: str,
    trunk: str | None,
    because: str | None,
    conditions: tuple[str, ...],
    head: str | None,
    principal: str | None,
    key: str | None,
    output: str,
    subject: str | None,
) -> None:
    """Approve SUBJECT as it is now: incident/ID, gate/PHASE/GATE or release/GATE. Signed with ssh.

    It counts while trunk's allowed_signers lists the key, gatekeeper.toml gives its owner the role, and what was
    approved is as it was. Without SUBJECT: list what waits for an approval, and what was approved.
    """
    from gatekeeper.cli.escalation import case_desk
    from gatekeeper.coordinator.approving import Wish, approvals, approve, waiting
    from gatekeeper.core.roster import GateName
    from gatekeeper.report.approvals import approvals_text

    if subject is None and (because is not None or conditions or head is not None):
        raise UsageError("approve what?", "gatekeeper approve lists what waits for an approval")
    desk = case_desk(path, trunk)
    if subject is not None:
        why, name = reason_given(because), principal_named(principal, desk.repository)
        at = None if head is None else desk.repository.resolve(head)
        wish = Wish(subject, why, tuple(map(GateName, conditions)), at)
        approve(desk, wish, desk.notary(desk.judge(desk.state), name, key))
    state = desk.state
    plans = [each for case in desk.cases(state) for each in desk.view(case, state).approvals]
    given = [*plans, *(judged for _, judged in approvals(desk))]
    sys.stdout.write(approvals_text(waiting(desk), given, output=output))
    options.warn(desk.troubles)
