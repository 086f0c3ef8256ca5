"""``gatekeeper agent``: workplaces of agents, and what agents say of themselves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

import click

from gatekeeper.cli import options
from gatekeeper.cli.actor import as_option
from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatekeeper.coordinator.agents import Change
    from gatekeeper.core.ledger.records import AgentRecord


_MOST_RECORDED = 256 * 1024


@click.group("agent")
def command() -> None:
    """Give each agent a branch, a worktree and a target directory of its own, and keep record of it."""


def _done(change: Change, output: str) -> None:
    from gatekeeper.report.agents import change_text

    sys.stdout.write(change_text(change, output=output))
    options.warn(change.troubles)
    if change.obstacles:
        click.get_current_context().exit(options.FINDINGS_STAND)


@command.command("start")
@options.repository_option
@options.trunk_option
@click.option("--branch", metavar="NAME", help="Its branch (default: as gatekeeper.toml says, else its name).")
@click.option("--at", "revision", metavar="REV", help="Where the branch begins (default: trunk).")
@click.option("--existing", is_flag=True, help="The branch is there already; work on it.")
@options.format_option("text", "json")
@click.argument("name")
def start(
    *, path: str, trunk: str | None, branch: str | None, revision: str | None, existing: bool, output: str, name: str
) -> None:
    """Make the branch, the worktree and the target directory of the agent NAME.

    In the worktree, .gatekeeper/env sets CARGO_TARGET_DIR and GATEKEEPER_AGENT for a shell, and .cargo/config.toml the
    target directory for cargo; neither gets into a commit. Killed in between, the same command completes it.

    Refused (exit 1) while an agent that it depends on is not completed, or its phase has not started.
    """
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.coordinator.agents import AgentDesk

    desk = AgentDesk(path, trunk, clock=now_utc)
    _done(desk.start(name, branch=branch, revision=revision, existing=existing), output)


@command.command("adopt")
@options.repository_option
@options.trunk_option
@click.option("--branch", metavar="NAME", help="Its branch (default: as gatekeeper.toml says, else its name).")
@options.format_option("text", "json")
@click.argument("name")
def adopt(*, path: str, trunk: str | None, branch: str | None, output: str, name: str) -> None:
    """Take up an agent whose branch, and worktree if it has one, something else has made. Nothing of them changes."""
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.coordinator.agents import AgentDesk

    _done(AgentDesk(path, trunk, clock=now_utc).adopt(name, branch=branch), output)


@command.command("list")
@options.repository_option
@options.trunk_option
@options.format_option("text", "json")
def list_command(*, path: str, trunk: str | None, output: str) -> None:
    """List the agents and phases: pending, in progress, blocked or completed, and who can start."""
    from gatekeeper.core.watch.registry import registry
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.report.agents import registry_json, write_registry
    from gatekeeper.repository import open_repository
    from gatekeeper.trunk import read_trunk

    repository = open_repository(path)
    _, settings = read_trunk(repository, trunk)
    found = registry(settings.roster, Ledger(repository).state())
    if output == "json":
        sys.stdout.write(registry_json(found))
    else:
        from gatekeeper.report.page import Page

        write_registry(found, Page(sys.stdout))


@command.command("report")
@options.repository_option
@as_option
@click.option("--reason", metavar="TEXT", help="Why, for blocked.")
@click.option("--output", "outputs", metavar="FILE", multiple=True, help="What came of it; may be repeated.")
@options.format_option("text", "json")
@click.argument("word", metavar="blocked|working|done", type=click.Choice(["blocked", "working", "done"]))
def report(
    *,
    path: str,
    actor: str | None,
    reason: str | None,
    outputs: tuple[str, ...],
    output: str,
    word: Literal["blocked", "working", "done"],
) -> None:
    """Say that you are blocked, at work again, or done. Who is blocked for over an hour becomes a finding."""
    from gatekeeper.cli.actor import agent_named
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.coordinator.agents import AgentDesk

    if word == "blocked" and not (reason or "").strip():
        raise UsageError("blocked by what?", "say so: gatekeeper agent report blocked --reason ...")
    desk = AgentDesk(path, None, clock=now_utc)
    name = agent_named(actor, desk.repository, desk.state)
    _done(desk.report(name, word, reason=reason, outputs=outputs), output)


@command.command("finish")
@options.repository_option
@options.trunk_option
@click.option("--output", "outputs", metavar="FILE", multiple=True, help="What came of it; may be repeated.")
@options.format_option("text", "json")
@click.argument("name")
def finish(*, path: str, trunk: str | None, outputs: tuple[str, ...], output: str, name: str) -> None:
    """Record that the work of the agent NAME is complete, with its work log. Refused while anything is uncommitted.

    The exit code is 1 then. gatekeeper evidence NAME shows the work log, even after the branch is gone.
    """
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.coordinator.agents import AgentDesk

    desk = AgentDesk(path, trunk, clock=now_utc)
    _done(desk.finish(name, outputs=outputs, work=lambda record: _work(path, trunk, record)), output)


def _work(path: str, trunk: str | None, record: AgentRecord) -> Mapping[str, Any] | None:
    import json

    from gatekeeper.cli.evidence import work_log
    from gatekeeper.errors import GatekeeperError
    from gatekeeper.report.work_log_json import work_log_json

    try:
        text = work_log_json(work_log(path, trunk, record.name))
    except GatekeeperError:
        # Landed and gone, or never begun: that the agent has finished is recorded all the same.
        return None
    document: dict[str, Any] = json.loads(text)
    if len(text) > _MOST_RECORDED:
        # The ledger is for every clone to carry: of very large work, the sums are enough.
        document |= {"files": [], "manifests": [], "commits": []}
        document["compatibility"] = [item | {"used_by": []} for item in document["compatibility"]]
    return document


@command.command("remove")
@options.repository_option
@options.trunk_option
@click.option("--archive", is_flag=True, help="Keep what is uncommitted or unmerged under refs/gatekeeper/archive.")
@options.format_option("text", "json")
@click.argument("name")
def remove(*, path: str, trunk: str | None, archive: bool, output: str, name: str) -> None:
    """Remove the worktree, branch and target directory of the agent NAME.

    Refused (exit 1) while anything is uncommitted or unmerged, unless --archive keeps it. Of an adopted agent only the
    record goes.
    """
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.coordinator.agents import AgentDesk

    _done(AgentDesk(path, trunk, clock=now_utc).remove(name, archived=archive), output)
