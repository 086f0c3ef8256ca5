"""Bad input through the real command line: a message or a finding on that branch, and the others still reported."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.run import gatekeeper
from tests.kit import File, RepositoryBuilder, Submodule, Symlink

GOOD = '[package]\nname = "one"\nversion = "0.1.0"\nedition = "2021"\n'
LARGE = b"# " + b"x" * 77 + b"\n"
BAD: dict[str, tuple[str | bytes, int, int, str]] = {
    "syntax": (GOOD + "broken = = 1\n", 5, 10, "."),
    "unterminated": (GOOD + 'text = "no end\n', 5, 15, "."),
    "arrays": (GOOD + "deep = " + "[" * 10_000 + "]" * 10_000 + "\n", 5, 0, "nested"),
    "tables": (GOOD + "deep = " + "{a = " * 10_000 + "1" + "}" * 10_000 + "\n", 5, 0, "nested"),
    "dotted": (GOOD + ".".join("a" * 10_000) + " = 1\n", 5, 0, "nested"),
    "dotted-header": (GOOD + "[" + ".".join("a" * 10_000) + "]\n", 5, 0, "nested"),
    "large": (LARGE * (50 * 1024 * 1024 // len(LARGE)) + GOOD.encode(), 1, 1, "large|big|MiB|bytes"),
    "duplicate": (GOOD + 'name = "again"\n', 5, 1, "duplicate"),
    "duplicate-table": (GOOD + "[package]\n", 5, 0, "duplicate|redefine|already|more than once"),
    "latin": (GOOD.encode() + b'text = "caf\xe9"\n', 5, 12, "UTF-8"),
    "nul": (GOOD.encode() + b"a = \0\n", 5, 5, "."),
    "markers": (GOOD + "<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> other\n", 5, 1, "conflict marker"),
    "utf-16": (GOOD.encode("utf-16"), 1, 1, "UTF-8"),
}
"""Branch -> what it makes of Cargo.toml, line and column (0: any) of the fault, and what is said of it."""

KINDS: dict[str, File] = {
    "symlink": Symlink("../../elsewhere.toml"),
    "loop": Symlink("Cargo.toml"),
    "submodule": Submodule("1" * 40),
}
CLASH = ("one", "two")
OTHER = "crates/other/Cargo.toml"


def features(*default: str) -> str:
    return GOOD.replace("one", "other") + f"[features]\none = []\ntwo = []\nmany = {json.dumps(default)}\n"


def add_clash(builder: RepositoryBuilder) -> None:
    """Two agents give one feature of one manifest different definitions."""
    for name in CLASH:
        builder.branch(name)
        builder.commit(name, {OTHER: features(name)})


def trunk(builder: RepositoryBuilder, **more: File) -> None:
    builder.commit("main", {"Cargo.toml": GOOD, OTHER: features(), **more})


def told(where: Path, *arguments: str, code: int = 1, **more: Any) -> dict[str, Any]:
    """Run a scan, require its exit code and that nothing went wrong in it, and return its JSON."""
    done = gatekeeper("scan", "-C", str(where), "--format", "json", *arguments, **more)
    assert done.stderr == ""
    assert done.returncode == code
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def clashes(report: dict[str, Any]) -> set[tuple[str, ...]]:
    """Return the pairs of agents that clash over the feature."""
    return {
        tuple(sorted(name for side in finding["sides"] for name in side["agents"]))
        for finding in report["findings"]
        if finding["path"] == OTHER and finding["severity"] == "major"
    }


def invalid(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is said of the branches that leave a manifest unreadable."""
    found = [finding for finding in report["findings"] if finding["rule"] == "toml-invalid-on-one-side"]
    assert all(len(finding["sides"]) == 1 for finding in found)
    return {name: finding for finding in found for name in finding["sides"][0]["agents"]}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One scan of a repository that holds a branch of every bad kind, and two good ones that clash."""
    builder = RepositoryBuilder(tmp_path_factory.mktemp("bad") / "r", bare=True)
    trunk(builder)
    add_clash(builder)
    files: dict[str, File] = {name: content for name, (content, *_) in BAD.items()}
    for name, file in (files | KINDS).items():
        builder.branch(name)
        builder.commit(name, {"Cargo.toml": file})
    return told(builder.root)


def test_bad_manifests_do_not_hide_what_the_others_do(report: dict[str, Any]) -> None:
    assert {agent["state"] for agent in report["agents"]} == {"mergeable"}
    assert {agent["name"] for agent in report["agents"]} == {*BAD, *KINDS, *CLASH}
    assert clashes(report) == {CLASH}
    assert set(invalid(report)) == set(BAD)


@pytest.mark.parametrize("name", BAD)
def test_a_manifest_that_cannot_be_read_is_a_finding_on_its_branch(report: dict[str, Any], name: str) -> None:
    _, line, column, said = BAD[name]
    finding = invalid(report)[name]
    (side,) = finding["sides"]
    assert side["agents"] == [name]
    assert side["span"]["start"]["line"] == line
    assert column in {0, side["span"]["start"]["column"]}
    place = f"line {line}, column {side['span']['start']['column']}: "
    assert re.search(place + ".*" + said, finding["message"], re.IGNORECASE), finding["message"]
    assert len(finding["message"]) < 300


@pytest.mark.parametrize("kind", KINDS)
def test_a_manifest_that_is_no_file_is_compared_as_git_does(report: dict[str, Any], kind: str) -> None:
    met = {
        name
        for finding in report["findings"]
        if finding["git"] == "conflict" and finding["path"] == "Cargo.toml" and len(finding["sides"]) == 2
        for mine, other in (finding["sides"], finding["sides"][::-1])
        if kind in mine["agents"]
        for name in other["agents"]
    }
    assert met == {*BAD, *KINDS} - {kind}


@pytest.mark.parametrize("name", ["syntax", "arrays", "dotted", "latin", "nul"])
def test_a_difference_of_manifests_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    content, line, *_ = BAD[name]
    before, after = tmp_path / "before.toml", tmp_path / "Cargo.toml"
    before.write_text(GOOD)
    after.write_bytes(content.encode() if isinstance(content, str) else content)
    done = gatekeeper("diff", str(before), str(after))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("gatekeeper: ")
    assert f"Cargo.toml:{line}:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fault_of_trunk_is_told_once_and_apart(repository: RepositoryBuilder) -> None:
    trunk(repository, **{"bad/Cargo.toml": "a = = 1\n"})
    add_clash(repository)
    report = told(repository.root)
    assert clashes(report) == {CLASH}
    assert invalid(report) == {}
    done = gatekeeper("scan", "-C", str(repository.root))
    assert done.stdout.count("bad/Cargo.toml") == 1


@pytest.mark.parametrize("command", ["scan", "check"])
def test_wrong_settings_on_trunk_are_told_with_their_place(repository: RepositoryBuilder, command: str) -> None:
    trunk(repository, **{"gatekeeper.toml": "\n\nfail_on = = 1\n"})
    repository.branch("one")
    done = gatekeeper(command, "-C", str(repository.root))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(r"gatekeeper\.toml.*3", done.stderr)
    assert "Traceback" not in done.stderr


def refused(where: Path, said: str, *arguments: str, **more: Any) -> str:
    """Run a scan that has to end with a message and exit code 2, and return what it wrote."""
    done = gatekeeper("scan", "-C", str(where), *arguments, **more)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert re.search(said, done.stderr), done.stderr
    return done.stderr


def test_an_empty_repository(repository: RepositoryBuilder) -> None:
    assert "commit something on main first" in refused(repository.root, "no commits yet")


def test_a_bare_repository_and_a_detached_head(tmp_path: Path) -> None:
    bare = RepositoryBuilder(tmp_path / "bare", bare=True)
    trunk(bare)
    add_clash(bare)
    assert clashes(told(bare.root)) == {CLASH}
    other = tmp_path / "other"
    bare.git("worktree", "add", "-q", "--detach", str(other), "one")
    assert clashes(told(other)) == {(*CLASH, "worktree:other")}


def test_a_repository_of_sha256_objects(tmp_path: Path) -> None:
    builder = RepositoryBuilder(tmp_path / "r", object_format="sha256")
    trunk(builder)
    assert "only SHA-1" in refused(builder.root, "SHA-256")


ODD = ("with space", "quote\"'", "-dash", "--all", "c1\x9b31mred", "next\x85line", "\u202eturned", "odd\udce9")


@pytest.mark.parametrize("output", ["text", "json"])
def test_odd_branch_names_are_data(repository: RepositoryBuilder, output: str) -> None:
    trunk(repository)
    lines: list[str] = []
    for name in ODD:
        repository.branch("work")
        tip = repository.commit("work", {OTHER: features(f"f{len(lines)}")})
        lines.append(f"{tip} refs/heads/{name}\n")
    repository.git("update-ref", "-d", "refs/heads/work")
    names = "".join(lines).encode(errors="surrogateescape")
    (repository.git_dir / "packed-refs").write_bytes(names)
    chosen = "".join(f"{name}\n" for name in ODD)
    done = gatekeeper(
        "scan",
        "-C",
        str(repository.root),
        "--all",
        "--format",
        output,
        "--branches-from",
        "-",
        input=chosen,
        errors="surrogateescape",
    )
    assert done.returncode == 1
    assert not done.stderr
    shown = done.stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown)
    if output == "json":
        assert {agent["ref"] for agent in json.loads(shown)["agents"]} == {
            f"refs/heads/{name}".replace("\udce9", "\\xe9") for name in ODD
        }
    else:
        assert "with space" in shown
        assert "-dash" in shown
