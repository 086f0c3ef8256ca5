"""Repositories that lack something: shallow and partial clones, damaged ones, unrelated histories."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gatekeeper.errors import BadInputError
from tests.kit import RepositoryBuilder
from tests.shell.scans import CLASH, LINES, MANIFEST, agents, conflicts, fingerprint, scanned, states, two_agents


def clone(source: RepositoryBuilder, target: Path, *options: str) -> Path:
    source.git("config", "uploadpack.allowFilter", "true")
    source.git("config", "uploadpack.allowAnySHA1InWant", "true")
    source.git("clone", "-q", *options, f"file://{source.root}", str(target))
    return target


def run(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def missing(root: Path) -> set[str]:
    """Return the objects that a partial clone lacks."""
    listed = run(root, "rev-list", "--objects", "--all", "--missing=print").split()
    return {oid[1:] for oid in listed if oid.startswith("?")}


def test_unrelated_history_is_listed_and_stops_nobody(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    repository.commit("island", {"a.txt": "elsewhere\n"}, root=True)
    report = scanned(repository)
    assert states(report) == {"island": "unrelated-history", "one": "mergeable", "two": "mergeable"}
    assert conflicts(report) == {CLASH}


def test_a_shallow_clone_compares_what_it_has(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.commit("main", {"old.txt": LINES})
    repository.branch("old", at="main")
    repository.commit("old", {"old.txt": "changed\n"})
    two_agents(repository)
    target = clone(repository, tmp_path / "clone", "--depth=2", "--no-single-branch")
    before = fingerprint(target)
    report = scanned(target)
    assert (target / ".git/shallow").exists()
    assert states(report)["one"] == states(report)["two"] == "mergeable"
    assert conflicts(report) == {("a.txt", "one", "two")}
    run(target, "fetch", "-q", "--depth=1", "--update-shallow", "origin", "main")
    cut = clone(repository, tmp_path / "cut", "--depth=1", "--no-single-branch")
    assert states(scanned(cut)) == {"main": "landed"} | dict.fromkeys(("old", "one", "two"), "unreadable")
    assert all("--unshallow" in (status.detail or "") for status in scanned(cut).agents if status.name != "main")
    assert {path: said for path, said in fingerprint(target).items() if path in before and "/objects/" in path} == {
        path: said for path, said in before.items() if "/objects/" in path
    }


def partial_clone(repository: RepositoryBuilder, tmp_path: Path) -> Path:
    """Return a clone that has the file contents of ``main``, ``one`` and ``two``, but not of ``three`` and ``four``."""
    two_agents(repository)
    for name in ("three", "four"):
        repository.branch(name)
        repository.commit(name, {"b.txt": LINES.replace("line 4", name), "Cargo.toml": MANIFEST})
    target = clone(repository, tmp_path / "clone", "--filter=blob:none")
    for name in ("one", "two", "main"):
        run(target, "checkout", "-q", name)
    return target


def test_a_partial_clone_lists_what_is_missing_and_compares_the_rest(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    target = partial_clone(repository, tmp_path)
    lacking = missing(target)
    report = scanned(target)
    assert lacking
    assert states(report) == {
        "main": "landed",
        "one": "mergeable",
        "four": "unreadable",
        "three": "unreadable",
        "two": "mergeable",
    }
    assert "is missing" in str(agents(report)["three"].detail)
    assert conflicts(report) == {CLASH}
    assert missing(target) == lacking, "a scan must not fetch"


def test_a_partial_clone_is_not_completed_for_uncommitted_work(repository: RepositoryBuilder, tmp_path: Path) -> None:
    target = partial_clone(repository, tmp_path)
    linked = tmp_path / "linked"
    run(target, "worktree", "add", "-q", "--no-checkout", "-b", "three", str(linked), "origin/three")
    run(linked, "read-tree", "HEAD")
    (linked / "a.txt").write_text(LINES.replace("line 4", "three"))
    (linked / "renamed.txt").write_text(LINES.replace("line 9", "three"))
    run(linked, "add", "renamed.txt")
    run(linked, "rm", "-q", "--cached", "b.txt")
    lacking = missing(target)
    report = scanned(target)
    assert missing(target) == lacking, "a scan must not fetch"
    assert agents(report)["three"].uncommitted
    assert conflicts(report) >= {CLASH, ("a.txt", "one", "three"), ("a.txt", "three", "two")}


def test_nothing_is_fetched_to_convert_the_ends_of_lines(repository: RepositoryBuilder, tmp_path: Path) -> None:
    """With ``core.autocrlf``, git looks at what the index holds before it stages lines that end in CRLF."""
    target = partial_clone(repository, tmp_path)
    linked = tmp_path / "linked"
    run(target, "worktree", "add", "-q", "--no-checkout", "-b", "three", str(linked), "origin/three")
    run(linked, "read-tree", "HEAD")
    run(target, "config", "core.autocrlf", "true")
    (linked / "b.txt").write_text(LINES, newline="\r\n")
    lacking = missing(target)
    report = scanned(target)
    assert missing(target) == lacking, "a scan must not fetch"
    assert states(report)["three"] == "unreadable"
    assert conflicts(report) == {CLASH}


def test_a_base_that_is_missing_makes_its_agents_unreadable(repository: RepositoryBuilder, tmp_path: Path) -> None:
    """Two agents build on a shared commit whose contents nobody has fetched, nor has git's merge."""
    two_agents(repository)
    repository.branch("shared")
    repository.commit("shared", {"b.txt": LINES.replace("line 4", "shared")})
    for name in ("three", "four"):
        repository.branch(name, at="shared")
        repository.commit(name, {"b.txt": LINES.replace("line 4", name)})
    repository.branch("five")
    repository.commit("five", {"b.txt": None, "c.txt": LINES + "moved\n"})
    target = clone(repository, tmp_path / "clone", "--filter=blob:none")
    for name in ("one", "two", "three", "four", "main"):
        run(target, "checkout", "-q", name)
    lacking = missing(target)
    report = scanned(target)
    assert conflicts(report) == {CLASH}
    assert {name for name, state in states(report).items() if state == "unreadable"} == {
        "four",
        "five",
        "shared",
        "three",
    }
    assert missing(target) == lacking, "a scan must not fetch"


