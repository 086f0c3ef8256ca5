"""``gatekeeper evidence``: what an agent has done, computed from its branch."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.core.roster import Roster
    from gatekeeper.core.watch.work_log import WorkLog
    from gatekeeper.errors import BadInputError
    from gatekeeper.repository import Repository


@click.command("evidence")
@options.repository_option
@options.trunk_option
@click.option("--uncommitted", is_flag=True, help="Show what its worktree holds besides, apart.")
@options.format_option("text", "json")
@click.option("--all", "everything", is_flag=True, help="Show every commit and file, not only the first.")
@click.argument("agent")
def command(*, path: str, trunk: str | None, uncommitted: bool, output: str, everything: bool, agent: str) -> None:
    """Show what an agent has done: commits, lines, and keys of manifests.

    AGENT is the name of an agent or of a branch. What counts is what its branch changes since it left trunk, or last
    took it in. Where the branch is gone, the work log that was recorded when the agent finished is printed.
    """
    from gatekeeper.errors import BadInputError

    try:
        log = work_log(path, trunk, agent, uncommitted=uncommitted)
    except BadInputError as error:
        _print_recorded(path, agent, error, output, everything=everything)
        return
    if output == "json":
        from gatekeeper.report.work_log_json import work_log_json

        sys.stdout.write(work_log_json(log))
    else:
        from gatekeeper.report.page import Page
        from gatekeeper.report.work_log_text import write_work_log

        write_work_log(log, Page(sys.stdout), everything=everything)


def _print_recorded(path: str, agent: str, error: BadInputError, output: str, *, everything: bool) -> None:
    """Print the work log that was recorded when the agent finished; raises ``error`` or a better one where none was."""
    from gatekeeper.core.ledger.records import AgentRecord, WorkRecord
    from gatekeeper.errors import BadInputError
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.repository import open_repository

    state = Ledger(open_repository(path)).state()
    work, record = state.get(WorkRecord, agent), state.get(AgentRecord, agent)
    if work is None:
        if record is None or record.removed_at is None:
            raise error
        kept = record.archived_as
        raise BadInputError(
            f"the agent {agent} was removed, and no work log of it was recorded",
            None if kept is None else f"its commits are kept: git log {kept}",
        ) from error
    if output == "json":
        from gatekeeper.report.json_lines import json_text

        sys.stdout.write(f"{json_text(dict(work.document))}\n")
    else:
        from gatekeeper.report.page import Page
        from gatekeeper.report.recorded_work import write_recorded_work

        write_recorded_work(work.agent, work.at, work.document, Page(sys.stdout), everything=everything)


def work_log(path: str, revision: str | None, name: str, *, uncommitted: bool = False) -> WorkLog:
    """Return what an agent, or a branch, has done; raises BadInputError where there is none."""
    from gatekeeper.repository import open_repository
    from gatekeeper.scanning.compat import surroundings
    from gatekeeper.scanning.work_log import find_worker, gather_work_log, uncommitted_work
    from gatekeeper.trunk import read_trunk

    repository = open_repository(path)
    trunk, settings = read_trunk(repository, revision)
    worker = find_worker(repository, trunk, settings.roster, name, branches_of_agents(repository, settings.roster))
    with closing(repository.object_store()) as store:
        besides = uncommitted_work(repository, store, worker.ref) if uncommitted else None
        around = surroundings(repository, store, (trunk, settings), worker.head)
        return gather_work_log(store, trunk.commit, worker, uncommitted=besides, around=around)


def branches_of_agents(repository: Repository, roster: Roster) -> Callable[[str], str | None]:
    """Return how agents are found by their names: as they were started or adopted, else as they are declared."""
    from gatekeeper.core.ledger.records import AgentRecord
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.scanning.work_log import branch_of_declared

    state = Ledger(repository).state()
    declared = branch_of_declared(roster)

    def branch(name: str) -> str | None:
        record = state.get(AgentRecord, name)
        started = record is not None and record.base is not None and record.removed_at is None
        return record.branch if record is not None and started else declared(name)

    return branch
