"""``gatekeeper compat``: what a change takes away from others, computed and not claimed."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from gatekeeper.scanning.compat import ComparedChange

_NOT_COMPATIBLE = 1


@click.command("compat")
@options.repository_option
@options.trunk_option
@click.option("--waive", "waived", metavar="NAME", multiple=True, help="Let this item pass; can be given repeatedly.")
@options.format_option("text", "json")
@click.option("--all", "everything", is_flag=True, help="Show every item and use, not only the first.")
@click.argument("base", required=False)
@click.argument("head", required=False)
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    *,
    path: str,
    trunk: str | None,
    waived: tuple[str, ...],
    output: str,
    everything: bool,
    base: str | None,
    head: str | None,
) -> None:
    """List what a change removes or alters that others may rely on, and who uses it.

    The change is what HEAD (default: what is checked out; a revision, or the name of an agent) does since it left BASE
    (default: trunk). An agent's name alone is HEAD. Tasks, features, members, dependencies, packages, targets and what
    CI files refer to count; additions, and other spellings of the same, do not.

    Exits with 0 where nothing is taken away, or all of it is waived by its name, else with 1.
    """
    change = compared_change(path, trunk, base, head)
    unknown = change.compatibility.unknown(waived)
    if unknown is not None:
        name, nearest = unknown
        hint = "nothing is removed or altered" if nearest is None else f"did you mean {nearest!r}?"
        raise UsageError(f"this change has no item {name!r}", hint)
    if output == "json":
        from gatekeeper.report.compat_json import compat_json

        sys.stdout.write(compat_json(change, waived))
    else:
        from gatekeeper.report.compat_text import write_compat
        from gatekeeper.report.page import Page

        write_compat(change, waived, Page(sys.stdout), everything=everything)
    if not change.compatibility.is_backward_compatible(waived):
        context.exit(_NOT_COMPATIBLE)


def compared_change(path: str, trunk_revision: str | None, base: str | None, head: str | None) -> ComparedChange:
    """Return what a change takes away; raises BadInputError where there is no such change."""
    from gatekeeper.cli.evidence import branches_of_agents
    from gatekeeper.core.names import Oid
    from gatekeeper.repository import open_repository
    from gatekeeper.scanning.compat import compare_change
    from gatekeeper.scanning.work_log import find_worker
    from gatekeeper.trunk import read_trunk

    repository = open_repository(path)
    trunk, settings = read_trunk(repository, trunk_revision)
    branch_of = branches_of_agents(repository, settings.roster)
    if head is None and base is not None and branch_of(base) is not None:
        base, head = None, base

    def commit_of(name: str) -> tuple[str, Oid]:
        if branch_of(name) is None:
            return name, repository.resolve(name)
        worker = find_worker(repository, trunk, settings.roster, name, branch_of)
        return worker.agent, worker.head

    against = (trunk.ref, trunk.commit) if base is None else (base, repository.resolve(base))
    with closing(repository.object_store()) as store:
        return compare_change(repository, store, (trunk, settings), against, commit_of(head or _checked_out(path)))


def _checked_out(path: str) -> str:
    from gatekeeper.repository import open_repository

    name, _ = open_repository(path).head()
    return "HEAD" if name is None else name.removeprefix("refs/heads/")
