"""A repository to torture: a workspace, other people's branches and worktrees, and all that was promised."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.kit import RepositoryBuilder
from tests.kit.environment import hermetic_environment
from tests.kit.ssh import new_key, public_half
from tests.shell.scans import fingerprint
from tests.torture.program import Ended, git, run

TRUNK = "main"
BEHIND = f"{TRUNK}~1"
"""Whoever starts from here lacks what trunk has at the end of the manifest."""

LEAD = "lead@example.org"
"""Who rules on cases; the key is the world's."""

DAY = "2026-01-01"
"""Of all figures that are recorded."""
_MANIFEST = """\
[workspace]
members = ["crates/*"]
resolver = "2"

[workspace.dependencies]
serde = "1.0.1"
tokio = "1.0.1"
"""
_CRATE = '[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n'
_TELL = 'set -eu; made=$(mktemp "{told}/.new.XXXXXX"); cat > "$made"; mv "$made" "$made.json"'


@dataclass(slots=True)
class Promises:
    """What was answered with success, and so has to be found in the end."""

    events: list[tuple[str, str]] = field(default_factory=list)
    """(type, token): exactly one event of that type has the token."""
    counted: list[tuple[str, str]] = field(default_factory=list)
    """(type, agent): as many events of that type are about the agent."""
    commits: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    """Uncommitted work by its path: what it holds."""
    figures: set[str] = field(default_factory=set)


class World:
    """One clone, and the surroundings in which gatekeeper runs."""

    def __init__(self, root: Path, repository: Path, told: Path) -> None:
        self.root = root
        self.repository = repository
        self.told = told
        self.key = root / "keys" / "lead"
        self.promises = Promises()
        self.lock = threading.Lock()
        self.env = hermetic_environment(root / "home") | {"TMPDIR": str(root / "tmp")}
        for name in ("home", "tmp"):
            (root / name).mkdir(exist_ok=True)
        told.mkdir(exist_ok=True)

    def run(self, *arguments: str, **how: Any) -> Ended:
        """Run gatekeeper in the main worktree."""
        return run(self.repository, *arguments, env=self.env, **how)

    def must(self, *arguments: str, codes: Sequence[int] = (0,), **how: Any) -> Ended:
        """Run gatekeeper; raises AssertionError for another exit code."""
        ended = self.run(*arguments, **how)
        assert ended.code in codes, str(ended)
        return ended

    def git(self, *arguments: str, cwd: Path | None = None, ok: Sequence[int] = (0,)) -> str:
        """Run git in the main worktree."""
        return git(cwd or self.repository, *arguments, env=self.env, ok=ok)

    def worktree(self, agent: str) -> Path:
        """Return where an agent works."""
        return self.repository.parent / f"{self.repository.name}.agents" / agent

    def promise(self, kind: str, token: str) -> None:
        """Note that exactly one event of a type has to have the token."""
        with self.lock:
            self.promises.events.append((kind, token))

    def count(self, kind: str, agent: str) -> None:
        """Note one more event of a type that is about an agent."""
        with self.lock:
            self.promises.counted.append((kind, agent))

    def commit(self, agent: str, line: str) -> bool:
        """Commit a change of the manifest on an agent's branch; False where the agent has no worktree by now.

        A branch that comes to the same as trunk has landed as far as gatekeeper is concerned: let it differ.
        """
        worktree = self.worktree(agent)
        name, _, version = line.partition("=")
        try:
            text = (worktree / "Cargo.toml").read_text()
            lines = [f'{name} = "{version}"' if old.startswith(f"{name} ") else old for old in text.splitlines()]
            (worktree / "Cargo.toml").write_text("\n".join(lines) + "\n")
            self.git("commit", "-q", "--allow-empty", "-am", f"{agent}: {line}", cwd=worktree)
            with self.lock:
                self.promises.commits.add(self.git("rev-parse", "HEAD", cwd=worktree).strip())
        except (OSError, AssertionError):
            return False
        return True

    def add_profile(self, agent: str) -> None:
        """Commit a profile of the agent's own at the end of the manifest, where everybody's go, and trunk's."""
        self.commit_text(agent, profile(agent))

    def commit_text(self, agent: str, text: str) -> None:
        """Commit a text at the end of the manifest on an agent's branch."""
        worktree = self.worktree(agent)
        with (worktree / "Cargo.toml").open("a") as file:
            file.write(text)
        self.git("commit", "-q", "-am", f"{agent}: more", cwd=worktree)
        with self.lock:
            self.promises.commits.add(self.git("rev-parse", "HEAD", cwd=worktree).strip())

    def case_at(self, key: str) -> str | None:
        """Return the open case about a key or what is below it; None where there is none."""
        listed = json.loads(self.must("escalation", "list", "--format", "json").out)["cases"]
        return next((case["id"] for case in listed if case["key"].startswith(key)), None)

    def leave_uncommitted(self, agent: str, token: str) -> bool:
        """Leave a file in an agent's worktree that is in no commit; False where it has none by now."""
        path = self.worktree(agent) / f"note-{token}.txt"
        with suppress(OSError):
            path.write_text(f"{token}\n")
            with self.lock:
                self.promises.files[str(path)] = token
            return True
        return False

    def events(self) -> list[dict[str, Any]]:
        """Return all events, the oldest first."""
        found: list[dict[str, Any]] = json.loads(self.must("log", "--json").out)["events"]
        return found[::-1]

    def notices(self) -> list[dict[str, Any]]:
        """Return all that was told."""
        return [json.loads(path.read_bytes()) for path in sorted(self.told.glob("*.json"))]


