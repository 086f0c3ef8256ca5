"""Cases from the question to the released agents, on real branches and by real keys. R-12, R-14, R-42."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from gatekeeper.cli.main import run
from gatekeeper.core.ledger.case_events import CaseChanged
from gatekeeper.core.roster import RoleName
from gatekeeper.report.escalations import EscalationsDocument
from tests.cli.cases import acknowledge, opened, reorganised, resolve, ruled, the_case
from tests.cli.ledger_commands import document, refused, told
from tests.kit import RepositoryBuilder
from tests.kit.ssh import needs_openssh
from tests.shell.people import CASE, CODER, LEAD, ONE, OPS, PATH, TWO, TWO_SIGNS_AS, Court, manifest

pytestmark = needs_openssh


@pytest.fixture
def court(repository: RepositoryBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Court:
    monkeypatch.chdir(repository.root)
    return Court(repository, tmp_path / "keys")


@pytest.fixture
def case(court: Court) -> Court:
    opened(court)
    return court


def test_from_the_question_to_the_released_agents(case: Court, capsys: pytest.CaptureFixture[str]) -> None:
    # the union is proposed, the architect rules, both accept.
    shown = told(capsys, "escalation", "show", CASE[:4])
    assert '+ features.full = ["minimal", "debug-fast"]' in shown
    assert '+ features.full = ["minimal", "headless"]' in shown
    assert f"gatekeeper escalation resolve {CASE} --accept-proposal --because '...'" in shown
    found = the_case(capsys, "escalation", "list")
    assert (found["waits_for"], found["deciders"], found["has_union"]) == ([LEAD], [LEAD], True)
    after = the_case(capsys, *resolve(case, "--accept-proposal"))
    assert (after["waits_for"], after["rulings"][0]["stands"]) == ([ONE, TWO], True)
    (said,) = ruled(case)
    assert sorted(tomllib.loads(said.text or "")["features"]["full"]) == ["debug-fast", "headless", "minimal"]
    assert said.result == case.case().matter.proposed
    assert the_case(capsys, *acknowledge(case, ONE, "one"))["waits_for"] == [TWO]
    done = the_case(capsys, *acknowledge(case, TWO_SIGNS_AS, "two"))
    assert (done["waits_for"], done["rulings"][0]["acknowledged"]) == ([], [ONE, TWO])
    assert "acknowledged by: one, two" in told(capsys, "escalation", "show", CASE)
    assert run(["log", "--verify"]) == 0


def test_no_case_is_no_list(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "escalation", "list") == "no open cases\n"
    assert document(capsys, EscalationsDocument, "escalation", "list")["cases"] == []
    assert "no open case has the id 77" in refused(capsys, "escalation", "show", "77")
    assert "which case?" in refused(capsys, "escalation", "show", "")
    assert court.judge().trusted().rulings == {}


def test_one_side_is_taken(case: Court, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, *resolve(case, "--take", "two"))
    (said,) = ruled(case)
    assert (said.choice, said.agent, said.result) == ("take", TWO, case.case().matter.contents[TWO])
    assert "the side of two" in told(capsys, "escalation", "show", CASE)


def test_a_text_of_its_own(case: Court, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "wanted.toml"
    file.write_text("[features]\nfull = [\n")
    assert f"{file}:2:9: " in refused(capsys, *resolve(case, "--with", str(file)))
    file.write_bytes(b"\xff")
    assert "is not UTF-8" in refused(capsys, *resolve(case, "--with", str(file)))
    assert "No such file" in refused(capsys, *resolve(case, "--with", str(tmp_path / "none")))
    assert ruled(case) == []
    file.write_text(manifest("minimal", "tracing"))
    told(capsys, *resolve(case, "--with", str(file)))
    assert ruled(case)[0].text == manifest("minimal", "tracing")


@pytest.mark.parametrize(
    ("arguments", "principal", "key", "reason"),
    [
        (["--take", "one"], CODER, "coder", f"{CODER} has not the role architect"),
        (["--take", "one"], OPS, "ops", f"{OPS} has not the role architect"),
        (["--take", "one"], LEAD, "coder", "wrong-principal"),
        (["--take", "one"], LEAD, "stranger", "unknown-key"),
        (["--take", "one"], ONE, "one", "one is a party of the case"),
        (["--take", "three"], LEAD, "lead", "three is no party"),
        (["--proceed"], LEAD, "lead", "only a reorganisation"),
        ([], LEAD, "lead", "how is it to be settled?"),
        (["--take", "one", "--accept-proposal"], LEAD, "lead", "how is it to be settled?"),
        (["--take", "one", "--waive", "x"], LEAD, "lead", "--waive goes with --proceed"),
        (["--take", "one", "--because", " "], LEAD, "lead", "why?"),
    ],
)
def test_refused_before_anything_is_written(
    case: Court, capsys: pytest.CaptureFixture[str], arguments: list[str], principal: str, key: str, reason: str
) -> None:
    assert reason in refused(capsys, *resolve(case, *arguments, principal=principal, key=key))
    assert case.case().rulings == ()


def test_an_architect_who_is_a_party_leaves_it_to_the_coordinator(
    court: Court, capsys: pytest.CaptureFixture[str]
) -> None:
    court.configure(f'[policy.roles]\narchitect = ["two"]\ncoordinator = ["{OPS}"]\n')
    opened(court)
    assert the_case(capsys, "escalation", "list")["waits_for"] == [OPS]
    told(capsys, *resolve(court, "--accept-proposal", principal=OPS, key="ops"))
    assert the_case(capsys, "escalation", "list")["waits_for"] == [ONE, TWO]


def test_where_nobody_may_decide_somebody_has_to_be_named(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    court.configure('[policy.roles]\narchitect = ["two"]\n')
    opened(court)
    found = the_case(capsys, "escalation", "list")
    assert (found["deciders"], found["waits_for"]) == ([], [])
    assert "name somebody in policy.roles" in found["state"]
    assert "gatekeeper.toml" in found["next_step"]


def test_a_ruling_that_does_not_count_keeps_nobody_from_ruling(case: Court, capsys: pytest.CaptureFixture[str]) -> None:
    case.append(case.event(case.ruling()))
    case.say(case.ruling(CODER), "coder")
    assert "does not count: it is not signed" in told(capsys, "escalation", "show", CASE)
    told(capsys, *resolve(case, "--accept-proposal"))
    standing = [each["stands"] for each in the_case(capsys, "escalation", "list")["rulings"]]
    assert standing == [False, False, True]


def test_acknowledging_twice_writes_nothing(case: Court, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, *resolve(case, "--accept-proposal"))
    told(capsys, *acknowledge(case, ONE, "one"))
    before = case.repository.git("rev-parse", "refs/gatekeeper/ledger")
    told(capsys, *acknowledge(case, ONE, "one"))
    assert case.repository.git("rev-parse", "refs/gatekeeper/ledger") == before


def test_who_acknowledges(case: Court, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    told(capsys, *resolve(case, "--accept-proposal"))
    assert "wrong-principal" in refused(capsys, *acknowledge(case, ONE, "two"))
    assert "three is no party" in refused(capsys, *acknowledge(case, "three", "one"))
    assert "neither two nor a coordinator" in refused(capsys, *acknowledge(case, LEAD, "lead", "--for", "two"))
    assert case.case().acknowledgements == ()
    # By the environment, as an agent's shell has it; and by the coordinator for one that cannot.
    monkeypatch.setenv("GATEKEEPER_AGENT", "two")
    monkeypatch.setenv("GATEKEEPER_SIGNING_KEY", str(case.keys["two"]))
    assert the_case(capsys, "escalation", "acknowledge", CASE)["waits_for"] == [ONE]
    assert the_case(capsys, *acknowledge(case, OPS, "ops", "--for", "one"))["waits_for"] == []


def test_a_reorganisation_proceeds_only_if_compatible(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    #
    matter = reorganised(court)
    assert matter.broken
    shown = told(capsys, "escalation", "show", CASE)
    for words in ("one, who reorganises", "no longer compatible:", *matter.broken, "--take-back", "--proceed --waive"):
        assert words in shown
    said = told(capsys, *resolve(court, "--proceed"), code=1)
    assert f"refused: not backward compatible: {matter.broken[0]}" in said
    assert "breaks nothing that is called nothing" in refused(
        capsys, *resolve(court, "--proceed", "--waive", "nothing")
    )
    waived = [word for name in matter.broken for word in ("--waive", name)]
    told(capsys, *resolve(court, "--proceed", *waived))
    (ruling,) = ruled(court)
    assert (ruling.choice, ruling.waives, ruling.broken) == ("proceed", matter.broken, matter.broken)
    # The ruling documents the effect on those who rely on it.
    assert ruling.effect == matter.effect
    assert ruling.effect != ()


def test_a_reorganisation_is_taken_back(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    reorganised(court)
    found = the_case(capsys, *resolve(court, "--take-back"))
    assert [ruling["choice"] for ruling in found["rulings"]] == ["take-back"]
    assert court.trusted().rulings[CASE][0].said.choice == "take-back"


def test_an_incident_is_not_ruled_on(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    opened(court, kind="incident", owner=RoleName("coordinator"))
    assert "goes on by a plan" in refused(capsys, *resolve(court, "--take", "one"))
    assert "nothing is ruled on it" in refused(capsys, *acknowledge(court, ONE, "one"))
    assert "root cause: not recorded" in told(capsys, "escalation", "show", CASE)


def test_every_ruling_says_what_is_no_longer_compatible(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    # of an escalation nothing has to be waived, and yet whoever reads the ruling sees what goes.
    matter = reorganised(court)
    asked = replace(matter, kind="escalation", author=None, broken=(), effect=())
    court.append(court.event(CaseChanged(asked), "gatekeeper"))
    found = the_case(capsys, *resolve(court, "--take", "one"))
    (ruling,) = ruled(court)
    assert matter.broken
    assert set(matter.broken) <= set(ruling.broken)
    assert set(matter.effect) <= set(ruling.effect)
    (said,) = found["rulings"]
    assert (said["broken"], said["effect"]) == (list(ruling.broken), list(ruling.effect))
    assert f"no longer compatible: {ruling.broken[0]}" in told(capsys, "escalation", "show", CASE)


def test_where_the_sides_cannot_stand_together(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    for agent, year in ((ONE, "2021"), (TWO, "2024")):
        court.repository.branch(agent)
        court.repository.commit(agent, {PATH: manifest().replace("[features]", f'edition = "{year}"\n\n[features]')})
    opened(court, key="package.edition")
    shown = told(capsys, "escalation", "show", CASE)
    assert "no proposal can be accepted:\n  package.edition: " in shown
    assert "--accept-proposal" not in shown
    assert "there is no union" in told(capsys, *resolve(court, "--accept-proposal"), code=1)
    told(capsys, *resolve(court, "--take", "two"))
    assert "2024" in (ruled(court)[0].text or "")


def test_control_characters_of_a_repository_reach_no_terminal(court: Court, capsys: pytest.CaptureFixture[str]) -> None:
    court.open(question="\x1b[31mred", proposal="\x1b[2J", effect=("\x9b1m",))
    for command in (["escalation", "list"], ["escalation", "show", CASE]):
        said = told(capsys, *command)
        assert "\x1b" not in said
        assert "\x9b" not in said
