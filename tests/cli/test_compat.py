"""R-42: ``gatekeeper compat``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from gatekeeper.cli.main import run
from gatekeeper.report.compat_json import CompatDocument
from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder, Symlink
from tests.shell.json_schema import check

MAKEFILE = '[tasks.verify]\ncommand = "cargo"\n\n[tasks.ready]\ndependencies = ["verify"]\n'
AFTER = MAKEFILE.replace("[tasks.verify]", "[tasks.validate]")


@pytest.fixture
def here(repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch) -> RepositoryBuilder:
    declared = '[agents.optimizer]\nbranch = "work"\n\n[agents.late]\nbranch = "not-yet"\n'
    repository.commit("main", {"Makefile.toml": MAKEFILE, "gatekeeper.toml": declared})
    repository.branch("work")
    repository.commit("work", {"Makefile.toml": AFTER})
    monkeypatch.chdir(repository.root)
    return repository


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 1) -> str:
    assert run(["compat", *arguments]) == code
    shown = capsys.readouterr()
    assert shown.err == ""
    return shown.out


def document(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 1) -> dict[str, Any]:
    text = told(capsys, *arguments, "--format", "json", code=code)
    assert text.isascii()
    found: dict[str, Any] = json.loads(text)
    check(found, TypeAdapter(CompatDocument).json_schema(mode="serialization"))
    return found


def test_as_text(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    base, head = (here.commit_id(branch)[:10] for branch in ("main", "work"))
    assert (
        told(capsys, "optimizer")
        == f"""\
optimizer at {head} since {base}, against main

task verify  removed
  Makefile.toml  tasks.verify
  now validate
  used by Makefile.toml  tasks.ready.dependencies: depends on it

