"""A plan of two phases with gates, agents with worktrees, and people with keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from gatekeeper.cli.main import run
from gatekeeper.core.ledger.phase_records import PhaseRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.report.phases import PhasesDocument
from tests.kit import File, RepositoryBuilder
from tests.kit.ssh import new_key, public_half
from tests.shell.json_schema import check
from tests.shell.ledgers import ledger_of

LEAD, OPS = "lead@example.org", "ops@example.org"
PLAN = f"""
[policy.roles]
architect = ["{LEAD}"]
coordinator = ["{OPS}"]
[agents.designer]
[agents.builder]
[gates.specified]
files = ["docs/spec.md"]
contains = ["Closed"]
[gates.designed]
approval = "architect"
files = ["docs/design.md"]
[gates.proven]
files = ["docs/proof.md"]
contains = ["Proof:"]
[gates.reviewed]
approval = "architect"
[phases.plan]
agents = ["designer"]
gates = {{ post = ["specified"] }}
[phases.work]
agents = ["builder"]
needs = ["plan"]
gates = {{ pre = ["designed"], post = ["reviewed", "proven"] }}
"""


class Plan:
    """A repository with that plan on trunk."""

    def __init__(self, repository: RepositoryBuilder, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.repository = repository
        self._capsys = capsys
        self.keys = {name: new_key(keys / name) for name in (LEAD, OPS)}
        signers = "".join(f"{name} {public_half(key)}\n" for name, key in self.keys.items())
        self.land({"gatekeeper.toml": PLAN, "allowed_signers": signers, "README.md": "one\n"})

    def land(self, files: Mapping[str, File | None]) -> str:
        """Put files on trunk."""
        return self.repository.commit("main", files)

    def configure(self, more: str) -> None:
        """Add to the configuration on trunk."""
        self.land({"gatekeeper.toml": PLAN + more})

    def run(self, *words: str, code: int = 0) -> str:
        """Run a command that ends with ``code``, and return what it printed; it warns of nothing."""
        out, err = self.both(*words, code=code)
        assert err == ""
        return out

    def both(self, *words: str, code: int = 0) -> tuple[str, str]:
        """Run a command that ends with ``code``, and return what it printed, and what it said beside."""
        self._capsys.readouterr()
        found = run(words)
        told = self._capsys.readouterr()
        assert found == code, told
        return told.out, told.err

    def phase(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Run ``gatekeeper phase`` about one phase, and return its document."""
        document = json.loads(self.run("phase", *words, "--format", "json", code=code))
        check(document, TypeAdapter(PhasesDocument).json_schema(mode="serialization"))
        assert document["schema"] == "gatekeeper.phase/1"
        (found,) = document["phases"]
        return dict(found)

    def approve(self, subject: str, *more: str, principal: str = LEAD, code: int = 0) -> str:
        """Approve as somebody."""
        words = ("approve", subject, "--because", "sound", "--as", principal, "--key", str(self.keys[principal]))
        out, err = self.both(*words, *more, code=code)
        return out + err

    def finish(self, *agents: str) -> None:
        """Let agents start and finish."""
        for agent in agents:
            self.run("agent", "start", agent)
            self.run("agent", "finish", agent)

    def pass_plan(self) -> None:
        """Bring the first phase behind."""
        self.finish("designer")
        self.land({"docs/spec.md": "Closed\n", "docs/design.md": "boxes\n"})
        assert self.phase("complete", "plan")["done"] == "completed"

    def begin_work(self) -> None:
        """Start the second phase, and let its agent finish."""
        self.pass_plan()
        self.approve("gate/work/designed")
        assert self.phase("start", "work")["done"] == "started"
        self.finish("builder")

    @property
    def state(self) -> Records:
        """What the ledger says."""
        return ledger_of(self.repository).state()

    def record(self, name: str) -> PhaseRecord:
        """Return what the ledger says of a phase."""
        found = self.state.get(PhaseRecord, name)
        assert found is not None
        return found


def outcomes(found: Mapping[str, Any]) -> dict[str, str]:
    """Return the outcome of each gate, in the order in which they were asked."""
    return {gate["gate"]: gate["outcome"] for gate in found["gates"]}


def left(found: Mapping[str, Any]) -> list[str]:
    """Return what is left to do."""
    return [blocker["what"] for blocker in found["blockers"]]
