from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import rtoml
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.config import load_settings
from gatekeeper.config.first_file import Surroundings, first_file
from gatekeeper.core.branch_names import component_problem
from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder

FILES = {
    "Cargo.toml": '[workspace]\nmembers = ["crates/*", "tool"]\nexclude = ["crates/old"]\n',
    "Makefile.toml": "[tasks.build]\n[tasks.check]\n[tasks.test]\n",
    **{f"{crate}/Cargo.toml": "[package]\n" for crate in ("crates/a", "crates/b", "crates/old", "tool", "other")},
}


@pytest.fixture
def busy(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", FILES)
    for branch in ("agent/one", "two", "landed", "fresh"):
        repository.branch(branch)
    repository.commit("agent/one", {"x": "1"})
    repository.commit("two", {"y": "1"})
    return repository


def uncommented(text: str) -> str:
    """Return the file with every setting that waits in a comment."""
    return re.sub(r"^#(?=[^ \n])", "", text, flags=re.MULTILINE)


def found_in(root: Path, *arguments: str) -> dict[str, Any]:
    done = gatekeeper("init", "--stdout", "--format", "json", *arguments, cwd=root)
    assert (done.returncode, done.stderr) == (0, "")
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["schema"] == "gatekeeper.init/1"
    return document


def test_it_fits_the_repository(busy: RepositoryBuilder) -> None:
    fresh = busy.worktree("fresh", busy.root.parent / "work" / "fresh")
    document = found_in(busy.root)
    assert document["trunk"] == "main"
    # What is in trunk already is nobody's work, unless somebody has just begun.
    assert document["agents"] == ["agent-one", "fresh", "two"]
    assert document["crates"] == ["crates/a", "crates/b", "tool"]
    assert document["tasks"] == ["build", "check", "test"]
    assert document["path"] is None
    said = rtoml.loads(document["text"])
    assert said == {
        "trunk": "main",
        "fail_on": "major",
        "agents": {"agent-one": {"branch": "agent/one"}, "fresh": {}, "two": {}},
        "worktrees": {"directory": "../work"},
    }
    assert found_in(fresh) == document


def test_it_is_written_once_and_passes_its_check(busy: RepositoryBuilder) -> None:
    target = busy.root / "gatekeeper.toml"
    done = gatekeeper("init", cwd=busy.root / "crates")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"wrote {target}: trunk is main, 2 agents\n")
    text = target.read_text()
    checked = gatekeeper("config", "check", "gatekeeper.toml", cwd=busy.root)
    assert (checked.returncode, checked.stderr) == (0, "")
    again = gatekeeper("init", cwd=busy.root)
    assert (again.returncode, again.stdout) == (2, "")
    assert "there is a gatekeeper.toml already" in again.stderr
    assert "hint: gatekeeper init --stdout" in again.stderr
    assert target.read_text() == text == gatekeeper("init", "--stdout", cwd=busy.root).stdout
    # It is in the worktree, and nothing else has changed.
    assert busy.git("status", "--porcelain") == "?? gatekeeper.toml\n"


def test_what_waits_in_comments_is_right_as_it_stands(busy: RepositoryBuilder) -> None:
    text = found_in(busy.root)["text"]
    assert tomlkit.dumps(tomlkit.parse(text)) == text
    settings = load_settings(uncommented(text).encode(), where="g")
    first = settings.roster.agents[next(iter(settings.roster.agents))]
    assert [place.text for place in first.scope] == ["crates/a/**", "Makefile.toml#tasks.build"]
    assert settings.roster.phases
    assert settings.notifications
    assert settings.ledger.remote == "origin"
    plain = load_settings(text.encode(), where="g")
    assert plain.severity.rules == {}
    assert plain.expected == ()


def test_nothing_overwrites_what_is_there(busy: RepositoryBuilder) -> None:
    target = busy.root / "gatekeeper.toml"
    target.symlink_to("nowhere.toml")
    assert gatekeeper("init", cwd=busy.root).returncode == 2
    assert not (busy.root / "nowhere.toml").exists()
    target.unlink()
    target.mkdir()
    assert gatekeeper("init", cwd=busy.root).returncode == 2


