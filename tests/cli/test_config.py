from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rtoml

from gatekeeper.config import load_settings
from gatekeeper.config.published_schema import schema_text
from gatekeeper.config.tables import Table
from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder

TEXT = """
trunk = "main"
[agents.one]
conflicts_with = ["two"]
[agents.two]
depends_on = ["one"]
[phases.verify]
agents = ["two"]
needs = ["build"]
[phases.build]
agents = ["one"]
gates = { post = ["noted"] }
[gates.noted]
files = ["NOTES.md"]
[release]
gates = ["noted"]
[[policy.expected]]
rule = "text-conflict"
reason = "so"
[[notifications]]
name = "chat"
webhook = "https://chat.example.org"
"""
WRONG = "[agents.one]\ndepends_on = [\n  'two',\n]\n[worktrees]\ndirectroy = 'x'\n"


@pytest.fixture
def root(repository: RepositoryBuilder) -> Path:
    repository.commit("main", {"gatekeeper.toml": TEXT})
    return repository.root


def checked(*arguments: str, cwd: Path, code: int) -> dict[str, Any]:
    done = gatekeeper("config", "check", *arguments, "--format", "json", cwd=cwd)
    assert (done.returncode, done.stderr) == (code, "")
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["schema"] == "gatekeeper.config-check/1"
    assert document["valid"] is (code == 0) is (document["summary"] is not None)
    return document


def test_what_is_right_is_told_calmly(root: Path) -> None:
    done = gatekeeper("config", "check", cwd=root)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(None, 1) for line in done.stdout.splitlines()[1:]] == [
        ["trunk", "main"],
        ["fails", "from     major on"],
        ["agents", "2: one, two"],
        ["phases", "build (1 agent, 1 gate); verify (1 agent, after build)"],
        ["gates", "1: noted"],
        ["release", "after noted"],
        ["notifications", "1: chat"],
    ]
    assert done.stdout.startswith("gatekeeper.toml on refs/heads/main is right\n")
    assert checked(cwd=root, code=0)["summary"] == {
        "trunk": "main",
        "fail_on": "major",
        "agents": ["one", "two"],
        "phases": [
            {"name": "build", "agents": ["one"], "needs": [], "pre": [], "checkpoint": [], "post": ["noted"]},
            {"name": "verify", "agents": ["two"], "needs": ["build"], "pre": [], "checkpoint": [], "post": []},
        ],
        "gates": ["noted"],
        "release": ["noted"],
        "notifications": ["chat"],
    }


def test_what_is_wrong_with_gates_is_told_with_line_key_and_nearest_name(root: Path, tmp_path: Path) -> None:
    """R-19: a gate that nobody defined is never taken for one that has passed."""
    file = tmp_path / "other.toml"
    file.write_text(
        "[gates.check]\ncommand = ['cargo', 'check']\nmin_lines = 1\n[gates.approved]\napproval = 'architect'\n"
        "[phases.build]\ngates = { pre = ['chekc'] }\n"
    )
    mistakes = [
        {key: mistake[key] for key in ("line", "column", "key", "hint")}
        for mistake in checked(str(file), cwd=root, code=2)["mistakes"]
    ]
    assert mistakes == [
        {"line": 3, "column": 1, "key": "gates.check.min_lines", "hint": None},
        {"line": 5, "column": 1, "key": "gates.approved.approval", "hint": None},
        {"line": 7, "column": 18, "key": "phases.build.gates.pre[1]", "hint": "did you mean check instead of chekc?"},
    ]


