"""Gates are approved by the role that they name, as they are now; what was approved before is none of it. R-23."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gatekeeper.core.gates.approvals import approval_request
from gatekeeper.core.gates.spec import ApprovalGate
from gatekeeper.core.roster import GateName, PhaseName, Principal, RoleName
from gatekeeper.report.approvals import ApprovalsDocument
from gatekeeper.repository import open_repository
from gatekeeper.repository.judged_tree import CommitTree
from tests.cli.ledger_commands import document, refused, told
from tests.kit import RepositoryBuilder
from tests.kit.ssh import needs_openssh
from tests.shell.people import CODER, LEAD, ONE, OPS, ROLES, Court

pytestmark = needs_openssh

GATES = f"""
security = ["{CODER}"]
[gates.design]
description = "is it sound?"
approval = "security"
files = ["docs/*.md"]
[gates.tidy]
files = ["README.md"]
[phases.build]
agents = ["{ONE}"]
[phases.build.gates]
post = ["design"]
"""
SUBJECT = "gate/build/design"


@pytest.fixture
def court(repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Court:
    monkeypatch.chdir(repository.root)
    return Court(repository, tmp_path / "keys", roles=ROLES + GATES)


def approve(court: Court, *arguments: str, principal: str = CODER, key: str = "coder") -> list[str]:
    return ["approve", *arguments, "--because", "read", "--as", principal, "--key", str(court.keys[key])]


def test_a_gate_is_approved_as_it_is(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{SUBJECT}  waits for approval by security: is it sound?\n  not yet: no file fits docs/*.md" in told(
        capsys, "approve"
    )
    assert "cannot be approved yet: no file fits" in refused(capsys, *approve(court, SUBJECT))
    court.repository.commit("main", {"docs/a.md": "one"})
    assert document(capsys, ApprovalsDocument, "approve")["waiting"][0]["blockers"] == []
    found = document(capsys, ApprovalsDocument, *approve(court, SUBJECT, "--condition", "tidy"))
    assert found["waiting"] == []
    (given,) = found["approvals"]
    assert (given["counts"], given["conditions"], given["head"]) == (True, ["tidy"], court.repository.commit_id("main"))
    (trusted,) = court.trusted().approvals
    opened = open_repository(str(court.repository.root))
    spec = ApprovalGate(RoleName("security"), ("docs/*.md",), "is it sound?")
    tree = CommitTree(opened.object_store(), opened.resolve("main"))
    request = approval_request(spec, phase=PhaseName("build"), gate=GateName("design"), iteration=1, tree=tree)
    assert (trusted.subject, trusted.proposal) == (request.subject, request.proposal)
    # Once is enough; and what is no part of it changes nothing.
    tip = court.repository.git("rev-parse", "refs/gatekeeper/ledger")
    court.repository.commit("main", {"src/lib.rs": "x"})
    told(capsys, *approve(court, SUBJECT, "--condition", "tidy"))
    assert court.repository.git("rev-parse", "refs/gatekeeper/ledger") == tip
    court.repository.commit("main", {"docs/a.md": "two"})
    assert [each["subject"] for each in document(capsys, ApprovalsDocument, "approve")["waiting"]] == [SUBJECT]


def test_as_it_is_elsewhere(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    head = court.repository.commit(ONE, {"docs/a.md": "one"})
    told(capsys, *approve(court, SUBJECT, "--head", ONE))
    (trusted,) = court.trusted().approvals
    assert trusted.head == head
    # On trunk there is no such file yet.
    assert "not yet" in told(capsys, "approve")


@pytest.mark.parametrize(
    ("arguments", "principal", "key", "reason"),
    [
        ([SUBJECT], OPS, "ops", f"{OPS} has not the role security"),
        ([SUBJECT], LEAD, "lead", f"{LEAD} has not the role security"),
        ([SUBJECT], CODER, "stranger", "unknown-key"),
        (["gate/build/tidy"], CODER, "coder", "no phase and no release has an approval gate gate/build/tidy"),
        (["gate/other/design"], CODER, "coder", "no phase and no release has an approval gate"),
        (["something"], CODER, "coder", "there is nothing to approve that is called something"),
        ([SUBJECT, "--condition", "none"], CODER, "coder", "there is no gate none"),
        ([SUBJECT, "--head", "none"], CODER, "coder", "'none' names no commit"),
        (["incident/77"], CODER, "coder", "no open incident has the id 77"),
        (["incident/77", "--condition", "tidy"], CODER, "coder", "neither conditions nor a head"),
        ([], CODER, "coder", "approve what?"),
    ],
)
def test_refused_before_anything_is_written(
    court: Court, capsys: pytest.CaptureFixture[str], arguments: list[str], principal: str, key: str, reason: str
) -> None:
    court.repository.commit("main", {"docs/a.md": "one"})
    assert reason in refused(capsys, *approve(court, *arguments, principal=principal, key=key))
    assert court.trusted().approvals == ()


def test_why(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    assert "why?" in refused(capsys, "approve", SUBJECT, "--as", CODER, "--key", str(court.keys["coder"]))


def test_who_works_in_a_phase_approves_none_of_its_gates(
    repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # An agent cannot approve its own case, whatever roles it has.
    monkeypatch.chdir(repository.root)
    gates = GATES.replace(f'"{CODER}"', f'"{CODER}", "{ONE}"') + '[release]\ngates = ["design"]\n'
    court = Court(repository, tmp_path / "keys", roles=ROLES + gates)
    court.repository.commit("main", {"docs/a.md": "one"})
    assert f"{ONE} is a party of the case" in refused(capsys, *approve(court, SUBJECT, principal=ONE, key="one"))
    told(capsys, *approve(court, SUBJECT))
    # In a release everybody has worked, and in most fleets it is an agent that validates it.
    told(capsys, *approve(court, "release/design", principal=ONE, key="one"))
    assert [each.principal for each in court.trusted().approvals] == [CODER, ONE]
    # Written past the command line, it counts no more than there.
    court.say(replace(court.trusted().approvals[0], principal=Principal(ONE)), "one")
    assert [each.principal for each in court.trusted().approvals] == [CODER, ONE]
