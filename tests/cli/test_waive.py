"""Waivers from end to end, by real keys: which count, and why the others do not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from gatekeeper.cli.main import run
from gatekeeper.coordinator.authority import trusted_waivers
from gatekeeper.core.ledger.events import Event, FindingOpened, WaiverGranted, WaiverRevoked
from gatekeeper.core.ledger.records import CheckpointRecord, FindingId, FindingRecord, WaiverRecord
from gatekeeper.core.roster import Principal
from gatekeeper.ledger.codec import event_line, read_event, signed_bytes
from gatekeeper.ledger.ledger import new_event
from gatekeeper.report.waivers import WaiversDocument
from gatekeeper.repository import open_repository
from gatekeeper.signing import sign
from gatekeeper.trunk import read_trunk
from tests.core.ledger_events import problem
from tests.kit import RepositoryBuilder
from tests.kit.ssh import needs_openssh, new_key, public_half
from tests.shell.json_schema import check
from tests.shell.ledgers import ledger_of, record

pytestmark = needs_openssh

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
        return trusted_waivers(
            repository, ledger_of(self.repository).state(), settings, trunk.commit, datetime.now(UTC)
        )


@pytest.fixture
def world(repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(repository, tmp_path / "keys")
    monkeypatch.chdir(repository.root)
    assert run(["poll"]) == 1
    return made


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


def test_a_good_one_counts_everywhere(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    finding = world.finding().problem.id
    capsys.readouterr()
    assert waive(world, finding[:6], "--because", "agreed", "--until", "14d") == 0
    assert "does not count" not in capsys.readouterr().out
    (waiver,) = listed(capsys)
    assert (waiver["counts"], waiver["objection"], waiver["finding"]) == (True, None, finding)
    code, found = polled(capsys)
    assert (code, found["waived"], found["blocking"]) == (0, [finding], 0)
    # It stays in the report, and fails no check. R-17
    assert finding in {each["id"] for each in found["standing"]}
    assert all(each["holds"] for each in found["checks"])
    assert polled(capsys)[1]["events"] == []
    assert run(["log", "--verify"]) == 0


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


def verified(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    return run(["log", "--verify"]), capsys.readouterr().out


def test_unsigned(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    event = world.waiver()
    world.append(event)
    assert_refused(world, capsys, "it is not signed")
    code, told = verified(capsys)
    assert code == 3
    assert f"event {event.id} is forged: it is not signed" in told


def edited(event: Event, old: bytes, new: bytes) -> Event:
    line = event_line(event)
    assert old in line
    return read_event(line.replace(old, new))


def test_edited_after_it_was_signed(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    event = edited(world.signed(world.waiver()), b"agreed", b"forged")
    world.append(event)
    assert_refused(world, capsys, "bad-signature")
    code, told = verified(capsys)
    assert code == 3
    assert f"event {event.id} is forged: bad-signature" in told


def test_spelled_differently_after_it_was_signed(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.append(edited(world.signed(world.waiver()), b'"because":', b'"because":"seen","because":'))
    assert_refused(world, capsys, "bad-signature")


def test_copied_under_another_finding(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = world.signed(world.waiver(finding=FindingId("0" * 12)))
    world.append(edited(elsewhere, b"0" * 12, world.finding().problem.id.encode()))
    assert_refused(world, capsys, "bad-signature")


def test_a_record_that_says_something_else_than_its_event(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.append(world.signed(world.waiver(finding=FindingId("0" * 12))))
    ledger = ledger_of(world.repository)
    ((key, waiver),) = ledger.state().each(WaiverRecord)
    changes = {(WaiverRecord, key): replace(waiver, finding=world.finding().problem.id)}
    tree = ledger.state().with_changes(changes, ledger.objects)  # type: ignore[arg-type] # one of the kinds
    commit = world.repository.git("commit-tree", str(tree), "-m", "x").strip()
    for name in ("ledger", "kept/ledger"):
        world.repository.git("update-ref", f"refs/gatekeeper/{name}", commit)
    assert listed(capsys)[0]["objection"] == "it is not what was signed"
    assert world.trusted() == frozenset()


def test_by_somebody_without_the_role(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    finding = world.finding().problem.id
    capsys.readouterr()
    arguments = (finding, "--because", "please", "--until", "1d")
    assert waive(world, *arguments, key="coder", principal=CODER) == 2
    told = capsys.readouterr().err
    assert f"{CODER} has not the role architect or coordinator" in told
    assert "policy.roles" in told
    world.append(world.signed(world.waiver(principal=Principal(CODER)), "coder"))
    assert_refused(world, capsys, "has not the role")
    # Nobody has edited anything: that is no damage to the ledger.
    code, said = verified(capsys)
    assert (code, "does not count: " in said) == (0, True)


def test_by_another_key_than_that_of_the_name(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.append(world.signed(world.waiver(), "coder"))
    assert_refused(world, capsys, "wrong-principal")


def test_by_an_unknown_key(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert waive(world, world.finding().problem.id, "--because", "x", "--until", "1d", key="stranger") == 2
    world.append(world.signed(world.waiver(), "stranger"))
    assert_refused(world, capsys, "unknown-key")


def test_for_another_repository(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.append(world.signed(world.waiver(repository="0" * 40)))
    assert_refused(world, capsys, "another repository")


def test_one_whose_time_is_over(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    world.append(world.signed(world.waiver(until=past, at=past - UNTIL)))
    (waiver,) = listed(capsys)
    assert waiver["objection"] == "it has ended"
    assert world.trusted() == frozenset()
    code, found = polled(capsys)
    assert (code, [event["type"] for event in found["events"]]) == (1, ["waiver.ended"])
    assert listed(capsys) == []


def test_a_key_that_has_expired_since_or_says_that_it_has_not(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    # Its date is what its writer says: backdated, it must not bring an expired key back to life.
    world.append(world.signed(world.waiver(at=datetime(2020, 6, 1, tzinfo=UTC))))
    world.list_signers(options='valid-before="20210101"')
    assert_refused(world, capsys, "expired")
    # When it says that it was written the key was good, so that the ledger is as it should be.
    assert verified(capsys)[0] == 0


def test_a_key_that_was_not_yet_good_then(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.append(world.signed(world.waiver(at=datetime(2020, 6, 1, tzinfo=UTC))))
    world.list_signers(options='valid-after="20210101"')
    assert_refused(world, capsys, "expired")


def test_a_key_that_was_taken_off_the_list(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert waive(world, world.finding().problem.id, "--because", "agreed", "--until", "14d") == 0
    world.list_signers(without="lead")
    assert_refused(world, capsys, "unknown-key")
    assert verified(capsys)[0] == 0


def test_without_signers_nothing_counts(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert waive(world, world.finding().problem.id, "--because", "agreed", "--until", "14d") == 0
    world.repository.commit("main", {"allowed_signers": None})
    assert_refused(world, capsys, "trunk has no allowed_signers")


def revocation(world: World, **more: Any) -> Event:
    ((key, _),) = ledger_of(world.repository).state().each(WaiverRecord)
    given: dict[str, Any] = {
        "repository": world.repository.git("rev-list", "--max-parents=0", "main").strip(),
        "principal": Principal(LEAD),
        "waiver": key,
        "because": "a mistake",
    }
    return new_event(WaiverRevoked(**given | more), at=datetime.now(UTC), by=LEAD)


def test_one_that_was_taken_back(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    finding = world.finding().problem.id
    assert waive(world, finding, "--because", "agreed", "--until", "14d") == 0
    assert waive(world, finding, "--revoke", "--because", "a mistake") == 0
    assert_refused(world, capsys, f"{LEAD} has taken it back: a mistake")
    # Not even by a later revocation that does not count.
    world.append(world.signed(revocation(world, principal=Principal(CODER)), "coder"))
    assert_refused(world, capsys, f"{LEAD} has taken it back: a mistake")


def test_one_that_somebody_without_the_role_takes_back_still_counts(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    finding = world.finding().problem.id
    assert waive(world, finding, "--because", "agreed", "--until", "14d") == 0
    for event in (
        world.signed(revocation(world, principal=Principal(CODER)), "coder"),
        world.signed(revocation(world, repository="0" * 40)),
        world.signed(revocation(world), "stranger"),
        revocation(world),
    ):
        world.append(event)
    assert [waiver["counts"] for waiver in listed(capsys)] == [True]
    assert world.trusted() == {finding}
    assert waive(world, finding, "--revoke", "--because", "x", key="coder", principal=CODER) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["FINDING"], "why?"),
        (["FINDING", "--because", " "], "why?"),
        (["FINDING", "--because", "x"], "until when?"),
        (["FINDING", "--because", "x", "--until", "soon"], "'soon' is no date"),
        (["FINDING", "--because", "x", "--until", "2020-01-01"], "is past"),
        (["FINDING", "--because", "x", "--until", "0d"], "longer than no time"),
        (["FINDING", "--because", "x", "--until", "99999999999d"], "is no duration"),
        (["FINDING", "--because", "x", "--until", "99999d"], "36500d at most"),
        (["FINDING", "--because", "x", "--until", "9" * 5000 + "d"], "is no duration"),
        (["FINDING", "--because", "x", "--until", "9999-12-31"], "is too far away"),
        (["FINDING", "--because", "x", "--until", "9999-12-31T23:59-10:00"], "is too far away"),
        (["FINDING", "--because", "x", "--until", "0001-01-01T00:00+10:00"], "is "),
        (["FINDING", "--because", "x", "--until", "20201231"], "is past"),
        (["zzz", "--because", "x", "--until", "1d"], "no finding of the ledger has the id zzz"),
        (["zzz", "--revoke", "--because", "x"], "no waiver that counts is of zzz"),
        (["", "--because", "x", "--until", "1d"], "which finding?"),
        (["", "--revoke", "--because", "x"], "which finding?"),
        (["--because", "x", "--until", "3d"], "which finding?"),
        (["--revoke"], "which finding?"),
        (["FINDING", "--because", "x", "--until", "1d", "--key", "nowhere"], "there is no signing key"),
        (["FINDING", "--because", "x\udce9", "--until", "1d"], "not UTF-8"),
    ],
)
def test_bad_input(world: World, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    finding = world.finding().problem.id
    capsys.readouterr()
    key = [] if "--key" in arguments else ["--key", str(world.keys["lead"])]
    assert run(["waive", "--as", LEAD, *key, *(finding if each == "FINDING" else each for each in arguments)]) == 2
    told = capsys.readouterr()
    assert (told.out, message in told.err, "hint: " in told.err) == ("", True, True)
    assert list(ledger_of(world.repository).state().each(WaiverRecord)) == []


def test_several_findings_that_begin_alike(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    record(ledger_of(world.repository), *(FindingOpened(problem(name)) for name in ("fff1", "fff2")))
    assert waive(world, "fff", "--because", "x", "--until", "1d") == 2
    assert "several findings of the ledger begin with fff" in capsys.readouterr().err


def test_only_what_counts_of_the_one_finding_is_taken_back(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    world.append(world.signed(world.waiver(until=past, at=past - UNTIL)))
    for name in ("fff1", "fff2"):
        world.append(world.signed(world.waiver(finding=FindingId(name))))
    finding = world.finding().problem.id
    capsys.readouterr()
    assert waive(world, "fff", "--revoke", "--because", "x") == 2
    assert "several findings that begin with fff" in capsys.readouterr().err
    assert waive(world, finding, "--revoke", "--because", "x") == 2
    assert f"no waiver that counts is of {finding}" in capsys.readouterr().err
    assert waive(world, "fff1", "--revoke", "--because", "x") == 0
    assert world.trusted() == {"fff2"}
