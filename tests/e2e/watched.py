"""A fleet on a small workspace, and polls of it at given moments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from gatekeeper.coordinator.agents import AgentDesk
from gatekeeper.coordinator.poll import Polled, PollRequest, poll
from gatekeeper.core.ledger.event_types import type_of
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.records import AgentRecord, ClosedFinding, FoundProblem, NoticeRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.ledger.ledger import Ledger
from gatekeeper.repository import open_repository
from tests.kit import File, RepositoryBuilder
from tests.kit.environment import EPOCH

LEDGER = "refs/gatekeeper/ledger"
MAKEFILE = '[env]\nMODE = "fast"\n\n[tasks.check]\ncommand = "cargo"\nargs = ["check"]\n'
_P = TypeVar("_P")


def crate(name: str, *, features: str = "", dependencies: str = "") -> str:
    head = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n'
    return f"{head}\n[features]\ndefault = []\n{features}\n[dependencies]\n{dependencies}"


def workspace(settings: str = "") -> dict[str, File]:
    """Return the files of a workspace of two crates, of which the second needs the first."""
    return {
        "gatekeeper.toml": settings,
        "Cargo.toml": '[workspace]\nmembers = ["crates/one", "crates/two"]\nresolver = "2"\n',
        "Makefile.toml": MAKEFILE,
        "README.md": "one\n",
        "crates/one/Cargo.toml": crate("one", features='profile = ["minimal"]\nminimal = []\n'),
        "crates/one/src/lib.rs": "//\n",
        "crates/two/Cargo.toml": crate("two"),
        "crates/two/src/lib.rs": "//\n",
    }


@dataclass
class Watch:
    """A repository and the clock by which it is watched; commits are made at the clock's time."""

    builder: RepositoryBuilder
    now: datetime = field(default_factory=lambda: datetime.fromtimestamp(EPOCH, UTC))

    @property
    def root(self) -> Path:
        """Where the repository is."""
        return self.builder.root

    def later(self, **by: float) -> Watch:
        """Let time pass."""
        self.now += timedelta(**by)
        return self

    def commit(self, branch: str, files: Mapping[str, File | None]) -> str:
        """Put a commit on a branch."""
        # With the branch in the message: two agents that do the same at the same time have commits of their own.
        self.builder.now = int(self.now.timestamp())
        return self.builder.commit(branch, files, message=f"change of {branch}")

    def commit_in(self, worktree: Path) -> None:
        """Let an agent commit all that it has done in its worktree."""
        self.builder.now = int(self.now.timestamp())
        self.builder.stage(worktree)
        self.builder.git("commit", "-qm", "work", cwd=worktree)

    def agent(self, name: str, files: Mapping[str, File | None], *, at: str = "main") -> str:
        """Make a branch with one commit."""
        self.builder.branch(name, at)
        return self.commit(name, files)

    def poll(self, where: Path | None = None, **options: Any) -> Polled:
        """Poll once, here or from another directory of the repository."""
        request = PollRequest(str(where or self.root), **options)
        return poll(request, clock=lambda: self.now)

    def desk(self) -> AgentDesk:
        """Return what starts and removes agents."""
        return AgentDesk(str(self.root), None, clock=lambda: self.now)

    def start(self, name: str) -> Path:
        """Start an agent and return its worktree."""
        done = self.desk().start(name, branch=None, revision=None, existing=False)
        assert done.workplace is not None
        return Path(str(done.workplace.worktree))

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        return Ledger(open_repository(str(self.root)))

    @property
    def state(self) -> Records:
        """What the ledger says now."""
        return self.ledger.state()

    @property
    def tip(self) -> str | None:
        """The ledger's newest commit."""
        return self.ledger.tip()

    def record(self, agent: str) -> AgentRecord:
        """Return what the ledger says of an agent."""
        found = self.state.get(AgentRecord, agent)
        assert found is not None, agent
        return found

    def closed(self) -> dict[str, str]:
        """Return why findings were closed, by rule."""
        return {record.problem.rule: record.because for _, record in self.state.each(ClosedFinding)}

    def notices(self) -> list[NoticeRecord]:
        """Return what has still to be told."""
        return [notice for _, notice in self.state.each(NoticeRecord)]

    def messages(self) -> list[str]:
        """Return the messages of the ledger's commits, the newest first."""
        return [text.lstrip("\n") for text in self.builder.git("log", "--format=%B%x00", LEDGER).split("\0")[:-1]]


def kinds(events: tuple[Event, ...]) -> list[str]:
    return [type_of(event.payload).name for event in events]


def said(events: tuple[Event, ...], kind: type[_P]) -> list[_P]:
    return [event.payload for event in events if isinstance(event.payload, kind)]


def standing(done: Polled, rule: str) -> FoundProblem:
    """Return the one finding of a rule that stands."""
    (found,) = [problem for problem in done.standing if problem.rule == rule]
    return found


def rules(done: Polled) -> set[str]:
    return {problem.rule for problem in done.standing}


def failed(done: Polled) -> dict[str, tuple[str, ...]]:
    """Return the checks that do not hold, and whom they name."""
    return {check.name: check.agents for check in done.checks if not check.holds}


def items(notice: NoticeRecord) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(notice.document)["items"]
    return found


def assert_silent(done: Polled) -> None:
    assert (done.events, done.outcomes, done.troubles, done.restored) == ((), (), (), False)
