"""Two agents in conflict, and waivers of their finding by real keys."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from gatekeeper.cli.main import run
from gatekeeper.coordinator.trusting import trusted
from gatekeeper.core.ledger.events import Event, WaiverGranted
from gatekeeper.core.ledger.records import CheckpointRecord, FindingRecord
from gatekeeper.core.roster import Principal
from gatekeeper.ledger.codec import event_line, read_event, signed_bytes
from gatekeeper.ledger.ledger import new_event
from gatekeeper.report.waivers import WaiversDocument
from gatekeeper.repository import open_repository
from gatekeeper.signing import sign
from gatekeeper.trunk import read_trunk
from tests.kit import RepositoryBuilder
from tests.kit.ssh import new_key, public_half
from tests.shell.json_schema import check
from tests.shell.ledgers import ledger_of

LEAD, CODER = "lead@example.org", "coder@example.org"
CONFIG = f'fail_on = "minor"\n[policy.roles]\narchitect = ["{LEAD}"]\n'
MAKEFILE = '[tasks.check]\ncommand = "cargo"\n'
UNTIL = timedelta(days=10)


class World:
    """A repository with two agents in conflict, its signers and their keys."""

    def __init__(self, repository: RepositoryBuilder, keys: Path) -> None:
        self.repository = repository
        self.keys = {name: new_key(keys / name) for name in ("lead", "coder", "stranger")}
        repository.commit("main", {"Makefile.toml": MAKEFILE, "gatekeeper.toml": CONFIG})
        self.list_signers()
        for agent in ("one", "two"):
            repository.branch(agent)
            repository.commit(agent, {"Makefile.toml": MAKEFILE.replace("cargo", agent)})

    def list_signers(self, *, options: str = "", without: str = "") -> None:
        """Put the signers on trunk, the lead's line with options."""
        lines = {
            "lead": f"{LEAD} {options} {public_half(self.keys['lead'])}",
            "coder": f"{CODER} {public_half(self.keys['coder'])}",
        }
        text = "".join(f"{line}\n" for name, line in lines.items() if name != without)
        self.repository.commit("main", {"allowed_signers": text})

    def finding(self) -> FindingRecord:
        """Return the finding that blocks."""
        state = ledger_of(self.repository).state()
        return next(found for _, found in state.each(FindingRecord) if found.problem.rule.startswith("mk-"))

    def waiver(self, *, at: datetime | None = None, **more: Any) -> Event:
        """Return a waiver that is not signed yet."""
        found = self.finding().problem
        given: dict[str, Any] = {
            "repository": self.repository.git("rev-list", "--max-parents=0", "main").strip(),
            "principal": Principal(LEAD),
            "finding": found.id,
            "because": "agreed",
            "until": datetime.now(UTC) + UNTIL,
            "rule": found.rule,
            "path": found.path,
            "key": found.key,
        }
        return new_event(WaiverGranted(**given | more), at=at or datetime.now(UTC), by=LEAD)

    def signed(self, event: Event, key: str = "lead") -> Event:
        """Return the event with a signature."""
        return replace(event, signature=sign(signed_bytes(event), self.keys[key]))

    def append(self, event: Event) -> None:
        """Append an event past all checks, as somebody does who can write the repository."""
        ledger_of(self.repository).append(lambda _state: [event], subject="test", at=event.at)

    def trusted(self) -> frozenset[str]:
        """Return the findings that may pass."""
        repository = open_repository(str(self.repository.root))
        trunk, settings = read_trunk(repository, None)
        state = ledger_of(self.repository).state()
        return trusted(repository, state, settings, trunk.commit, datetime.now(UTC)).waived


def waive(world: World, *arguments: str, key: str = "lead", principal: str = LEAD) -> int:
    return run(["waive", *arguments, "--as", principal, "--key", str(world.keys[key])])


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run(["waive", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    check(found, TypeAdapter(WaiversDocument).json_schema(mode="serialization"))
    assert found["schema"] == "gatekeeper.waivers/1"
    waivers: list[dict[str, Any]] = found["waivers"]
    return waivers


def polled(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = run(["poll", "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def verified(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    return run(["log", "--verify"]), capsys.readouterr().out


def edited(event: Event, old: bytes, new: bytes) -> Event:
    line = event_line(event)
    assert old in line
    return read_event(line.replace(old, new))


def assert_refused(world: World, capsys: pytest.CaptureFixture[str], reason: str) -> None:
    """Hold that the only waiver is shown with its reason, and waives nothing."""
    (waiver,) = listed(capsys)
    assert waiver["counts"] is False
    assert reason in waiver["objection"]
    assert run(["waive"]) == 0
    assert f"  does not count: {waiver['objection']}\n" in capsys.readouterr().out
    assert world.trusted() == frozenset()
    code, found = polled(capsys)
    assert (code, found["waived"]) == (1, [])
    checkpoint = ledger_of(world.repository).state().get(CheckpointRecord)
    assert checkpoint is not None
    assert not checkpoint.holds
