"""Finds conflicts between many branches before they merge.

The public API, which is all that other programs may rely on::

    import gatekeeper

    report = gatekeeper.scan("path/to/repository", branches=["agent/*"])
    for finding in report.at_least(gatekeeper.Severity.MAJOR):
        print(finding.rule, finding.path, finding.key, sorted(finding.agents))

    for change in gatekeeper.diff_manifests(before, after, path="Cargo.toml"):
        print(change)

    merged = gatekeeper.merge_manifest(base, ours, theirs, path="Cargo.toml")
    print(merged.text, merged.clashes)

Whatever fails on purpose raises a ``gatekeeper.GatekeeperError``; ``gatekeeper/errors.py`` draws the tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from gatekeeper.core.changes import Change
    from gatekeeper.core.findings import AgentStatus, Finding, Report
    from gatekeeper.core.merge import MergeClash, MergeOutcome, Versions
    from gatekeeper.core.names import Severity
    from gatekeeper.errors import GatekeeperError

__all__ = [
    "AgentStatus",
    "Change",
    "Finding",
    "GatekeeperError",
    "MergeClash",
    "MergeOutcome",
    "Report",
    "Severity",
    "__version__",
    "diff_manifests",
    "merge_manifest",
    "scan",
]

__version__ = "0.1.0"

_HOMES = {
    "AgentStatus": "gatekeeper.core.findings",
    "Change": "gatekeeper.core.changes",
    "Finding": "gatekeeper.core.findings",
    "GatekeeperError": "gatekeeper.errors",
    "MergeClash": "gatekeeper.core.merge",
    "MergeOutcome": "gatekeeper.core.merge",
    "Report": "gatekeeper.core.findings",
    "Severity": "gatekeeper.core.names",
}


def scan(
    path: str | os.PathLike[str] = ".",
    *,
    trunk: str | None = None,
    branches: Iterable[str] = (),
    branch_list: Iterable[str] | None = None,
    worktrees: bool = True,
    cache: bool = True,
) -> Report:
    """Compare every branch of the repository at ``path`` with trunk and with all the others.

    Args:
        path: a directory in the repository.
        trunk: the revision to land on; None finds it (``gatekeeper.toml``, ``origin/HEAD``, ``main``, ``master``).
        branches: globs of the refs to compare; none means every branch that is not yet in trunk.
        branch_list: exact ref names to compare, instead of globs.
        worktrees: count the uncommitted work of worktrees as part of their branch's change.
        cache: use the cache under the git directory.
    """
    import os
    from datetime import UTC, datetime

    from gatekeeper.coordinator.reporting import full_report
    from gatekeeper.scanning import ScanRequest

    names = None if branch_list is None else tuple(branch_list)
    request = ScanRequest(os.fspath(path), trunk, tuple(branches), names, worktrees=worktrees, cache=cache)
    return full_report(request, now=datetime.now(UTC))


def diff_manifests(before: bytes | str, after: bytes | str, *, path: str) -> tuple[Change, ...]:
    """Return what ``after`` changes in ``before``, by key path; ``path`` says which kind of manifest they are.

    Raises:
        BadInputError: one of them is not valid TOML; the message holds line and column.
    """
    from gatekeeper.manifest_diff import diff_manifests as compare

    return compare(before, after, path=path)


def merge_manifest(
    base: bytes | str | None, ours: bytes | str, theirs: bytes | str, *, path: str, versions: Versions = "ask"
) -> MergeOutcome:
    """Return the merge of three versions of a manifest: its text, or None and the clashes.

    Args:
        base: what both sides grew from; None when both have added the file.
        ours: one side; where the order of things is open, what it has comes first.
        theirs: the other side.
        path: says which kind of manifest they are, by its name.
        versions: two versions at one key clash (``ask``), or the higher one counts (``max``).

    Raises:
        BadInputError: a version is not UTF-8 or not valid TOML; the message holds line and column.
    """
    from gatekeeper.merging.manifests import merge_manifest as merge

    return merge(base, ours, theirs, path=path, versions=versions)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(home), name)
        globals()[name] = value
        return value
