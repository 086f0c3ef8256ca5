"""Agents that come second: watched, integrated, taken by one fast-forward, landed."""

from __future__ import annotations

from dataclasses import dataclass

from gatekeeper.coordinator.integrate_command import IntegrateCommand, Integrated
from gatekeeper.core.ledger.case_records import IntegrationRecord
from gatekeeper.core.names import AgentName
from gatekeeper.repository import open_repository
from tests.e2e.watched import Watch, workspace

INTEGRATED = "refs/gatekeeper/integrated/"
MEMBERS = '[workspace]\nmembers = ["crates/one", "crates/two"]\nresolver = "2"\n'


def with_crate(name: str, manifest: str = MEMBERS) -> dict[str, str]:
    """Return what adds a crate to the workspace: all who do so at once meet at ``workspace.members``."""
    return {
        "Cargo.toml": manifest.replace('"crates/two"', f'"crates/two", "crates/{name}"'),
        f"crates/{name}/Cargo.toml": f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n',
        f"crates/{name}/src/lib.rs": f"// {name}\n",
    }


@dataclass
class Line:
    """A repository whose agents follow each other."""

    watch: Watch

    def begin(self, settings: str = "") -> None:
        """Put the workspace on trunk."""
        self.watch.commit("main", workspace(settings) | {"Cargo.toml": MEMBERS})

    def add(self, *names: str) -> None:
        """Make agents that all add a crate, one after another, and poll."""
        for name in names:
            self.watch.later(minutes=1).agent(name, with_crate(name))
        self.watch.later(minutes=1).poll()

    def integrate(self, agent: str, *, dry_run: bool = False) -> Integrated:
        """Integrate as the command does."""
        repository = open_repository(str(self.watch.root))
        asked = IntegrateCommand(repository, None, clock=lambda: self.watch.now, dry_run=dry_run)
        return asked.run(AgentName(agent))

    def published(self, agent: str) -> str | None:
        """Return what is published for an agent."""
        listed = self.watch.builder.git("for-each-ref", "--format=%(objectname)", f"{INTEGRATED}{agent}")
        return listed.strip() or None

    def take(self, agent: str) -> None:
        """Let an agent take what is published for it, by git's own fast-forward in a worktree of its own."""
        room = self.watch.root.parent / "rooms" / agent
        if not room.exists():
            self.watch.builder.git("worktree", "add", "-q", str(room), agent)
        self.watch.builder.git("merge", "-q", "--ff-only", f"{INTEGRATED}{agent}", cwd=room)

    def land(self, agent: str) -> None:
        """Fast-forward trunk to an agent's branch; git refuses anything else."""
        self.watch.builder.git("fetch", "-q", "--update-head-ok", ".", f"{agent}:main")

    def record(self, agent: str) -> IntegrationRecord | None:
        """Return what the ledger says that an agent has to take in."""
        return self.watch.state.get(IntegrationRecord, agent)

    def parents(self, commit: str) -> list[str]:
        """Return the parents of a commit."""
        return self.watch.builder.git("rev-parse", f"{commit}^@").split()

    def on_trunk(self, path: str) -> str:
        """Return a file of trunk."""
        return self.watch.builder.git("show", f"main:{path}")
