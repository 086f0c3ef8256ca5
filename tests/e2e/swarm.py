"""An example's workspace and settings on trunk, its people with keys, and its agents at work in their worktrees."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.cli.main import run
from tests.cli.run import ROOT
from tests.kit import File, RepositoryBuilder
from tests.kit.ssh import new_key, public_half

EXAMPLES = ROOT / "examples"
LEAD, OPS, QUALITY = (f"{name}@quarry.invalid" for name in ("lead", "ops", "quality"))
INTEGRATED = "refs/gatekeeper/integrated/"


def example(name: str) -> dict[str, File]:
    """Return the files of trunk: the workspace, with the settings of an example."""
    workspace = EXAMPLES / "workspace"
    paths = [path for path in workspace.rglob("*") if path.is_file() and "target" not in path.parts]
    files: dict[str, File] = {path.relative_to(workspace).as_posix(): path.read_bytes() for path in paths}
    return files | {"gatekeeper.toml": (EXAMPLES / name / "gatekeeper.toml").read_bytes()}


@dataclass
class Swarm:
    """A repository with an example on trunk."""

    repository: RepositoryBuilder
    room: Path
    capsys: pytest.CaptureFixture[str]
    keys: dict[str, Path] = field(default_factory=dict)

    def begin(self, name: str, *principals: str, files: Mapping[str, File] | None = None) -> None:
        """Put the example on trunk, and give everybody who signs a key that counts."""
        self.keys = {one: new_key(self.room / one) for one in principals}
        signers = "".join(f"{one} {public_half(key)}\n" for one, key in self.keys.items())
        self.land({**example(name), "allowed_signers": signers, **(files or {})})

    def land(self, files: Mapping[str, File | None]) -> str:
        """Put files on trunk."""
        return self.repository.commit("main", files)

    def run(self, *words: str, code: int = 0) -> str:
        """Run a command that ends with ``code`` and complains of nothing; return what it printed."""
        self.capsys.readouterr()
        found = run(words)
        told = self.capsys.readouterr()
        assert (found, told.err) == (code, ""), told
        return told.out

    def json(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Run a command, and return its document."""
        document: dict[str, Any] = json.loads(self.run(*words, "--format", "json", code=code))
        return document

    def sign(self, who: str, *words: str, code: int = 0) -> dict[str, Any]:
        """Run a command whose word is signed, as somebody, and return its document."""
        return self.json(*words, "--as", who, "--key", str(self.keys[who]), code=code)

    def room_of(self, agent: str) -> Path:
        """Return where an agent works."""
        return self.repository.root.parent / "agents" / agent

    def start(self, *agents: str) -> None:
        """Start agents, each in a worktree of its own."""
        for agent in agents:
            self.run("agent", "start", agent)

    def work(self, agent: str, files: Mapping[str, File | None]) -> None:
        """Let an agent write and remove files in its worktree, and commit that."""
        for path, content in files.items():
            place = self.room_of(agent) / path
            if content is None:
                place.unlink()
                continue
            assert isinstance(content, str)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content, encoding="utf-8")
        self.repository.git("add", "--all", cwd=self.room_of(agent))
        self.repository.git("commit", "-qm", f"work of {agent}", cwd=self.room_of(agent))

    def edit(self, agent: str, *edits: tuple[str, str, str]) -> None:
        """Let an agent replace, in a file, a text that stands there once, and commit that."""
        changed: dict[str, File | None] = {}
        for path, old, new in edits:
            text = changed.get(path) or (self.room_of(agent) / path).read_text(encoding="utf-8")
            assert isinstance(text, str)
            assert text.count(old) == 1, (path, old)
            changed[path] = text.replace(old, new)
        self.work(agent, changed)

    def merge(self, agent: str) -> None:
        """Land an agent: git fast-forwards trunk to its branch, or refuses to."""
        self.repository.git("merge", "-q", "--ff-only", agent, cwd=self.repository.root)

    def take(self, agent: str) -> None:
        """Let an agent take what was integrated for it, by git's own fast-forward."""
        self.repository.git("merge", "-q", "--ff-only", f"{INTEGRATED}{agent}", cwd=self.room_of(agent))

    def on_trunk(self, path: str) -> dict[str, Any]:
        """Return what a manifest of trunk says."""
        return tomllib.loads(self.repository.git("show", f"main:{path}"))

    def standing(self, poll: Mapping[str, Any]) -> set[tuple[str, str]]:
        """Return severity and rule of what stands after a poll."""
        return {(found["severity"], found["rule"]) for found in poll["standing"]}

    def told(self, agent: str) -> dict[str, Any]:
        """Return how an agent stands and the weightiest reason; it reads the same wherever it looks."""
        self.capsys.readouterr()
        code = run(("check", "-C", str(self.room_of(agent))))
        checked = self.capsys.readouterr().out
        found = self.json("brief", agent)["decision"]
        if found["standing"] in {"paused", "halted"}:
            assert code == 1, checked
        for reason in found["reasons"]:
            assert reason["message"] in checked
        return {"standing": found["standing"], **(found["reasons"][0] if found["reasons"] else {})}

    def the_case(self) -> dict[str, Any]:
        """Return the only case that is open."""
        (case,) = self.json("escalation", "list")["cases"]
        return dict(case)