Not backward compatible: 1 removed.
"""
    )


def test_as_json(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "main", "work")
    assert (found["schema"], found["backward_compatible"]) == ("gatekeeper.compat/1", False)
    assert (found["against"], found["change"]) == ("main", "work")
    assert (found["base"], found["head"]) == (here.commit_id("main"), here.commit_id("work"))
    (item,) = found["items"]
    assert {name: item[name] for name in ("name", "kind", "change", "path", "key", "before", "after", "waived")} == {
        "name": "task verify",
        "kind": "task",
        "change": "removed",
        "path": "Makefile.toml",
        "key": "tasks.verify",
        "before": '{ command = "cargo" }',
        "after": "validate",
        "waived": False,
    }
    assert item["used_by"] == [
        {"path": "Makefile.toml", "place": "tasks.ready.dependencies", "what": "depends on it", "trees": []}
    ]


def test_an_item_is_waived_by_its_name(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "optimizer", "--waive", "task verify", code=0)
    assert "task verify  removed  waived\n" in text
    assert text.endswith("Backward compatible: all of it is waived.\n")
    here.commit("work", {"Makefile.toml": "[tasks.x]\nscript = 'y'\n"})
    text = told(capsys, "optimizer", "--waive", "task verify")
    assert text.endswith("Not backward compatible: 2 removed, 1 waived.\n")
    found = document(capsys, "optimizer", "--waive", "task verify", "--waive", "task ready", code=0)
    assert [(item["name"], item["waived"]) for item in found["items"]] == [("task ready", True), ("task verify", True)]
    assert found["backward_compatible"] is True


@pytest.mark.usefixtures("here")
def test_a_name_that_is_no_item_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compat", "optimizer", "--waive", "task verfy"]) == 2
    assert capsys.readouterr().err == (
        "gatekeeper: this change has no item 'task verfy'\n  hint: did you mean 'task verify'?\n"
    )
    assert run(["compat", "main", "main", "--waive", "x"]) == 2
    assert "hint: nothing is removed or altered" in capsys.readouterr().err


def test_the_change_is_what_is_checked_out_and_counts_from_where_it_left_trunk(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fork = here.commit_id("main")
    # What trunk has gained meanwhile is nothing that the change takes away.
    here.commit("main", {"Makefile.toml": MAKEFILE + "\n[tasks.new]\nscript = 'x'\n"})
    assert [item["name"] for item in document(capsys, "optimizer")["items"]] == ["task verify"]
    assert document(capsys, "main", "work")["base"] == fork
    assert told(capsys, code=0).startswith("main at ")
    monkeypatch.chdir(here.worktree("work"))
    assert document(capsys)["change"] == "work"
    here.git("checkout", "-q", "--detach", cwd=Path.cwd())
    found = document(capsys)
    assert (found["change"], found["head"]) == ("HEAD", here.commit_id("work"))
    assert document(capsys, here.commit_id("work"), code=0)["items"] == []


def test_trunk_and_other_agents_are_told_that_use_what_is_taken_away(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    here.branch("other")
    here.commit("main", {"ci/run.sh": "cargo make verify\n"})
    here.commit("other", {"more.toml": "[tasks.x]\nscript = 'x'\n", "other.sh": "# by night\ncargo make verify\n"})
    here.branch("idle")
    here.commit("idle", {"README.md": "still has what it had\n"})
    uses = document(capsys, "optimizer")["items"][0]["used_by"]
    assert [(use["path"], use["place"], use["trees"]) for use in uses] == [
        ("Makefile.toml", "tasks.ready.dependencies", []),
        ("other.sh", "line 2", ["other"]),
        ("ci/run.sh", "line 1", ["trunk"]),
    ]
    assert "  used by ci/run.sh  line 1 (trunk): names it: verify\n" in told(capsys, "optimizer")


def test_nothing_has_changed(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    here.branch("idle")
    nothing = "Backward compatible: nothing is removed or altered that others may rely on.\n"
    assert told(capsys, "main", "idle", code=0).endswith(nothing)
    here.commit("idle", {"src/lib.rs": "fn added() {}\n", "Makefile.toml": f"# The same.\n{MAKEFILE}"})
    assert told(capsys, "main", "idle", code=0).endswith(nothing)


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_manifest_that_cannot_be_read(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str], side: str) -> None:
    if side == "before":
        here.commit("main", {"Makefile.toml": "[tasks.verify\n"})
        here.git("branch", "fix", "main")
        here.commit("fix", {"Makefile.toml": MAKEFILE})
    else:
        here.branch("fix")
        here.commit("fix", {"Makefile.toml": "[tasks.verify\n"})
    text = told(capsys, "main", "fix")
    assert "manifest Makefile.toml  cannot be told\n" in text
    assert f"  {side} the change: line 1, column " in text
    assert text.endswith("Not backward compatible: 1 cannot be told.\n")
    (one,) = document(capsys, "main", "fix")["unreadable"]
    assert (one["name"], one["side"]) == ("manifest Makefile.toml", side)
    assert "waived" in told(capsys, "main", "fix", "--waive", "manifest Makefile.toml", code=0)


def test_a_link_in_place_of_a_manifest(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    here.branch("link")
    here.commit("link", {"Makefile.toml": Symlink("other.toml")})
    text = told(capsys, "main", "link")
    assert "  after the change: it is no file\n" in text
    assert text.endswith("Not backward compatible: 1 cannot be told.\n")


def test_text_from_the_repository_is_harmless(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    here.commit("main", {"Makefile.toml": '[tasks."a\\u001b[2J"]\nscript = "x"\n'})
    here.git("branch", "wild", "main")
    here.commit("wild", {"Makefile.toml": "[tasks.b]\nscript = 'y'\n"})
    assert "\x1b" not in told(capsys, "main", "wild")
    assert document(capsys, "main", "wild")["items"][0]["name"] == "task a\x1b[2J"


def test_long_lists_are_cut(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = "".join(f"[tasks.t{number}]\ndependencies = ['verify']\n" for number in range(30))
    here.commit("main", {"Makefile.toml": MAKEFILE + tasks})
    here.git("branch", "cut", "main")
    here.commit("cut", {"Makefile.toml": "[tasks.x]\nscript = 'y'\n"})
    assert "and 12 more (--all)\n" in told(capsys, "main", "cut")
    assert "--all" not in told(capsys, "main", "cut", "--all")
    here.git("branch", "used", "main")
    here.commit("used", {"Makefile.toml": AFTER + tasks})
    assert "and 25 more uses (--all)\n" in told(capsys, "main", "used")


def test_a_bare_repository(here: RepositoryBuilder, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    here.git("clone", "-q", "--bare", str(here.root), str(bare))
    done = gatekeeper("compat", "main", "work", cwd=bare)
    assert (done.returncode, done.stderr) == (1, "")
    assert "task verify  removed" in done.stdout


def test_a_repository_without_commits(tmp_path: Path) -> None:
    RepositoryBuilder(tmp_path / "empty")
    done = gatekeeper("compat", cwd=tmp_path / "empty")
    assert done.returncode == 2
    assert "this repository has no commits yet" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "'nowhere' names no commit"),
        (["main", "nowhere"], "'nowhere' names no commit"),
        (["late"], "the agent late has no branch refs/heads/not-yet yet"),
        (["main", "late"], "the agent late has no branch refs/heads/not-yet yet"),
        (["main", "alone"], "alone shares no history with main"),
        (["--trunk", "alone", "optimizer"], "optimizer shares no history with alone"),
    ],
)
def test_what_cannot_be_told(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    here.commit("alone", {"gatekeeper.toml": '[agents.optimizer]\nbranch = "work"\n'}, root=True)
    assert run(["compat", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err
    assert "Traceback" not in shown.err