def test_contents_of_a_fork_that_trunk_has_left_may_be_missing(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.commit("main", {"b.txt": "the old text\n" * 4})
    for name in ("old", "older"):
        repository.branch(name)
        repository.commit(name, {f"{name}.txt": "new\n"})
    repository.branch("deep")
    repository.commit("deep", {"b.txt": "the old text\nand more\n"})
    two_agents(repository)
    target = clone(repository, tmp_path / "clone", "--filter=blob:none")
    for name in ("one", "two", "old", "older", "deep", "main"):
        run(target, "checkout", "-q", name)
    run(target, "cat-file", "-e", "old")
    shutil.rmtree(repository.root)
    report = scanned(target)
    assert states(report)["old"] == states(report)["older"] == "mergeable"
    assert conflicts(report) >= {CLASH}


def test_objects_that_are_damaged_are_a_matter_of_their_branch(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    repository.branch("three")
    repository.commit("three", {"c.txt": "only here\n"})
    tree = repository.git("rev-parse", "three^{tree}").strip()
    (repository.git_dir / "objects" / tree[:2] / tree[2:]).unlink()
    report = scanned(repository)
    assert states(report) == {"one": "mergeable", "three": "unreadable", "two": "mergeable"}
    assert conflicts(report) == {CLASH}


def test_history_that_is_cut_off_is_a_matter_of_its_branch(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    repository.branch("three")
    cut = repository.commit("three", {"c.txt": "1\n"})
    repository.commit("three", {"c.txt": "2\n"})
    (repository.git_dir / "objects" / cut[:2] / cut[2:]).unlink()
    report = scanned(repository)
    assert states(report) == {"one": "mergeable", "three": "unreadable", "two": "mergeable"}
    assert agents(report)["three"].detail == "a part of its history is missing"
    assert conflicts(report) == {CLASH}


def test_a_missing_trunk_is_an_error(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    tip = repository.commit_id("main")
    (repository.git_dir / "objects" / tip[:2] / tip[2:]).unlink()
    with pytest.raises(BadInputError):
        scanned(repository)
