"""``gatekeeper archive``: the ledger's history to a reference of its own."""

from __future__ import annotations

import sys

import click

from gatekeeper.cli import options
from gatekeeper.cli.actor import as_option


@click.command("archive")
@options.repository_option
@as_option
@options.format_option("text", "json")
def command(*, path: str, actor: str | None, output: str) -> None:
    """Move the ledger's history to refs/gatekeeper/archive, so that clones need not carry it.

    The state stays, and the ledger goes on from it. gatekeeper log and its --verify go back into the archive where the
    clone has it; gatekeeper sync takes it along.
    """
    from gatekeeper.cli.actor import writer
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.ledger.archive import archive
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.report.sync import archived_text
    from gatekeeper.repository import open_repository

    repository = open_repository(path)
    ledger = Ledger(repository)
    by = writer(actor, repository, ledger.state())
    done = archive(ledger, repository.named_references(), at=now_utc(), by=by)
    sys.stdout.write(archived_text(done, output=output))
