from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder

MAKEFILE = """\
[tasks.check]
command = "cargo"
args = ["check"]

[tasks.report]
command = "cargo"
args = ["report"]

[tasks.tidy]
command = "cargo"
args = ["fmt"]
"""
CRATE = '[package]\nname = "one"\nversion = "0.1.0"\nedition = "2021"\n\n[features]\ndefault = []\n'
FILES = {"Makefile.toml": MAKEFILE, "Cargo.toml": CRATE}


def drilled(repository: RepositoryBuilder, *options: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code of a drill, and its JSON."""
    done = gatekeeper("drill", "--format", "json", *options, cwd=repository.root)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def verdicts(document: dict[str, Any]) -> dict[str, str]:
    return {plant["severity"]: plant["verdict"] for plant in document["plants"]}


def test_three_lines_and_a_last_one(repository: RepositoryBuilder) -> None:
    repository.commit("main", FILES)
    done = gatekeeper("drill", cwd=repository.root)
    assert done.returncode == 0
    assert done.stderr == ""
    head, minor, major, critical, last = done.stdout.splitlines()
    assert head.startswith("drill on main at ")
    assert "mk-task-different-keys  Makefile.toml tasks.report · drill-1, drill-2" in minor
    assert "feature-definition-conflict  Cargo.toml features.drill · drill-3, drill-4" in major
    assert "mk-dep-removed  Makefile.toml tasks.tidy · drill-5, drill-6" in critical
    for line, severity in ((minor, "minor"), (major, "major"), (critical, "critical")):
        assert line.split()[:3] == [severity, "caught", "in"]
    assert last == "passed: all caught; silent when asked again; closed when taken back"


def test_json_says_all_of_it(repository: RepositoryBuilder) -> None:
    repository.commit("main", FILES)
    code, document = drilled(repository)
    assert code == 0
    assert document["schema"] == "gatekeeper.drill/1"
    assert document["trunk"] == "refs/heads/main"
    assert document["commit"] == repository.commit_id("main")
    assert (document["passed"], document["second_poll_silent"], document["third_poll_closed"]) == (True, True, True)
    assert (document["own_manifests"], document["channels"], document["kept"]) == ([], [], None)
    first = document["plants"][0]
    assert (first["rule"], first["found_rule"]) == ("mk-task-different-keys", "mk-task-different-keys")
    assert (first["severity"], first["found_severity"], first["passed"]) == ("minor", "minor", True)
    assert first["agents"] == ["drill-1", "drill-2"]
    assert first["did"] == ["describes the task report", "sets a variable for the task report"]
    assert len(first["finding"]) == 12
    assert first["seconds"] >= 0


TURNED_DOWN = '[policy.severity.rules]\nfeature-definition-conflict = "note"\n'
EXPECTED = '[[policy.expected]]\npath = "Makefile.toml"\nkey = "tasks.**"\nreason = "ours alone"\n'


def test_a_severity_that_is_turned_down_counts_as_missed(repository: RepositoryBuilder) -> None:
    repository.commit("main", FILES | {"gatekeeper.toml": TURNED_DOWN})
    code, document = drilled(repository)
    assert code == 1
    assert verdicts(document) == {"minor": "caught", "major": "turned-down", "critical": "caught"}
    assert not document["passed"]
    done = gatekeeper("drill", cwd=repository.root)
    assert "but turned down to note by gatekeeper.toml" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("failed: 2 of 3 caught; --allow-overrides accepts")


def test_what_is_expected_counts_as_missed(repository: RepositoryBuilder) -> None:
    repository.commit("main", FILES | {"gatekeeper.toml": EXPECTED})
    code, document = drilled(repository)
    assert code == 1
    assert verdicts(document) == {"minor": "expected", "major": "caught", "critical": "expected"}
    assert document["plants"][0]["expected_because"] == "ours alone"
    assert "but expected by gatekeeper.toml (ours alone)" in gatekeeper("drill", cwd=repository.root).stdout


@pytest.mark.parametrize("settings", [TURNED_DOWN, EXPECTED])
def test_overrides_can_be_allowed(repository: RepositoryBuilder, settings: str) -> None:
    repository.commit("main", FILES | {"gatekeeper.toml": settings})
    code, document = drilled(repository, "--allow-overrides")
    assert code == 0
    assert document["passed"]
    assert all(plant["passed"] for plant in document["plants"])


def test_a_severity_that_is_turned_up_is_told(repository: RepositoryBuilder) -> None:
    settings = '[policy.severity.rules]\nmk-task-different-keys = "critical"\n'
    repository.commit("main", FILES | {"gatekeeper.toml": settings})
    done = gatekeeper("drill", cwd=repository.root)
    assert done.returncode == 0
    assert " s as critical  mk-task-different-keys" in done.stdout


CHANNELS = """\
[[notifications]]
name = "team"
command = ["sh", "-c", "cat >> told.json"]

[[notifications]]
name = "nobody"
command = ["sh", "-c", "echo no such team >&2; exit 1"]
on = ["agent-done"]
"""


def test_nobody_is_told(repository: RepositoryBuilder) -> None:
    repository.commit("main", FILES | {"gatekeeper.toml": CHANNELS})
    done = gatekeeper("drill", cwd=repository.root)
    assert done.returncode == 0
    assert "would have been told: team\n" in done.stdout
    assert not (repository.root / "told.json").exists()


def test_notices_of_a_drill_say_so(repository: RepositoryBuilder) -> None:
    repository.commit("main", FILES | {"gatekeeper.toml": CHANNELS})
    done = gatekeeper("drill", "--notify", cwd=repository.root)
    assert done.returncode == 1
    assert "drill notice sent to team" in done.stdout
    assert "not told nobody: " in done.stdout
    assert "no such team" in done.stdout
    told = json.loads((repository.root / "told.json").read_text())
    assert told["drill"] is True
    assert [item["event"] for item in told["items"]] == ["drill"]
    assert "drill" in told["items"][0]["message"]
    _, document = drilled(repository, "--notify")
    assert [(said["name"], said["would_be_told"], said["delivered"]) for said in document["channels"]] == [
        ("team", True, True),
        ("nobody", False, False),
    ]


def test_the_clone_can_be_kept(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.commit("main", FILES)
    kept = tmp_path / "kept"
    done = gatekeeper("drill", "--keep", str(kept), cwd=repository.root)
    assert done.returncode == 0
    # A long path may be broken over lines.
    assert f"thecloneisin{kept}" in "".join(done.stdout.split())
    assert "opened" in repository.git("-C", str(kept), "log", "refs/gatekeeper/ledger")
    assert "+description" in repository.git("-C", str(kept), "show", "refs/drill/drill-1")
    repository.git("-C", str(kept), "fsck", "--strict")
    again = gatekeeper("drill", "--keep", str(kept), cwd=repository.root)
    assert again.returncode == 2
    assert "is not empty" in again.stderr


def test_a_file_is_no_place_to_keep_it(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.commit("main", FILES)
    place = tmp_path / "file"
    place.write_text("")
    done = gatekeeper("drill", "--keep", str(place), cwd=repository.root)
    assert done.returncode == 2
    assert "is no directory" in done.stderr


def test_agents_are_called_as_the_settings_want(repository: RepositoryBuilder) -> None:
    settings = '[branches]\ninclude = ["agent/*", "wip"]\nexclude = ["agent/drill-*"]\n'
    repository.commit("main", FILES | {"gatekeeper.toml": settings})
    code, document = drilled(repository)
    assert code == 0
    assert document["plants"][0]["agents"] == ["agent/gatekeeper-drill-1", "agent/gatekeeper-drill-2"]


def test_two_names_are_enough(repository: RepositoryBuilder) -> None:
    repository.commit("main", FILES | {"gatekeeper.toml": '[branches]\ninclude = ["ada", "ben"]\n'})
    code, document = drilled(repository)
    assert code == 0
    assert {tuple(plant["agents"]) for plant in document["plants"]} == {("ada", "ben")}


def test_agents_that_are_declared_go_by_their_names(repository: RepositoryBuilder) -> None:
    settings = '[branches]\ninclude = ["work/ada", "work/ben"]\n[agents.ada]\nbranch = "work/ada"\n'
    settings += '[agents.ben]\nbranch = "work/ben"\ndepends_on = ["ada"]\n'
    repository.commit("main", FILES | {"gatekeeper.toml": settings})
    code, document = drilled(repository)
    assert code == 0
    assert {tuple(plant["agents"]) for plant in document["plants"]} == {("ada", "ben")}


def test_one_name_is_not_enough(repository: RepositoryBuilder) -> None:
    repository.commit("main", FILES | {"gatekeeper.toml": '[branches]\ninclude = ["ada"]\n'})
    done = gatekeeper("drill", cwd=repository.root)
    assert done.returncode == 2
    assert "leaves no two branches" in done.stderr


def test_settings_that_are_wrong_stop_it(repository: RepositoryBuilder) -> None:
    repository.commit("main", FILES | {"gatekeeper.toml": "fail_on = 3\n"})
    done = gatekeeper("drill", cwd=repository.root)
    assert done.returncode == 2
    assert "gatekeeper.toml" in done.stderr


def test_there_has_to_be_a_trunk(repository: RepositoryBuilder) -> None:
    assert gatekeeper("drill", cwd=repository.root).returncode == 2
    repository.commit("main", FILES)
    assert gatekeeper("drill", "--trunk", "elsewhere", cwd=repository.root).returncode == 2


@pytest.mark.parametrize("revision", ["main", "refs/heads/main", "main~1", "v1", "HEAD"])
def test_any_revision_can_be_trunk(repository: RepositoryBuilder, revision: str) -> None:
    repository.commit("main", FILES)
    repository.commit("main", {"more.txt": "more\n"})
    repository.git("tag", "v1")
    code, document = drilled(repository, "--trunk", revision)
    assert code == 0
    assert document["commit"] == repository.commit_id(revision)


def test_no_color_and_hostile_names(repository: RepositoryBuilder) -> None:
    hostile = MAKEFILE.replace("[tasks.check]", '[tasks."\\u001b[31m"]')
    repository.commit("main", FILES | {"Makefile.toml": hostile})
    done = gatekeeper("drill", cwd=repository.root, env={"NO_COLOR": "1"})
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert drilled(repository)[0] == 0
