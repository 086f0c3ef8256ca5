"""Agents that are started, and what is left of them, for the tests of workplaces."""

from __future__ import annotations

import subprocess
from pathlib import Path

from gatekeeper import agents
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.workplace import ArchiveRef, Created, Obstacle, Removed, Workplace
from gatekeeper.repository import open_repository
from tests.kit import Files, RepositoryBuilder
from tests.shell.scans import fingerprint, opened

SETTING = "../{repository}.agents"
TRUNK = RefName("refs/heads/main")
FILES: Files = {"Cargo.toml": '[package]\nname = "one"\nversion = "0.1.0"\n', "src/lib.rs": "//\n", "a.txt": "a\n"}


def git(where: Path, *arguments: str) -> str:
    """Run git in a directory."""
    done = subprocess.run(["git", *arguments], cwd=where, check=True, capture_output=True)
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def trunk(builder: RepositoryBuilder) -> Oid:
    return Oid(builder.commit_id("main"))


def planned(builder: RepositoryBuilder, name: str, branch: str | None = None, *, setting: str = SETTING) -> Workplace:
    return agents.plan(opened(builder), setting, name, branch or name, trunk=TRUNK)


def started(builder: RepositoryBuilder, name: str = "one", *, existing: bool = False) -> Created:
    """Plan and create an agent's workplace on trunk, or on its branch."""
    at = Oid(builder.commit_id(name)) if existing else trunk(builder)
    return agents.create(opened(builder), planned(builder, name), at, existing=existing)


def started_in(builder: RepositoryBuilder, name: str = "one") -> tuple[Workplace, Path]:
    """Start an agent; return its workplace and where it works."""
    workplace = started(builder, name).workplace
    return workplace, Path(workplace.worktree or "")


def obstacles(builder: RepositoryBuilder, workplace: Workplace) -> dict[str, Obstacle]:
    """Return what is in the way of a removal, by kind."""
    found = agents.obstacles(opened(builder), workplace, trunk(builder))
    return {obstacle.kind.value: obstacle for obstacle in found}


def archived(builder: RepositoryBuilder, workplace: Workplace) -> ArchiveRef:
    return agents.archive(opened(builder), workplace, workplace.name)


def removed(builder: RepositoryBuilder, workplace: Workplace, archive: ArchiveRef | None = None) -> Removed:
    return agents.remove(opened(builder), workplace, trunk=trunk(builder), archived=archive)


def removed_at(where: Path, workplace: Workplace, at: Oid) -> Removed:
    return agents.remove(open_repository(str(where)), workplace, trunk=at)


def adopted(builder: RepositoryBuilder, branch: str) -> Workplace:
    return agents.find_existing(opened(builder), branch)


def commit_in(worktree: Path, name: str, content: str, message: str = "work") -> Oid:
    """Let an agent commit a file in its worktree."""
    (worktree / name).write_text(content)
    git(worktree, "add", "--", name)
    git(worktree, "commit", "-q", "-m", message)
    return Oid(git(worktree, "rev-parse", "HEAD"))


def references(builder: RepositoryBuilder) -> dict[str, str]:
    """Return what every reference holds."""
    lines = builder.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(line.split(" ") for line in lines)


def nobody_s(builder: RepositoryBuilder) -> dict[str, tuple[object, ...]]:
    """Return what stands in the repository, apart from objects and from what belongs to linked worktrees."""
    own = (builder.git_dir / "worktrees", builder.git_dir / "objects", builder.git_dir / "logs")
    found = fingerprint(builder.root, without=(*own, builder.git_dir / "gatekeeper"))
    return {path: what for path, what in found.items() if what[0] != 0o040755}


def agent_name(name: str) -> AgentName:
    return AgentName(name)
