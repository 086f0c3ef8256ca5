"""A lock file in conflict, made anew by cargo from manifests that no longer are; without the network."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from gatekeeper import process
from gatekeeper.errors import BadInputError, GitCommandError
from gatekeeper.merging.files import read, replace
from gatekeeper.merging.lock_seed import has_package_twice
from gatekeeper.merging.worktree_files import put_back

SECONDS = 120
_SHOWN = 6
_METADATA = ("metadata", "--locked", "--offline", "--format-version", "1")


def regenerate(lock: Path, seed: bytes) -> bytes:
    """Let cargo bring the lock file in line with the manifests, starting from ``seed``, and return what it wrote.

    What is locked in the seed stays locked. Raises BadInputError with cargo's reason; then the file is as it was.
    """
    if shutil.which("cargo") is None:
        raise BadInputError("cargo is not on PATH, which would regenerate it")
    manifest = lock.parent / "Cargo.toml"
    if not manifest.is_file():
        raise BadInputError("there is no Cargo.toml beside it to regenerate it from")
    with tempfile.TemporaryDirectory(prefix="gatekeeper-") as scratch, put_back(lock):
        root = _cargo(lock.parent, scratch, "locate-project", "--workspace", "--offline", "--message-format", "plain")
        if Path(os.fsdecode(root).rstrip("\n")).resolve() != manifest.resolve():
            raise BadInputError("it is not at the root of its workspace, so that cargo would not use it")
        replace(lock, seed)
        made = seed
        try:
            _cargo(lock.parent, scratch, *_METADATA)
        except BadInputError:
            _cargo(lock.parent, scratch, "update", "--workspace", "--offline")
            made = read(lock)
            _cargo(lock.parent, scratch, *_METADATA)
        if read(lock) != made:
            raise BadInputError("somebody has written it while cargo looked at it")
        if has_package_twice(made):
            raise BadInputError("cargo wrote a lock file that lists a package twice")
    return made


def _cargo(directory: Path, scratch: str, *arguments: str) -> bytes:
    # rustup would fetch a toolchain that the tree names; cargo would note down in the target directory what rustc is.
    closed = {"CARGO_NET_OFFLINE": "true", "RUSTUP_AUTO_INSTALL": "0", "RUSTUP_DIST_SERVER": f"file://{scratch}"}
    env = {**os.environ, **closed, "CARGO_TERM_COLOR": "never", "CARGO_TARGET_DIR": scratch}
    try:
        done = process.run_for(["cargo", *arguments], SECONDS, env=env, cwd=str(directory))
    except GitCommandError as error:
        raise BadInputError(error.message, error.hint) from error
    if done is None:
        raise BadInputError(f"cargo {arguments[0]} took more than {SECONDS} seconds")
    if done.code != 0:
        raise BadInputError(f"cargo {arguments[0]} failed: {_reason(done.stderr)}")
    return done.stdout


def _reason(stderr: bytes) -> str:
    lines = [" ".join(line.split()) for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    first = next((number for number, line in enumerate(lines) if line.startswith("error")), 0)
    return "; ".join(lines[first : first + _SHOWN]) or "it gave no reason"