def test_all_that_is_wrong_is_told(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text("".join(f"wrong{n} = {n}\n" for n in range(9)))
    done = gatekeeper("config", "check", str(file), cwd=root)
    assert (done.returncode, done.stdout) == (2, "")
    assert len([line for line in done.stderr.splitlines() if "there is no such key" in line]) == 9
    assert [(row["line"], row["column"]) for row in checked(str(file), cwd=root, code=2)["mistakes"]] == [
        (n + 1, 1) for n in range(9)
    ]


def test_mistakes_have_line_and_column(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"gatekeeper.toml": WRONG})
    document = checked(cwd=repository.root, code=2)
    assert document["mistakes"] == [
        {
            "line": 6,
            "column": 1,
            "key": "worktrees.directroy",
            "message": "there is no such key",
            "hint": "did you mean directory instead of directroy?",
        }
    ]
    repository.commit("main", {"gatekeeper.toml": WRONG.replace("directroy", "directory")})
    [mistake] = checked(cwd=repository.root, code=2)["mistakes"]
    assert (mistake["line"], mistake["column"], mistake["key"]) == (3, 3, "agents.one.depends_on[1]")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"trunk = [\n", ":1:10: unclosed array"),
        (b'trunk = "\xff"', ":1:10: the byte 0xff is not UTF-8"),
        (b"a" * (9 << 20), ":1:1: the file is larger than 8 MiB"),
        (b"x = " + b"[" * 5000, ":1:"),
        (b'[agents."a\\u001b[31m"]\n', 'agents."a\\u001B[31m": no control character may be in it'),
        (b"agents = 1979-05-27\n", ":1:1: agents: input should be a table"),
        (b"[agents.a]\npriority = nan\n", ":2:1: agents.a.priority: input should be a valid integer"),
        (b"[agents.a]\npriority = 99999999999999999999\n", "integer out of range"),
        (b"\0", ":1:1: the file holds a NUL byte"),
    ],
)
def test_bad_input_of_every_kind_is_a_message(source: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "g.toml"
    file.write_bytes(source)
    done = gatekeeper("config", "check", "g.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.startswith("gatekeeper: g.toml:")
    assert "Traceback" not in done.stderr
    assert not checked("g.toml", cwd=tmp_path, code=2)["valid"]


def test_a_file_need_not_be_in_a_repository(tmp_path: Path) -> None:
    (tmp_path / "g.toml").write_text("[agents.a]\n")
    done = gatekeeper("config", "check", "g.toml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "none is named, and none can be told from here" in done.stdout
    assert gatekeeper("config", "check", "-", cwd=tmp_path, input="[agents.a]\n").stdout.startswith("standard input is")
    assert gatekeeper("config", "check", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize("name", ["missing.toml", ".", "a\0b"])
def test_a_file_that_cannot_be_read(name: str, root: Path) -> None:
    if "\0" in name:
        name = "x" * 5000
    done = gatekeeper("config", "check", name, cwd=root)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("gatekeeper: cannot read ")


def test_no_file_is_right(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"x": "1"})
    done = gatekeeper("config", "check", cwd=repository.root)
    assert done.returncode == 0
    assert done.stdout.startswith("there is no gatekeeper.toml on refs/heads/main: the defaults hold\n  trunk")
    assert not checked(cwd=repository.root, code=0)["exists"]


def test_the_file_of_the_trunk_that_it_names_counts(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"gatekeeper.toml": 'trunk = "develop"\n'})
    repository.branch("develop")
    repository.commit("develop", {"gatekeeper.toml": "[agents.a]\n"})
    assert checked(cwd=repository.root, code=0)["file"] == "gatekeeper.toml on refs/heads/develop"
    assert checked("--trunk", "main", cwd=repository.root, code=0)["summary"]["agents"] == []
    repository.commit("main", {"gatekeeper.toml": 'trunk = "nowhere"\n'})
    done = gatekeeper("config", "check", cwd=repository.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'nowhere' names no commit" in done.stderr


def test_what_holds_is_shown_as_a_file_that_says_it(root: Path) -> None:
    done = gatekeeper("config", "show", cwd=root)
    assert (done.returncode, done.stderr) == (0, "")
    assert load_settings(done.stdout.encode(), where="shown") == load_settings(TEXT.encode(), where="g")
    document = json.loads(gatekeeper("config", "show", "--format", "json", cwd=root).stdout)
    assert (document["schema"], document["exists"]) == ("gatekeeper.config/1", True)
    assert document["settings"] == rtoml.loads(done.stdout)
    assert document["settings"]["agents"]["one"]["branch"] == "one"


def test_without_a_file_the_defaults_are_shown(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"x": "1"})
    shown = rtoml.loads(gatekeeper("config", "show", cwd=repository.root).stdout)
    assert (shown["trunk"], shown["fail_on"], shown["agents"]) == ("main", "major", {})
    repository.commit("main", {"gatekeeper.toml": "trunk = 1\n"})
    assert gatekeeper("config", "show", cwd=repository.root).returncode == 2


def test_the_schema_describes_every_key() -> None:
    done = gatekeeper("config", "schema")
    assert (done.returncode, done.stdout) == (0, schema_text())
    schema = json.loads(done.stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    tables = [schema, *schema["$defs"].values()]
    assert len(tables) == len(Table.__subclasses__())
    for table in tables:
        assert table["additionalProperties"] is False
        assert table["description"]
        # A key that is described like its table has the description of that.
        assert all("description" in key or "$ref" in key for key in table["properties"].values())
    assert "null" not in done.stdout