def test_editors_are_told_of_a_schema_that_is_there(busy: RepositoryBuilder) -> None:
    assert "#:schema" not in gatekeeper("init", "--stdout", cwd=busy.root).stdout.splitlines()[0]
    (busy.root / "gatekeeper.schema.json").write_text(gatekeeper("config", "schema").stdout)
    assert gatekeeper("init", "--stdout", cwd=busy.root).stdout.startswith("#:schema ./gatekeeper.schema.json\n")


def test_a_clone_knows_the_branches_of_its_remote(busy: RepositoryBuilder, tmp_path: Path) -> None:
    busy.git("clone", "-q", str(busy.root), str(tmp_path / "clone"))
    document = found_in(tmp_path / "clone")
    assert (document["trunk"], document["agents"]) == ("origin/main", ["agent-one", "two"])


def test_before_the_first_commit(repository: RepositoryBuilder) -> None:
    done = gatekeeper("init", cwd=repository.root)
    assert (done.returncode, done.stderr) == (0, "")
    text = (repository.root / "gatekeeper.toml").read_text()
    assert rtoml.loads(text) == {"fail_on": "major"}
    load_settings(uncommented(text).encode(), where="g")


def test_a_bare_repository_has_nowhere_to_write(tmp_path: Path) -> None:
    bare = RepositoryBuilder(tmp_path / "bare", bare=True)
    bare.commit("main", {"x": "1"})
    done = gatekeeper("init", cwd=bare.root)
    assert done.returncode == 2
    assert "a bare repository has no worktree" in done.stderr
    assert found_in(bare.root)["trunk"] == "main"


def test_trunk_that_cannot_be_told_or_named(repository: RepositoryBuilder) -> None:
    repository.commit("develop", {"x": "1"})
    commit = repository.commit_id("develop")
    done = gatekeeper("init", cwd=repository.root)
    assert done.returncode == 2
    assert "name it with --trunk REV" in done.stderr
    assert found_in(repository.root, "--trunk", "develop")["trunk"] == "develop"
    assert gatekeeper("init", "--trunk", commit, cwd=repository.root).returncode == 2
    assert not (repository.root / "gatekeeper.toml").exists()


def test_odd_files_and_branches_are_no_obstacle(repository: RepositoryBuilder) -> None:
    repository.commit(
        "main",
        {
            "Cargo.toml": '[workspace]\nmembers = [1, "crates/*"]\nexclude = 5\n',
            "Makefile.toml": "tasks = [\n",
            "crates/a'\"b/Cargo.toml": "",
            "crates/a\x1b/Cargo.toml": "",
        },
    )
    for number, name in enumerate(["a-b", "a/b", "x{y", "'q'", '"d"', "é", os.fsdecode(b"\xff")]):
        repository.branch(name)
        repository.commit(name, {"x": str(number)})
    document = found_in(repository.root)
    assert document["agents"] == ['"d"', "'q'", "a-b", "a-b-2", "x{y", "é"]
    assert document["left_out"] == 1
    assert "# Not declared: 1 branch that is not in trunk yet" in document["text"]
    assert document["crates"] == ["crates/a'\"b"]
    load_settings(uncommented(document["text"]).encode(), where="g")


def test_a_large_fleet_is_not_written_out_whole(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"x": "0"})
    repository.commit("a000", {"x": "1"}, root=True)
    for number in range(1, 110):
        repository.branch(f"a{number:03}", at="a000")
    document = found_in(repository.root)
    assert (len(document["agents"]), document["left_out"]) == (100, 10)


NAMES = st.text(max_size=8).filter(lambda name: component_problem(name) is None)
WORDS = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/#"), min_size=1, max_size=8).filter(
    lambda word: word not in {".", ".."}
)


@given(
    st.dictionaries(NAMES, NAMES, max_size=3), st.lists(WORDS, max_size=2), st.lists(st.text(max_size=8), max_size=2)
)
def test_whatever_is_found_the_file_is_right(names: dict[str, str], crates: list[str], tasks: list[str]) -> None:
    agents = tuple({branch: (name, branch) for name, branch in names.items()}.values())
    text = first_file(Surroundings(trunk="t t", agents=agents, crates=tuple(crates), tasks=tuple(tasks)))
    assert len(load_settings(text.encode(), where="g").roster.agents) == len(agents)
    load_settings(uncommented(text).encode(), where="g")
