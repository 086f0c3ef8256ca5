"""Repositories and caches that cannot be used as they are, through the real command line."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.report.scan_json import scan_json
from gatekeeper.scanning import ScanRequest, scan
from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder
from tests.shell.scans import fingerprint, two_agents

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can do this to a repository")


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> RepositoryBuilder:
    two_agents(repository)
    repository.branch("odd")
    repository.commit("odd", {"odd \udce9.txt": "1\n", "Cargo.toml": "broken = = 1\n"})
    return repository


def answer(where: Path, *arguments: str, **more: Any) -> dict[str, Any]:
    """Run a scan that must go well and in silence, and return all it says but how it came by it."""
    done = gatekeeper("scan", "-C", str(where), "--format", "json", *arguments, **more)
    assert (done.returncode, done.stderr) == (1, "")
    return without_figures(done.stdout)


def answer_here(builder: RepositoryBuilder, *, cache: bool = True) -> dict[str, Any]:
    """Do the same in this process, which is faster."""
    return without_figures(scan_json(scan(ScanRequest(str(builder.root), cache=cache))))


def without_figures(told: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(told)
    assert len(report["findings"]) == 2
    del report["stats"]
    return report


@as_root
@pytest.mark.parametrize("command", ["scan", "check"])
def test_a_repository_of_somebody_else(fleet: RepositoryBuilder, fresh_home: Path, command: str) -> None:
    for path in (fleet.root, fleet.git_dir, *fleet.git_dir.rglob("*")):
        os.chown(path, 12345, 12345)
    done = gatekeeper(command, "-C", str(fleet.root), *(["--branch", "one"] if command == "check" else []))
    assert (done.returncode, done.stdout) == (2, "")
    assert "belongs to another user" in done.stderr
    assert f"safe.directory {fleet.root}" in done.stderr
    assert "Traceback" not in done.stderr
    (fresh_home / ".gitconfig").write_text(f"[safe]\n\tdirectory = {fleet.root}\n")
    trusted: dict[str, Any] = {"env": {"GIT_CONFIG_GLOBAL": str(fresh_home / ".gitconfig")}}
    assert {agent["state"] for agent in answer(fleet.root, **trusted)["agents"]} == {"mergeable"}


def test_a_place_without_a_repository(tmp_path: Path) -> None:
    for place, said in ((tmp_path, "not in a git repository"), (tmp_path / "gone", "no directory")):
        done = gatekeeper("scan", "-C", str(place))
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr


def test_a_partial_clone(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    fleet.git("config", "uploadpack.allowFilter", "true")
    target = tmp_path / "clone"
    fleet.git("clone", "-q", "--filter=blob:none", f"file://{fleet.root}", str(target))
    done = gatekeeper("scan", "-C", str(target), "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    states = {agent["name"]: (agent["state"], agent.get("detail")) for agent in json.loads(done.stdout)["agents"]}
    assert {state for state, _ in states.values()} == {"landed", "unreadable"}
    assert all("is missing" in str(detail) for state, detail in states.values() if state == "unreadable")


def test_a_partial_clone_without_the_contents_of_trunk(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    fleet.git("config", "uploadpack.allowFilter", "true")
    fleet.commit("main", {"Cargo.toml": '[package]\nname = "one"\n'})
    target = tmp_path / "clone"
    fleet.git("clone", "-q", "--bare", "--filter=blob:none", f"file://{fleet.root}", str(target))
    done = gatekeeper("scan", "-C", str(target))
    assert (done.returncode, done.stdout) == (2, "")
    assert "is missing" in done.stderr
    assert "hint: fetch it" in done.stderr


def test_the_cache_is_all_that_a_scan_leaves_behind(fleet: RepositoryBuilder) -> None:
    linked = fleet.worktree("one")
    fleet.write(linked, {"new.txt": "uncommitted\n"})
    cache = fleet.git_dir / "gatekeeper"
    before = fingerprint(fleet.root, linked)
    plain = answer(fleet.root, "--no-cache")
    assert not cache.exists()
    assert answer(fleet.root) == answer(fleet.root) == answer(linked) == plain
    assert cache.is_dir()
    assert not (linked / ".git" / "gatekeeper").exists()
    assert fingerprint(fleet.root, linked, without=[cache]) == before


def nothing(_directory: Path) -> None:
    """The cache can be made."""


def file_in_place(directory: Path) -> None:
    directory.write_text("mine\n")


def link_to_nowhere(directory: Path) -> None:
    directory.symlink_to("/proc/nowhere/at-all")


def garbage(directory: Path) -> None:
    directory.mkdir()
    (directory / "cache.sqlite3").write_bytes(b"no database at all\n" * 1000)


def empty_file(directory: Path) -> None:
    directory.mkdir()
    (directory / "cache.sqlite3").write_bytes(b"")


def directory_in_place(directory: Path) -> None:
    (directory / "cache.sqlite3" / "inner").mkdir(parents=True)


def read_only(directory: Path) -> None:
    directory.mkdir(mode=0o500)


@pytest.mark.parametrize(
    "spoil", [nothing, file_in_place, link_to_nowhere, garbage, empty_file, directory_in_place, read_only]
)
def test_a_cache_that_cannot_be_used_changes_nothing(fleet: RepositoryBuilder, spoil: Callable[[Path], None]) -> None:
    plain = answer_here(fleet, cache=False)
    spoil(fleet.git_dir / "gatekeeper")
    assert answer_here(fleet) == plain
    assert answer_here(fleet) == plain


def test_a_damaged_cache_is_not_trusted(fleet: RepositoryBuilder) -> None:
    plain = answer_here(fleet)
    file = fleet.git_dir / "gatekeeper" / "cache.sqlite3"
    whole = file.read_bytes()
    for start in (0, 20, 100, *range(1024, len(whole), 1000)):
        file.write_bytes(whole[:start] + b"\xa5" * 40 + whole[start + 40 :])
        assert answer_here(fleet) == plain
    for length in (1, 100, 4096, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        assert answer_here(fleet) == plain


@pytest.mark.parametrize("most", [4096, 20_000])
def test_a_cache_file_that_may_not_grow(fleet: RepositoryBuilder, most: int, tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk; all other files of a scan are smaller."""
    plain = answer_here(fleet, cache=False)
    limited: dict[str, Any] = {
        "preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        # Coverage would write a larger file when the process ends.
        "env": {"TMPDIR": str(tmp_path), "COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""},
    }
    assert answer(fleet.root, **limited) == plain
    assert answer_here(fleet) == plain


@pytest.fixture
def full_disk(fleet: RepositoryBuilder) -> Iterator[Path]:
    """Mount a disk of a few pages where the cache would be."""
    directory = fleet.git_dir / "gatekeeper"
    directory.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(directory)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.decode().strip()}")
    yield directory
    subprocess.run(["umount", "-l", str(directory)], check=True)


@pytest.mark.parametrize("taken", [0, 16 * 1024])
def test_a_full_disk(fleet: RepositoryBuilder, full_disk: Path, taken: int) -> None:
    (full_disk / "filler").write_bytes(b"x" * taken)
    plain = answer_here(fleet, cache=False)
    assert answer(fleet.root) == answer(fleet.root) == plain


def test_a_cache_that_is_deleted_while_a_scan_runs(fleet: RepositoryBuilder, tmp_path: Path) -> None:
    """A git that removes the cache when it is asked to merge."""
    plain = answer_here(fleet, cache=False)
    cache = fleet.git_dir / "gatekeeper"
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(f"#!/bin/sh\nrm -rf '{cache}'\nPATH='{os.environ['PATH']}' exec git \"$@\"\n")
    wrapper.chmod(0o755)
    path = {"env": {"PATH": f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}"}}
    assert answer(fleet.root, **path) == plain
    assert answer_here(fleet) == plain