@dataclass(frozen=True, slots=True)
class Bystanders:
    """Branches and worktrees of other people, as they were at first."""

    branches: dict[str, str]
    files: dict[str, tuple[object, ...]]

    @classmethod
    def of(cls, world: World) -> Bystanders:
        """Return what may never change."""
        listed = world.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads").splitlines()
        branches = dict(line.split(" ") for line in listed)
        theirs = world.repository.parent / "theirs"
        git_dir = world.repository / ".git"
        files = fingerprint(world.repository, theirs, without=[git_dir])
        files |= {f"{name} of theirs": (_digest(git_dir / "worktrees/theirs" / name),) for name in ("HEAD", "index")}
        files |= {f"log of {name}": (_digest(git_dir / "logs" / name),) for name in branches}
        return cls(branches, files)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "absent"


def profile(name: str) -> str:
    """Return a profile for the manifest."""
    return f'\n[profile.{name}]\ninherits = "dev"\n'


def made(root: Path, *, remote: bool = False) -> World:
    """Make a world; with ``remote`` the ledger is shared through a bare repository."""
    world = World(root, root / "r", root / "told")
    builder = RepositoryBuilder(root / "seed")
    tell = json.dumps(["sh", "-c", _TELL.format(told=world.told)])
    settings = f'trunk = "{TRUNK}"\n\n[[notifications]]\ncommand = {tell}\nleast = "note"\n'
    settings += f'\n[policy.roles]\narchitect = ["{LEAD}"]\n'
    settings += '\n[ledger]\nremote = "origin"\n' if remote else ""
    crates = {f"crates/{name}/Cargo.toml": _CRATE.format(name=name) for name in ("a", "b")}
    sources = {f"crates/{name}/src/lib.rs": "//\n" for name in ("a", "b")}
    # Before anything else, so that the last commit of trunk is the one that those behind it lack.
    signers = f"{LEAD} {public_half(new_key(world.key))}\n"
    files = {"Cargo.toml": _MANIFEST, "gatekeeper.toml": settings, "allowed_signers": signers}
    builder.commit(TRUNK, {**files, **crates, **sources})
    builder.commit(TRUNK, {"Cargo.toml": _MANIFEST + profile("of-trunk")})
    world.git("clone", "-q", "--bare", str(builder.root), "remote.git", cwd=root)
    world.git("clone", "-q", str(root / "remote.git"), "r", cwd=root)
    if not remote:
        world.git("remote", "remove", "origin")
    # All commits are made at the same moment long ago.
    world.git("config", "gc.reflogExpire", "never")
    world.git("branch", "-q", "bystander", TRUNK)
    world.git("worktree", "add", "-q", "-b", "theirs", str(root / "theirs"), TRUNK)
    (root / "theirs" / "unsaved.txt").write_text("theirs\n")
    (root / "theirs" / "crates/a/src/lib.rs").write_text("// edited\n")
    return world


def another_clone(world: World, name: str) -> World:
    """Return a world on another clone of the same remote."""
    world.git("clone", "-q", str(world.root / "remote.git"), name, cwd=world.root)
    return World(world.root, world.root / name, world.told)
