"""``gatekeeper duplicates``: dependencies of which a workspace has several versions."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.errors import BadInputError

if TYPE_CHECKING:
    from gatekeeper.core.document import Document, ParseFailure
    from gatekeeper.core.duplicate_versions import Duplicate
    from gatekeeper.core.names import TreePath


@click.command("duplicates")
@options.repository_option
@options.format_option("text", "json")
@click.argument("revision", metavar="[REV]", default="HEAD")
@click.pass_context
def command(context: click.Context, *, path: str, output: str, revision: str) -> None:
    """List the dependencies of which there are several versions, and who brings each.

    REV is a revision (default: HEAD). Its Cargo.lock tells; without one, the requirements in all manifests. The exit
    code is 1 where there is any.
    """
    found = _found(path, revision)
    if output == "json":
        from gatekeeper.report.duplicates import duplicates_json

        sys.stdout.write(
            duplicates_json(found.duplicates, revision=revision, locks=found.locks, unreadable=found.unreadable)
        )
    else:
        from gatekeeper.report.duplicates import write_duplicates
        from gatekeeper.report.page import Page

        write_duplicates(found.duplicates, Page(sys.stdout), locks=found.locks, unreadable=found.unreadable)
    if found.duplicates:
        context.exit(options.FINDINGS_STAND)


@dataclass(frozen=True, slots=True)
class _Found:
    """The duplicates, the lock files that told of them, and the manifests that could not be read."""

    duplicates: list[Duplicate]
    locks: list[TreePath]
    unreadable: list[TreePath]


def _found(path: str, revision: str) -> _Found:
    from gatekeeper.core.document import ParseFailure
    from gatekeeper.core.duplicate_versions import Manifests, duplicates_in_lock, duplicates_in_manifests
    from gatekeeper.core.tree_paths import directory_of

    read = _read(path, revision)
    locks = {name: document for name, document in read.items() if name.endswith("Cargo.lock")}
    for name, document in locks.items():
        if isinstance(document, ParseFailure):
            raise BadInputError(f"{revision}:{name}:{document.line}:{document.column}: {document.message}")
    manifests = {name: document for name, document in read.items() if name not in locks}
    trees = {directory_of(name): one.tree for name, one in manifests.items() if not isinstance(one, ParseFailure)}
    required = Manifests(trees)
    duplicates = [
        duplicate
        for name, document in locks.items()
        if not isinstance(document, ParseFailure)
        for duplicate in duplicates_in_lock(document.tree, required, name)
    ]
    return _Found(
        duplicates if locks else duplicates_in_manifests(required),
        list(locks),
        [name for name, one in manifests.items() if isinstance(one, ParseFailure)],
    )


def _read(path: str, revision: str) -> dict[TreePath, Document | ParseFailure]:
    """Return the manifests and lock files of a revision, in the order of their paths."""
    from gatekeeper.core.document import parse
    from gatekeeper.core.schema import CARGO, CARGO_LOCK, profile_for
    from gatekeeper.repository import open_repository

    repository = open_repository(path)
    with closing(repository.object_store()) as store:
        listing = store.listing(repository.resolve(revision))
        wanted = [
            (name, profile, entry.oid)
            for name, entry in sorted(listing.items())
            if entry.is_file and (profile := profile_for(name)) in {CARGO, CARGO_LOCK} and profile is not None
        ]
        return {name: parse(store.blob(oid), profile) for name, profile, oid in wanted}
