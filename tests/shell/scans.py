"""Scans of built repositories, and proof that they leave no trace."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gatekeeper.core.findings import AgentStatus, Report
from gatekeeper.repository import Repository, open_repository
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.scanning import ScanRequest, scan
from tests.kit import RepositoryBuilder

LINES = "".join(f"line {number}\n" for number in range(10))
MANIFEST = '[package]\nname = "one"\nversion = "0.1.0"\nedition = "2021"\n'


def scanned(where: RepositoryBuilder | Path, **options: Any) -> Report:
    """Return the report on a repository, made without the cache."""
    root = where.root if isinstance(where, RepositoryBuilder) else where
    return scan(ScanRequest(str(root), **({"cache": False} | options)))


def agents(report: Report) -> dict[str, AgentStatus]:
    return {str(status.name): status for status in report.agents}


def states(report: Report) -> dict[str, str]:
    """Return each agent's state."""
    return {str(status.name): status.state.value for status in report.agents}


def conflicts(report: Report) -> set[tuple[str, str, str]]:
    """Return (path, agent, agent) for all that git conflicts on, the agents in the order of their names."""
    return {
        (str(finding.path), *sorted((str(left), str(right))))  # type: ignore[misc] # sorted() of two is two
        for finding in report.findings
        if finding.git.value == "conflict" and len(finding.sides) > 1
        for left in finding.sides[0].agents
        for right in finding.sides[1].agents
    }


def rules(report: Report) -> set[tuple[str, str]]:
    """Return (rule, path) of all findings."""
    return {(str(finding.rule), str(finding.path)) for finding in report.findings}


def two_agents(builder: RepositoryBuilder) -> None:
    """Trunk, and two agents that change the same line of ``a.txt``."""
    builder.commit("main", {"a.txt": LINES, "b.txt": LINES})
    for name in ("one", "two"):
        builder.branch(name)
        builder.commit(name, {"a.txt": LINES.replace("line 4", name)})


CLASH = ("a.txt", "one", "two")
"""The conflict of ``two_agents``."""


def opened(builder: RepositoryBuilder) -> Repository:
    return open_repository(str(builder.root))


def stores(builder: RepositoryBuilder) -> Iterator[ObjectStore]:
    """Open a repository's objects, and close them after use: the body of a fixture."""
    store = opened(builder).object_store()
    yield store
    store.close()


def fingerprint(*roots: Path, without: Iterable[Path] = ()) -> dict[str, tuple[object, ...]]:
    """Return what stands at every path below some directories: kind, mode, contents, of an index its times as well."""
    skipped = set(without)
    found: dict[str, tuple[object, ...]] = {}
    for root in roots:
        for directory, names, files in os.walk(root):
            for name in (*names, *files):
                path = Path(directory, name)
                if not any(parent in skipped for parent in (path, *path.parents)):
                    found[str(path)] = _described(path)
    return found


def _described(path: Path) -> tuple[object, ...]:
    stat = path.lstat()
    if path.is_symlink():
        return (stat.st_mode, path.readlink())
    if not path.is_file():
        return (stat.st_mode,)
    times = (stat.st_mtime_ns, stat.st_ino) if path.name == "index" or ".git" not in path.parts else ()
    return (stat.st_mode, hashlib.sha256(path.read_bytes()).hexdigest(), *times)
