"""``gatekeeper integrate``: take trunk into an agent's branch, verified, for the agent to fast-forward to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options

if TYPE_CHECKING:
    from gatekeeper.coordinator.integrate_command import Integrated

_BLOCKED = 1


@click.command("integrate")
@options.repository_option
@options.trunk_option
@click.option("--dry-run", is_flag=True, help="Show what would come of it; write nothing.")
@options.format_option("text", "json")
@click.argument("agent", required=False)
@click.pass_context
def command(
    context: click.Context, *, path: str, trunk: str | None, dry_run: bool, output: str, agent: str | None
) -> None:
    """Merge trunk into the branch of AGENT, verify it, and publish it as refs/gatekeeper/integrated/AGENT.

    No branch is moved, and no worktree touched: the agent takes the merge with the one command that is printed. Places
    that were ruled on hold what was ruled. Without AGENT: GATEKEEPER_AGENT, else whose branch is checked out.

    Exits with 0 where the merge is published, or the branch has trunk already; with 1 where there is no merge that
    could be verified, or somebody has to land first: then it says who, why, and what that changes.
    """
    from gatekeeper.report.integration import integration_json, integration_text

    done = _integrated(path, trunk, agent, dry_run=dry_run)
    sys.stdout.write(integration_json(done) if output == "json" else integration_text(done))
    if done.outcome in {"failed", "waits"}:
        context.exit(_BLOCKED)


def _integrated(path: str, trunk: str | None, agent: str | None, *, dry_run: bool) -> Integrated:
    from gatekeeper.cli.actor import known_agent
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.coordinator.integrate_command import IntegrateCommand
    from gatekeeper.core.branch_names import branch_of
    from gatekeeper.core.names import AgentName
    from gatekeeper.errors import UsageError
    from gatekeeper.repository import open_repository

    repository = open_repository(path)
    asked = IntegrateCommand(repository, trunk, clock=now_utc, dry_run=dry_run)
    name = known_agent(agent, repository, asked.ledger.state())
    checked_out, _ = repository.head()
    if name is None and checked_out is not None:
        name = AgentName(branch_of(checked_out))
    if name is None:
        raise UsageError("which agent?", "name it, or set GATEKEEPER_AGENT; gatekeeper agent list shows them")
    return asked.run(name)
