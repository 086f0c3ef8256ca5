"""Each agent builds into a directory of its own (R-04)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import rtoml

from gatekeeper.errors import UsageError
from tests.kit import RepositoryBuilder, Symlink
from tests.shell.scans import scanned, states
from tests.shell.workplaces import (
    FILES,
    commit_in,
    git,
    planned,
    started,
    started_in,
)


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", FILES)
    return repository


def test_the_environment_names_the_target_directory(fleet: RepositoryBuilder) -> None:
    workplace, worktree = started_in(fleet)
    shown = subprocess.run(
        ["sh", "-c", '. .gatekeeper/env; printf "%s\n" "$CARGO_TARGET_DIR" "$GATEKEEPER_AGENT"'],
        cwd=worktree,
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout.splitlines() == [workplace.target_dir, "one"]
    assert rtoml.load(worktree / ".cargo/config.toml") == {"build": {"target-dir": workplace.target_dir}}


@pytest.mark.parametrize(
    "name", ["ünïcode", "a/b/c", "it's $HOME", "x;y", 'quo"te', "l" * 230, "@", "\N{FULLWIDTH LATIN SMALL LETTER A}"]
)
def test_awkward_names(fleet: RepositoryBuilder, tmp_path: Path, name: str) -> None:
    if " " in name:
        with pytest.raises(UsageError, match="cannot be the name of a branch"):
            planned(fleet, name)
        name = name.replace(" ", "_")
    workplace, worktree = started_in(fleet, name)
    base = tmp_path / "repository.agents"
    assert worktree.parent == base
    assert Path(workplace.target_dir or "").parent == base / ".target"
    shown = subprocess.run(
        ["sh", "-c", '. .gatekeeper/env; printf "%s\n" "$CARGO_TARGET_DIR" "$GATEKEEPER_AGENT"'],
        cwd=worktree,
        check=True,
        capture_output=True,
    )
    assert shown.stdout.decode().splitlines() == [workplace.target_dir, name]
    assert rtoml.load(worktree / ".cargo/config.toml")["build"]["target-dir"] == workplace.target_dir
    assert git(worktree, "status", "--porcelain") == ""


def test_a_tracked_configuration_of_cargo_stays_as_it_is(fleet: RepositoryBuilder) -> None:
    fleet.commit("main", {".cargo/config.toml": '[build]\ntarget-dir = "/srv/target"\n'})
    created = started(fleet)
    (note,) = created.notes
    assert note.startswith("the branch tracks .cargo/config.toml, so .cargo/config.toml is not written: ")
    worktree = Path(created.workplace.worktree or "")
    assert "/srv/target" in (worktree / ".cargo/config.toml").read_text()
    assert not (worktree / ".cargo/.gitignore").exists()
    assert git(worktree, "status", "--porcelain", "--ignored").splitlines() == ["!! .gatekeeper/"]


@pytest.mark.parametrize("tracked", [".cargo", ".cargo/config", ".cargo/.gitignore", ".cargo/config.toml/x"])
def test_nothing_is_written_where_the_branch_has_something(fleet: RepositoryBuilder, tracked: str) -> None:
    fleet.commit("main", {tracked: Symlink("src") if tracked == ".cargo" else "x\n"})
    created = started(fleet)
    assert len(created.notes) == 1
    worktree = Path(created.workplace.worktree or "")
    assert git(worktree, "status", "--porcelain") == ""
    assert not (worktree / "src/config.toml").exists()
    assert started(fleet) == created


def test_a_link_in_place_of_the_environment(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    fleet.commit("main", {".gatekeeper": Symlink(str(tmp_path / "out"))})
    created = started(fleet)
    assert "CARGO_TARGET_DIR=" in created.notes[0]
    assert list((tmp_path / "out").iterdir()) == []


SHARED = '[build]\ntarget-dir = "/srv/target"\n'
RULE = "target-dir-shared-by-two-agents"


@pytest.mark.parametrize(
    ("files", "findings"),
    [
        ({}, 0),
        # In every shell that has read the environment file: the note of ``create`` says so.
        ({".cargo/config.toml": SHARED}, 0),
        # Cargo-make overrules the environment: it is told as a fault of trunk itself.
        ({"Makefile.toml": '[env]\nCARGO_TARGET_DIR = "/srv/target"\n'}, 1),
    ],
    ids=["nothing", "cargo", "cargo-make"],
)
def test_a_scan_sees_own_target_directories(fleet: RepositoryBuilder, files: dict[str, str], findings: int) -> None:
    fleet.commit("main", files)
    for name in ("one", "two", "three"):
        _, worktree = started_in(fleet, name)
        commit_in(worktree, f"{name}.txt", "1\n")
    report = scanned(fleet)
    assert states(report) == dict.fromkeys(("one", "two", "three"), "mergeable")
    assert [finding for finding in report.findings if finding.rule == RULE] == []
    assert len([fault for fault in report.standing if fault.rule == RULE]) == findings
