"""Nobody rules on something that they were not shown, and of two people at once one does. R-12."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.cli.main import run
from gatekeeper.coordinator.case_desk import CaseDesk
from gatekeeper.coordinator.inquirer import Inquirer
from gatekeeper.core.ledger.case_events import CaseChanged, CaseClosed, CaseOpened
from gatekeeper.core.ledger.events import FindingOpened
from gatekeeper.core.ledger.records import Sight
from gatekeeper.core.names import Oid, RefName
from gatekeeper.core.roster import RoleName
from gatekeeper.ledger.ledger import Ledger
from gatekeeper.report.escalations import EscalationsDocument
from gatekeeper.repository import open_repository
from gatekeeper.repository.discovery import Trunk
from tests.cli.cases import acknowledge, as_it_stands, opened, polled, reorganised, resolve, ruled, the_case
from tests.cli.ledger_commands import document, told
from tests.core.ledger_events import problem
from tests.kit import RepositoryBuilder
from tests.kit.ssh import needs_openssh
from tests.shell.people import CASE, CODER, FINDING, LEAD, ONE, PATH, ROLES, TWO, TWO_SIGNS_AS, Court, manifest

pytestmark = needs_openssh


@pytest.fixture
def court(repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Court:
    monkeypatch.chdir(repository.root)
    return Court(repository, tmp_path / "keys")


@pytest.fixture
def case(court: Court) -> Court:
    opened(court)
    return court


def assert_refused_as_changed(case: Court, capsys: pytest.CaptureFixture[str], *words: str) -> None:
    """Hold that nothing is written, and what is said."""
    before = case.repository.git("rev-parse", "refs/gatekeeper/ledger")
    said = told(capsys, *resolve(case, "--accept-proposal"), code=1)
    for word in words:
        assert word in said
    document(capsys, EscalationsDocument, *resolve(case, "--accept-proposal"), code=1)
    assert case.repository.git("rev-parse", "refs/gatekeeper/ledger") == before


def test_a_branch_that_has_moved_is_looked_at_again(case: Court, capsys: pytest.CaptureFixture[str]) -> None:
    case.repository.commit(TWO, {PATH: manifest("minimal", "tracing")})
    assert_refused_as_changed(case, capsys, "refused: two has moved since the last poll", "gatekeeper poll")
    polled(case)
    told(capsys, *resolve(case, "--accept-proposal"))
    # And so is one that moves after it was ruled on, and before it is acknowledged.
    case.repository.commit(TWO, {PATH: manifest("minimal", "other")})
    polled(case)
    found = the_case(capsys, "escalation", "list")
    assert (found["waits_for"], found["rulings"][0]["stands"]) == ([LEAD], False)
    assert "no longer about the case as it is" in told(capsys, "escalation", "show", CASE)
    assert "nobody has ruled on case" in told(capsys, *acknowledge(case, ONE, "one"), code=1)


def test_who_commits_after_the_ruling_does_not_acknowledge_it_away(
    case: Court, capsys: pytest.CaptureFixture[str]
) -> None:
    # else it would be released with what nobody has ruled on, until the next poll.
    told(capsys, *resolve(case, "--take", "one"))
    case.repository.commit(TWO, {PATH: manifest("minimal", "other")})
    said = told(capsys, *acknowledge(case, TWO_SIGNS_AS, "two"), code=1)
    assert "refused: two has moved since the last poll" in said
    assert "gatekeeper poll" in said
    # The other one has not, and what it has acknowledged it need not say again.
    told(capsys, *acknowledge(case, ONE, "one"))
    case.repository.commit(ONE, {"x": "x"})
    assert the_case(capsys, *acknowledge(case, ONE, "one"))["waits_for"] == [TWO]


def test_a_trunk_that_moves_voids_nothing(case: Court, capsys: pytest.CaptureFixture[str]) -> None:
    case.repository.commit("main", {PATH: manifest("minimal", "trunk"), "README.md": "x"})
    told(capsys, *resolve(case, "--accept-proposal"))
    assert the_case(capsys, "escalation", "list")["waits_for"] == [ONE, TWO]


def test_a_branch_that_is_gone(case: Court, capsys: pytest.CaptureFixture[str]) -> None:
    case.repository.git("update-ref", "-d", "refs/heads/two")
    assert_refused_as_changed(case, capsys, "refused: the branch of two is gone")


def test_what_is_not_committed_cannot_be_ruled_on(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    # The architect's answer would be about something that nobody can merge.
    court.repository.branch(TWO)
    matter = as_it_stands(court, court.matter())
    found = problem(FINDING, agents=(ONE, TWO), path=PATH, key="features.full")
    found = replace(found, sides=tuple(replace(side, key="features.full") for side in found.sides))
    sight = Sight(uncommitted=(TWO,))
    court.append(court.event(FindingOpened(found, sight), "gatekeeper"), court.event(CaseOpened(matter), "gatekeeper"))
    assert_refused_as_changed(court, capsys, "what two does there is not committed", "two: commit it")


def test_what_the_ledger_says_wrongly_is_corrected_before_anybody_rules(
    court: Court, capsys: pytest.CaptureFixture[str]
) -> None:
    # whoever can write the ledger cannot make a reorganisation compatible, nor keep people from ruling.
    matter = reorganised(court)
    court.append(court.event(CaseChanged(replace(matter, broken=(), effect=())), "gatekeeper"))
    said = told(capsys, *resolve(court, "--proceed"), code=1)
    assert "what it breaks is another by now than was shown" in said
    assert f"gatekeeper escalation show {CASE}" in said
    assert (court.case().matter, ruled(court)) == (matter, [])
    court.append(court.event(CaseChanged(replace(matter, contents={}, proposed="0" * 12)), "gatekeeper"))
    assert "the proposal is another by now" in told(capsys, *resolve(court, "--take-back"), code=1)
    told(capsys, *resolve(court, "--take-back"))
    assert [said.choice for said in ruled(court)] == ["take-back"]


def test_what_is_broken_is_asked_when_it_turns_out_who_reorganises(court: Court) -> None:
    matter = reorganised(court)
    repository = open_repository(str(court.repository.root))
    trunk = Trunk(RefName("refs/heads/main"), Oid(court.repository.commit_id("main")))
    asked = Inquirer(repository, trunk, matter.heads)
    before = replace(matter, kind="escalation", author=None, broken=(), effect=())
    found = replace(matter, heads={}, contents={}, broken=(), effect=())
    assert asked(found, before).broken == matter.broken


def test_two_people_at_once(case: Court) -> None:
    # Real processes: whoever is second is told of the first, and one ruling is written.
    gatekeeper = [sys.executable, "-m", "gatekeeper"]
    commands = [resolve(case, "--take", agent) for agent in ("one", "two")]
    running = [subprocess.Popen([*gatekeeper, *each], stdout=subprocess.PIPE, text=True) for each in commands]
    said = [process.communicate()[0] for process in running]
    assert sorted(process.returncode for process in running) == [0, 1]
    (late,) = [text for text, process in zip(said, running, strict=True) if process.returncode == 1]
    assert f"refused: {LEAD} has ruled on it already: the side of " in late
    assert len(ruled(case)) == 1


def test_whoever_decides_while_somebody_else_writes_is_told(
    case: Court, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Ledger.append

    def after(first: Callable[[], object]) -> Any:
        def append(ledger: Ledger, *arguments: Any, **more: Any) -> Any:
            monkeypatch.setattr(Ledger, "append", plain)
            first()
            return plain(ledger, *arguments, **more)

        return append

    monkeypatch.setattr(Ledger, "append", after(lambda: case.say(case.ruling(), "lead")))
    assert "has ruled on it already" in told(capsys, *resolve(case, "--take", "two"), code=1)
    case.append(case.event(CaseClosed(CASE, "gone"), "gatekeeper"))
    opened(case)
    closing = case.event(CaseClosed(CASE, "gone"), "gatekeeper")
    monkeypatch.setattr(Ledger, "append", after(lambda: case.append(closing)))
    assert "is closed" in told(capsys, *resolve(case, "--take", "two"), code=1)
    opened(case)
    case.repository.commit(TWO, {PATH: manifest("minimal", "tracing")})
    polled(case)
    case.repository.commit(ONE, {"x": "x"})
    polled(case)
    moved = case.event(CaseChanged(replace(case.case().matter, heads={})), "gatekeeper")
    monkeypatch.setattr(Ledger, "append", after(lambda: case.append(moved)))
    assert "has changed" in told(capsys, *resolve(case, "--take", "two"), code=1)
    assert ruled(case) == []


def test_a_branch_that_only_a_remote_has(case: Court, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    # A stray branch is called as the poll calls it, without the remote.
    stray = "feature/stray"
    case.repository.branch(stray)
    case.repository.commit(stray, {PATH: manifest("minimal", "stray")})
    case.repository.git("clone", "-q", str(case.repository.root), str(tmp_path / "clone"))
    here = ["-C", str(tmp_path / "clone")]
    assert run(["poll", *here]) == 1
    (found,) = document(capsys, EscalationsDocument, "escalation", "list", *here)["cases"]
    assert {party["agent"] for party in found["parties"]} == {stray, ONE, TWO}
    signer = ["--as", LEAD, "--key", str(case.keys["lead"])]
    rule = ["escalation", "resolve", found["id"], "--accept-proposal", "--because", "agreed", *signer]
    (after,) = document(capsys, EscalationsDocument, *rule, *here)["cases"]
    # Nobody waits for a stray branch to say that it has heard.
    assert after["waits_for"] == [ONE, TWO]


def test_a_clone_whose_trunk_is_behind_goes_by_what_polls_go_by(court: Court, tmp_path: Path) -> None:
    # Else a removed key would count where nobody has pulled, and cases would be read against another trunk.
    court.configure(ROLES + '[ledger]\nremote = "origin"\n')
    court.repository.git("clone", "-q", str(court.repository.root), str(tmp_path / "clone"))
    court.configure(ROLES.replace(LEAD, CODER) + '[ledger]\nremote = "origin"\n')
    court.repository.git("-C", str(tmp_path / "clone"), "fetch", "-q")
    desk = CaseDesk(str(tmp_path / "clone"), None, clock=lambda: datetime.now(UTC))
    assert desk.trunk.commit == court.repository.commit_id("main")
    assert desk.roster.roles[RoleName("architect")] == (CODER,)
