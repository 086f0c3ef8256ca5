from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gatekeeper.core.names import Oid, RefName
from gatekeeper.errors import RemoteError
from gatekeeper.repository import open_repository
from gatekeeper.repository.remotes import Remote
from tests.kit import RepositoryBuilder

LEDGER = RefName("refs/gatekeeper/ledger")


@pytest.fixture
def shared(tmp_path: Path) -> RepositoryBuilder:
    """Return a bare repository that others clone."""
    builder = RepositoryBuilder(tmp_path / "shared.git", bare=True)
    builder.commit("main", {"a.txt": "a\n"})
    return builder


def clone(shared: RepositoryBuilder, path: Path, *options: str) -> Path:
    shared.git("clone", "-q", *options, str(shared.root), str(path))
    return path


def git(where: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=where, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_fetch_leaves_the_ledger_of_a_mirror_alone(shared: RepositoryBuilder, tmp_path: Path) -> None:
    shared.git("update-ref", LEDGER, "main")
    mirror = clone(shared, tmp_path / "mirror", "--mirror")
    own = git(mirror, "commit-tree", "-m", "own", "main^{tree}")
    git(mirror, "update-ref", LEDGER, own)
    newer = shared.commit("main", {"a.txt": "b\n"})
    Remote(open_repository(str(mirror)), "origin").fetch()
    assert git(mirror, "rev-parse", LEDGER) == own
    assert git(mirror, "rev-parse", "main") == newer


def test_a_push_takes_the_place_of_what_was_expected_alone(shared: RepositoryBuilder, tmp_path: Path) -> None:
    path = clone(shared, tmp_path / "clone")
    remote = Remote(open_repository(str(path)), "origin")
    one, two = (Oid(git(path, "commit-tree", "-m", message, "main^{tree}")) for message in ("one", "two"))
    assert remote.push({LEDGER: (None, one)})
    assert not remote.push({LEDGER: (None, two)})
    assert not remote.push({LEDGER: (two, two), RefName("refs/heads/other"): (None, two)})
    assert remote.listed("refs/*") == {LEDGER: one, RefName("refs/heads/main"): Oid(shared.commit_id("main"))}
    assert remote.push({LEDGER: (one, two)})


def test_a_remote_that_is_gone(shared: RepositoryBuilder, tmp_path: Path) -> None:
    path = clone(shared, tmp_path / "clone")
    shared.root.rename(tmp_path / "elsewhere.git")
    remote = Remote(open_repository(str(path)), "origin")
    with pytest.raises(RemoteError, match="cannot be reached: git fetch failed") as raised:
        remote.fetch()
    assert "does not appear to be a git repository" in str(raised.value.hint)
    with pytest.raises(RemoteError, match="git ls-remote failed"):
        remote.listed("refs/*")


def test_a_remote_that_refuses(shared: RepositoryBuilder, tmp_path: Path) -> None:
    path = clone(shared, tmp_path / "clone")
    hook = shared.root / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    remote = Remote(open_repository(str(path)), "origin")
    with pytest.raises(RemoteError, match="does not take what is pushed") as raised:
        remote.push({LEDGER: (None, Oid(shared.commit_id("main")))})
    assert raised.value.hint == "remote: not today"


def test_a_remote_that_does_not_answer(shared: RepositoryBuilder, tmp_path: Path) -> None:
    path = clone(shared, tmp_path / "clone")
    git(path, "config", "remote.origin.uploadpack", "sleep 60; git-upload-pack")
    with pytest.raises(RemoteError, match=r"does not answer: git fetch took over 0\.5 seconds"):
        Remote(open_repository(str(path)), "origin", seconds=0.5).fetch()
