"""``gatekeeper duplicates``: dependencies of which a workspace has several versions."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import click

from gatekeeper.cli import options

if TYPE_CHECKING:
    from gatekeeper.core.document import Document, ParseFailure
    from gatekeeper.core.duplicate_versions import Duplicate, WhatWasRead
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

        sys.stdout.write(duplicates_json(found.duplicates, found.read, revision=revision))
    else:
        from gatekeeper.report.duplicates import write_duplicates
        from gatekeeper.report.page import Page

        write_duplicates(found.duplicates, found.read, Page(sys.stdout))
    if found.duplicates:
        context.exit(options.FINDINGS_STAND)


class _Found(NamedTuple):
    duplicates: list[Duplicate]
    read: WhatWasRead


def _found(path: str, revision: str) -> _Found:
    from gatekeeper.core.document import Document
    from gatekeeper.core.duplicate_versions import (
        Manifests,
        WhatWasRead,
        duplicates_in_lock,
        duplicates_in_manifests,
        lists_packages,
        without_lock,
    )
    from gatekeeper.core.tree_paths import directory_of

    read = _read(path, revision)
    valid = {name: document.tree for name, document in read.items() if isinstance(document, Document)}
    locks = {name: tree for name, tree in valid.items() if _is_lock(name) and lists_packages(tree)}
    trees = {directory_of(name): tree for name, tree in valid.items() if not _is_lock(name)}
    required = Manifests(trees)
    compared = without_lock(trees, locks)
    duplicates = [one for name, tree in locks.items() for one in duplicates_in_lock(tree, required, name)]
    return _Found(
        duplicates + duplicates_in_manifests(Manifests(compared)),
        WhatWasRead(
            locks=tuple(locks),
            manifests_compared=bool(compared) or not locks,
            invalid=tuple(name for name in read if name not in valid),
            silent_locks=tuple(name for name in valid if _is_lock(name) and name not in locks),
        ),
    )


def _is_lock(path: TreePath) -> bool:
    """Return whether ``path`` is that of a lock file."""
    return path.endswith("Cargo.lock")


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
