"""``gatekeeper sync``: one ledger for all clones."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from gatekeeper.repository import Repository


@click.command("sync")
@options.repository_option
@click.option("--remote", metavar="NAME", help="With which remote (default: ledger.remote of gatekeeper.toml).")
@options.format_option("text", "json")
def command(*, path: str, remote: str | None, output: str) -> None:
    """Fetch the remote's ledger, unite it with this clone's, and push the result.

    What anybody observed or said is kept, once. Decisions that both clones made are made anew. Nothing here moves
    before the remote has taken it.
    """
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.ledger.sync import SharedLedger
    from gatekeeper.report.sync import synced_text
    from gatekeeper.repository import open_repository
    from gatekeeper.repository.remotes import Remote

    repository = open_repository(path)
    name = remote or _configured(repository)
    if name not in repository.remotes():
        raise UsageError(f"there is no remote {name!r}", "git remote lists them")
    shared = SharedLedger(Ledger(repository), repository.named_references(), Remote(repository, name))
    sys.stdout.write(synced_text(shared.sync(), name, output=output))


def _configured(repository: Repository) -> str:
    from gatekeeper.trunk import read_trunk

    _, settings = read_trunk(repository, None)
    if settings.ledger.remote is None:
        raise UsageError("no remote is configured for the ledger", "name one: --remote origin, or ledger.remote")
    return settings.ledger.remote
