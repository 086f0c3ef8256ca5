"""R-26 to R-28: what agents announce, figures by date, and the pointer that an agent is started with."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.core.watch.pointer import LIMIT, tokens_at_most
from gatekeeper.report.baseline_json import BaselineDocument
from gatekeeper.report.baselines import BaselinesDocument
from gatekeeper.report.brief import BriefDocument
from gatekeeper.report.claims import ClaimsDocument
from tests.cli.ledger_commands import document, refused, told
from tests.kit import RepositoryBuilder
from tests.shell.ledgers import ledger_of, put

DECLARED = '[agents.optimizer]\nbranch = "work"\n\n[phases.second]\nagents = ["optimizer"]\n'


@pytest.fixture
def here(repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch) -> RepositoryBuilder:
    repository.commit("main", {"Cargo.toml": "[workspace]\n", "gatekeeper.toml": DECLARED})
    repository.branch("other")
    monkeypatch.chdir(repository.root)
    return repository


@pytest.mark.usefixtures("here")
def test_claims(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "claim") == "no claims\n"
    told(capsys, "claim", "Cargo.toml#workspace.members", "crates/x/", "--as", "optimizer", "--for", "1h30m")
    found = document(capsys, ClaimsDocument, "claim", "Cargo.toml", "--as", "other")
    assert found["schema"] == "gatekeeper.claims/1"
    assert {(claim["agent"], claim["place"]) for claim in found["claims"]} == {
        ("optimizer", "Cargo.toml#workspace.members"),
        ("optimizer", "crates/x/"),
        ("other", "Cargo.toml"),
    }
    assert [claim["place"] for claim in found["overlapping"]] == ["Cargo.toml#workspace.members"]
    assert "optimizer has claimed crates/x/ too" in told(capsys, "claim", "crates/x/src/lib.rs", "--as", "other")
    # Who claims again renews.
    ids = {claim["id"] for claim in found["claims"]}
    again = document(capsys, ClaimsDocument, "claim", "Cargo.toml", "--as", "other", "--for", "2d")
    assert ids < {claim["id"] for claim in again["claims"]}
    # With its date, for it is not today that it ends.
    assert re.search(
        r"other .* too, until 20..-..-.. ..:.. UTC\n", told(capsys, "claim", "Cargo.toml", "--as", "optimizer")
    )
    told(capsys, "claim", "--release", "Cargo.toml", "--as", "other")
    assert "  other  Cargo.toml\n" not in told(capsys, "claim")
    assert told(capsys, "log", "--type", "claim.released").count("withdrawn") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a"], "which agent are you?"),
        (["a", "--as", "optimiser"], "did you mean optimizer?"),
        (["a", "--as", "zzz"], "there is no agent and no branch zzz"),
        (["a", "--as", "other", "--for", "soon"], "'soon' is no duration"),
        (["a", "--as", "other", "--for", "-1m"], "is no duration"),
        (["a", "--as", "other", "--for", "0m"], "--for: '0m' is no duration: it must be longer than no time"),
        (["a", "--as", "other", "--for", "1h 30m"], "is no duration"),
        (["a", "--as", "other", "--for", "9" * 400 + "d"], "is no duration"),
        (["a", "--as", "other", "--for", "9" * 5000 + "s"], "is no duration"),
        (["../a", "--as", "other"], "is no place"),
        (["/etc/passwd", "--as", "other"], "is no place"),
        (["crates/x/#k", "--as", "other"], "is no place"),
        (["a#", "--as", "other"], "is no place"),
        (["caf\udce9", "--as", "other"], "not UTF-8"),
        (["--release"], "which place?"),
        (["a", "--release", "--as", "other"], "other has not claimed a"),
    ],
)
def test_no_claim(
    here: RepositoryBuilder, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, "claim", *arguments)
    assert message in said
    assert "hint: " in said
    assert ledger_of(here).tip() is None


def test_a_claim_in_a_worktree_is_everybodys(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = here.worktree("other")
    told(capsys, "claim", "a", "-C", str(place), "--as", "other")
    monkeypatch.setenv("GATEKEEPER_AGENT", "optimizer")
    assert "other has claimed a too" in told(capsys, "claim", "a")


def test_in_a_bare_repository(
    new_repository: Callable[[], RepositoryBuilder], capsys: pytest.CaptureFixture[str]
) -> None:
    bare = new_repository()
    bare.commit("main", {"gatekeeper.toml": DECLARED})
    where = ("-C", str(bare.root))
    assert "optimizer  a\n" in told(capsys, "claim", "a", "--as", "optimizer", *where)
    told(capsys, "baseline", "record", "build=1s", *where)
    assert told(capsys, "brief", "optimizer", *where).startswith("You are optimizer")
    assert told(capsys, "log", *where).count("\n") == 3


@pytest.mark.parametrize("command", [["brief", "x"], ["claim", "a", "--as", "x"], ["waive"]])
def test_where_there_is_no_trunk_yet(
    repository: RepositoryBuilder, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "hint: " in refused(capsys, *command, "-C", str(repository.root))


@pytest.mark.usefixtures("here")
def test_baselines_by_date(capsys: pytest.CaptureFixture[str]) -> None:
    #
    told(capsys, "baseline", "record", "--date", "2026-01-01", "build=120s", "memory=1.5GB", "locks=42")
    told(capsys, "baseline", "record", "--date", "2026-01-02", "build=1m", "memory=1.5GB")
    assert told(capsys, "baseline", "record", "--date", "20260102", "locks=50") == (
        "2026-01-02  build=1m  memory=1.5GB  locks=50\n"
    )
    assert told(capsys, "baseline", "list").splitlines()[0] == "2026-01-01  build=120s  memory=1.5GB  locks=42"
    found = document(capsys, BaselinesDocument, "baseline", "list")
    assert [day["date"] for day in found["baselines"]] == ["2026-01-01", "2026-01-02"]
    compared = document(capsys, BaselineDocument, "baseline", "compare", code=1)
    assert {row["name"]: row["verdict"] for row in compared["rows"]} == {
        "build": "better",
        "memory": "same",
        "locks": "worse",
    }
    told(capsys, "baseline", "compare", "--more-is-better", "locks", code=0)
    told(capsys, "baseline", "compare", "2026-01-02", "2026-01-01", "--tolerance", "10")
    assert "x0.5" in told(capsys, "baseline", "compare", "2026-01-01", code=1)
    # One day is compared with the newest after it, however it is written, and never with itself or an older one.
    assert "x0.5" in told(capsys, "baseline", "compare", "20260101", code=1)
    told(capsys, "baseline", "record", "--date", "2026-01-03", "build=120s", "memory=1.5GB", "locks=42")
    found = document(capsys, BaselineDocument, "baseline", "compare", "20260101")
    assert (found["before"], found["after"]) == ("2026-01-01", "2026-01-03")
    for day in ("2026-01-03", "20260103", "2026-01-04"):
        assert "there is no baseline after 2026-01-0" in refused(capsys, "baseline", "compare", day)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["record", "build"], "is no figure"),
        (["record", "=1s"], "is no figure"),
        (["record", "build=fast"], "build: "),
        (["record", "build\x1b=1"], "is no figure"),
        (["record", "caf\udce9=1"], "is no figure"),
        (["record", "build=1\udce9"], "not UTF-8"),
        (["record", "build=1", "--date", "2026-02-30"], "is no date"),
        (["record"], "Missing argument"),
        (["compare"], "no two baselines"),
        (["compare", "2026-01-01", "2026-01-02"], "there is no baseline of 2026-01-01"),
        (["compare", "then", "now"], "'then' is no date"),
        (["compare", "then"], "'then' is no date"),
        (["compare", "2026-01-01"], "there is no baseline after 2026-01-01"),
        (["compare", "--tolerance", "nan"], "nan is not in the range 0<=x<=10"),
        (["compare", "--tolerance", "-nan"], "nan is not in the range"),
    ],
)
@pytest.mark.usefixtures("here")
def test_no_baseline(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in refused(capsys, "baseline", *arguments)
    assert told(capsys, "baseline", "list") == "no baselines\n"


def test_the_pointer_has_under_100_tokens(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    #
    for number in range(30):
        put(ledger_of(here), f"swarm/build-optimization/a-rather-long-name-{number}")
    text = told(capsys, "brief", "optimizer")
    assert text.startswith("You are optimizer, phase second, on branch work.\n")
    assert "gatekeeper memory get KEY" in text
    assert tokens_at_most(text) < LIMIT
    found = document(capsys, BriefDocument, "brief", "optimizer", "--keys", "nothing/**")
    assert (found["schema"], found["agent"]) == ("gatekeeper.brief/1", "optimizer")
    assert "Read" not in found["text"]
    assert found["tokens_at_most"] < LIMIT


@pytest.mark.usefixtures("here")
def test_no_pointer(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean optimizer?" in refused(capsys, "brief", "optimiser")
    assert "agent list shows them" in refused(capsys, "brief", "caf\udce9")
    assert "--keys a//b: " in refused(capsys, "brief", "optimizer", "--keys", "a//b")


def test_a_worktree_on_a_branch_that_is_not_utf8(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    name = "caf\udce9"
    here.git("checkout", "-q", "-b", name)
    told(capsys, "baseline", "record", "build=1s")
    assert "which agent are you?" in refused(capsys, "claim", "a")
    assert Path("Cargo.toml").exists()
