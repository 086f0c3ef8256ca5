"""``gatekeeper quarantine``: set an agent apart, so that nobody else waits for it."""

from __future__ import annotations

import sys

import click

from gatekeeper.cli import options
from gatekeeper.cli.signing import principal_named, reason_given, signer_options
from gatekeeper.errors import UsageError


@click.command("quarantine")
@options.repository_option
@options.trunk_option
@click.option("--because", metavar="TEXT", help="Why.")
@click.option("--release", is_flag=True, help="Let it in again.")
@signer_options
@options.format_option("text", "json")
@click.argument("agent", required=False, metavar="[AGENT]")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    path: str,
    trunk: str | None,
    because: str | None,
    release: bool,
    principal: str | None,
    key: str | None,
    output: str,
    agent: str | None,
) -> None:
    """Set AGENT apart for all findings that concern it now: it stops, and nobody else waits for it.

    Signed with ssh by a coordinator whom none of these findings concerns. It ends by itself when they are gone. Without
    AGENT: list who is set apart, and whether it counts.
    """
    from gatekeeper.cli.escalation import case_desk
    from gatekeeper.coordinator.setting_apart import let_in, quarantines, set_apart
    from gatekeeper.core.names import AgentName
    from gatekeeper.report.quarantines import quarantines_text

    if agent is None and (because is not None or release):
        raise UsageError("which agent?", "gatekeeper agent list shows the agents")
    desk = case_desk(path, trunk)
    if agent is not None:
        why, name = reason_given(because), principal_named(principal, desk.repository)
        judge = desk.judge(desk.state)
        act = let_in if release else set_apart
        act(desk, judge, AgentName(agent), why, desk.notary(judge, name, key))
    found = [judged for _, judged in quarantines(desk, desk.judge(desk.state))]
    sys.stdout.write(quarantines_text(found, output=output))
    options.warn(desk.troubles)
