"""``gatekeeper evidence``: what an agent has done, computed from its branch."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options

if TYPE_CHECKING:
    from gatekeeper.core.watch.work_log import WorkLog


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
    took it in.
    """
    log = _work_log(path, trunk, agent, uncommitted=uncommitted)
    if output == "json":
        from gatekeeper.report.work_log_json import work_log_json

        sys.stdout.write(work_log_json(log))
    else:
        from gatekeeper.report.page import Page
        from gatekeeper.report.work_log_text import write_work_log

        write_work_log(log, Page(sys.stdout), everything=everything)


def _work_log(path: str, revision: str | None, name: str, *, uncommitted: bool) -> WorkLog:
    from gatekeeper.repository import open_repository
    from gatekeeper.scanning.work_log import branch_of_declared, find_worker, gather_work_log, uncommitted_work
    from gatekeeper.trunk import read_trunk

    repository = open_repository(path)
    trunk, settings = read_trunk(repository, revision)
    worker = find_worker(repository, trunk, settings.roster, name, branch_of_declared(settings.roster))
    with closing(repository.object_store()) as store:
        besides = uncommitted_work(repository, store, worker.ref) if uncommitted else None
        return gather_work_log(store, trunk.commit, worker, uncommitted=besides)
