"""R-47: a drill plants a minor, a major and a critical in a scratch clone and shows that each is caught."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.run import ROOT, gatekeeper
from tests.kit import RepositoryBuilder
from tests.kit.objects import Executable, Symlink
from tests.shell.scans import fingerprint, two_agents

EXAMPLE = ROOT / "examples" / "workspace"
PLANTS = {
    "mk-task-different-keys": "minor",
    "dep-version-both-bumped": "minor",
    "profile-scalar-both": "minor",
    "feature-definition-conflict": "major",
    "dep-path-crate-deleted": "critical",
    "dep-workspace-key-removed": "critical",
    "mk-dep-removed": "critical",
}


def drilled(where: Path, *options: str) -> dict[str, Any]:
    """Run a drill that has to pass, and return what it says; nothing at ``where`` may change."""
    before = fingerprint(where)
    done = gatekeeper("drill", "--format", "json", *options, cwd=where)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert fingerprint(where) == before
    document: dict[str, Any] = json.loads(done.stdout)
    assert [plant["verdict"] for plant in document["plants"]] == ["caught"] * 3
    for plant in document["plants"]:
        assert PLANTS[plant["rule"]] == plant["severity"] == plant["found_severity"]
        assert plant["found_rule"] == plant["rule"]
    return document


def paths(document: dict[str, Any]) -> list[str]:
    return [plant["path"] for plant in document["plants"]]


def example() -> dict[str, str]:
    files = (path for path in EXAMPLE.rglob("*") if path.is_file() and "target" not in path.parts)
    return {path.relative_to(EXAMPLE).as_posix(): path.read_text(encoding="utf-8") for path in files}


#
def test_the_example_workspace(repository: RepositoryBuilder) -> None:
    repository.commit("main", example())
    for name in ("busy", "busier"):
        repository.branch(name)
        repository.commit(name, {"Makefile.toml": f"# {name}\n"})
    document = drilled(repository.root)
    assert [plant["rule"] for plant in document["plants"]] == [
        "mk-task-different-keys",
        "feature-definition-conflict",
        "dep-path-crate-deleted",
    ]
    assert document["own_manifests"] == []
    assert set(paths(document)) <= set(example())
    repository.git("fsck", "--strict")


#
def test_without_manifests_they_are_planted(repository: RepositoryBuilder) -> None:
    two_agents(repository)
    document = drilled(repository.root)
    assert document["own_manifests"] == ["gatekeeper-drill/Cargo.toml", "gatekeeper-drill/Makefile.toml"]
    assert "planted gatekeeper-drill/Cargo.toml" in gatekeeper("drill", cwd=repository.root).stdout


def test_what_is_planted_takes_nobodys_place(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"gatekeeper-drill": Symlink("nowhere"), "a.txt": "a\n"})
    assert drilled(repository.root)["own_manifests"][0] == "gatekeeper-drill-2/Cargo.toml"


_MAKEFILE = '[tasks.one]\ncommand = "true"\n[tasks.two]\ncommand = "true"\n'
_CRATE = '[package]\nname = "{}"\nversion = "0.1.0"\nedition = "2021"\n'
AWKWARD: dict[str, dict[str, Any]] = {
    "crlf": {
        "Makefile.toml": _MAKEFILE.replace('"true"', "'''\na # b\n''' # ours").replace("\n", "\r\n"),
        "Cargo.toml": (_CRATE.format("one") + "[features] # none\n").replace("\n", "\r\n"),
    },
    "inline": {
        "Makefile.toml": '[tasks]\none = { command = "true" } # 1\ntwo = { command = "true", dependencies = [\n "one", '
        '# 1\n] }\nthree = { command = "true" }\n',
        "Cargo.toml": 'package = { name = "one", version = "0.1.0" }\nfeatures = { default = [] }\n',
    },
    "dotted": {
        "Makefile.toml": 'tasks.one.command = "true"\ntasks.two.command = "true"\ntasks.two.env.A = "1"\n',
        "Cargo.toml": 'package.name = "one"\npackage.version = "0.1.0"\nfeatures.default = []\n',
    },
    "quoted": {
        "Makefile.toml": '[ "tasks" . \'the "first"\' ]\ncommand = "true"\n["tasks"."ä b"]\ncommand = "true"\n',
        "Cargo.toml": "[ 'package' ]\n\"name\" = 'one'\nversion = '0.1.0'\n\n[\"features\"]\n\"default\" = []\n",
    },
    "bom and no last line": {
        "Makefile.toml": "\ufeff" + _MAKEFILE.rstrip("\n"),
        "Cargo.toml": "\ufeff" + _CRATE.format("one").rstrip("\n"),
    },
    "tasks in pieces": {
        "Makefile.toml": '[tasks.one]\ncommand = "true"\n[env]\nA = "1"\n[tasks.two]\nscript = ["a"]\n'
        '[tasks.one.linux]\ncommand = "false"\n[tasks.two.env]\nB = "2"\n',
        "Cargo.toml": _CRATE.format("one") + "[features]\ndrill = []\ndrill-again-one = []\n",
    },
    "executable": {"Makefile.toml": Executable(_MAKEFILE), "Cargo.toml": Executable(_CRATE.format("one"))},
    "core tasks": {
        "Makefile.toml": f'[tasks.build]\ncommand = "true"\n{_MAKEFILE}',
        "Cargo.toml": _CRATE.format("one"),
    },
    "workspace with globs": {
        "Cargo.toml": '[workspace]\nmembers = ["crates/*"] # all\nexclude = ["crates/out"]\n'
        '[workspace.dependencies]\nserde = { version = "1.0.1", features = ["derive"] }\n',
        "crates/one/Cargo.toml": _CRATE.format("one") + '[dependencies]\ntwo = { path = "../two" }\n',
        "crates/two/Cargo.toml": _CRATE.format("two"),
        "crates/out/Cargo.toml": _CRATE.format("out"),
    },
    "workspace of one": {
        "Cargo.toml": 'workspace.members = [ "./one/", ]\n[workspace.dependencies]\nlog = "0.4" # ours\nb = "1"\n',
        "one/Cargo.toml": 'package.name = "one"\npackage.version = "0.1.0"\ndependencies.log.workspace = true\n',
    },
    "profile alone": {
        "Cargo.toml": _CRATE.format("one") + "[profile.release]\nopt-level = 3\n",
        "Makefile.toml": '[tasks]\none.command = "true"\ntwo.command = "true"\n',
    },
}


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_manifests(repository: RepositoryBuilder, name: str) -> None:
    files = AWKWARD[name]
    repository.commit("main", files)
    document = drilled(repository.root)
    assert document["own_manifests"] == []
    assert set(paths(document)) <= set(files)


UNFIT: dict[str, dict[str, Any]] = {
    "broken": {"Cargo.toml": "[package\n", "Makefile.toml": "<<<<<<< ours\n"},
    "empty": {"Cargo.toml": "", "Makefile.toml": ""},
    "of other types": {"Cargo.toml": "package = 1\nfeatures = []\nworkspace = 'x'\n", "Makefile.toml": "tasks = [1]\n"},
    "no text": {"Cargo.toml": b"\xff\xfe", "Makefile.toml": b"\0"},
    "links": {"Cargo.toml": Symlink("a/Cargo.toml"), "Makefile.toml": Symlink("nowhere")},
    "in an odd place": {"\udce9/Cargo.toml": _CRATE.format("one"), "\udce9/Makefile.toml": _MAKEFILE},
}


@pytest.mark.parametrize("name", UNFIT)
def test_manifests_without_room_for_a_plant(repository: RepositoryBuilder, name: str) -> None:
    repository.commit("main", UNFIT[name])
    assert len(drilled(repository.root)["own_manifests"]) == 2


def test_a_bare_repository(new_repository: Callable[[], RepositoryBuilder]) -> None:
    repository = new_repository()
    repository.commit("main", example())
    assert drilled(repository.root)["own_manifests"] == []


def test_a_linked_worktree(repository: RepositoryBuilder) -> None:
    repository.commit("main", example())
    repository.branch("other")
    worktree = repository.worktree("other")
    before = fingerprint(repository.root)
    drilled(worktree)
    assert fingerprint(repository.root) == before


def test_a_shallow_clone(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.commit("main", {"a.txt": "a\n"})
    repository.commit("main", example())
    repository.git("clone", "-q", "--depth=1", f"file://{repository.root}", str(tmp_path / "shallow"))
    assert drilled(tmp_path / "shallow")["trunk"] == "refs/heads/main"


def test_a_clone_that_has_only_what_is_checked_out(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit("main", {"Cargo.toml": "# before\n"})
    repository.commit("main", example())
    url = f"file://{repository.root}"
    repository.git("clone", "-q", "--filter=blob:none", url, str(tmp_path / "partial"))
    assert drilled(tmp_path / "partial")["own_manifests"] == []


def test_a_clone_that_lacks_its_manifests(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit("main", example())
    url = f"file://{repository.root}"
    repository.git("clone", "-q", "--no-checkout", "--filter=blob:none", url, str(tmp_path / "partial"))
    before = fingerprint(tmp_path / "partial")
    done = gatekeeper("drill", cwd=tmp_path / "partial")
    assert done.returncode == 2
    assert "fetch it: the clone is shallow or partial" in done.stderr
    assert fingerprint(tmp_path / "partial") == before


def test_a_clone_that_borrows_its_objects(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.commit("main", example())
    repository.git("clone", "-q", "--shared", str(repository.root), str(tmp_path / "with\nline break"))
    assert drilled(tmp_path / "with\nline break")["own_manifests"] == []


# what the repository has decided holds in the drill as well.
def test_the_remote_of_the_ledger_is_left_alone(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.git("init", "-q", "--bare", str(tmp_path / "origin"))
    repository.git("remote", "add", "origin", str(tmp_path / "origin"))
    repository.commit("main", example() | {"gatekeeper.toml": '[ledger]\nremote = "origin"\n'})
    before = fingerprint(tmp_path / "origin")
    drilled(repository.root)
    assert fingerprint(tmp_path / "origin") == before


def started(repository: RepositoryBuilder, scratch: Path) -> subprocess.Popen[str]:
    scratch.mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(scratch)}
    command = [sys.executable, "-m", "gatekeeper", "drill", "--notify"]
    return subprocess.Popen(
        command, cwd=repository.root, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def until(is_so: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not is_so() and process.poll() is None and time.monotonic() < deadline:
        os.sched_yield()


def moments(scratch: Path, root: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "just begun", lambda: any(scratch.glob("gatekeeper-drill-*"))
    yield "ledger written", lambda: any(scratch.glob("*/refs/gatekeeper/ledger"))
    yield "telling", (root / "telling").exists


@pytest.mark.parametrize("moment", ["just begun", "ledger written", "telling"])
def test_an_interrupt_leaves_nothing_behind(repository: RepositoryBuilder, tmp_path: Path, moment: str) -> None:
    channel = '[[notifications]]\ncommand = ["sh", "-c", "touch telling; sleep 60"]\ntimeout = "60s"\n'
    repository.commit("main", example() | {"gatekeeper.toml": channel})
    before = fingerprint(repository.root)
    scratch = tmp_path / "scratch"
    process = started(repository, scratch)
    until(dict(moments(scratch, repository.root))[moment], process)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == "gatekeeper: interrupted\n"
    assert list(scratch.iterdir()) == []
    (repository.root / "telling").unlink(missing_ok=True)
    assert fingerprint(repository.root) == before
