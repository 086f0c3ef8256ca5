"""Whether cargo loads the workspaces of a tree, from what it needs for that: manifests, and possible targets.

No configuration of the tree's comes along (``.cargo/config.toml``, ``rust-toolchain.toml``): it can name programs.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from gatekeeper.core.document import Document, Value, parse
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import CARGO
from gatekeeper.core.tree_state import Entry, parents
from gatekeeper.process import run_limited
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.scratch import ScratchDirectory, memory_directory

SECONDS = 60.0
_METADATA = ("cargo", "metadata", "--offline", "--no-deps", "--format-version", "1", "--quiet")
_MOST_ROOTS = 16
_SHOWN = 6
_TARGET = re.compile(
    r"(?:.*/)?(?:build\.rs|src/(?:lib|main)\.rs|(?:src/bin|tests|examples|benches)/[^/]+(?:/main)?\.rs)", re.DOTALL
)
_OUTSIDE = frozenset({"", ".", ".."})
"""Parts of a path that no tree of git's own has, and by which one would leave the scratch directory."""


def has_cargo() -> bool:
    """Return whether there is a cargo to ask."""
    return shutil.which("cargo") is not None


def workspace_roots(listing: Mapping[TreePath, Entry]) -> tuple[str, ...]:
    """Return the directories of the outermost packages and workspaces of a tree."""
    manifests = (path for path in listing if posixpath.basename(path) == "Cargo.toml" and _is_inside(path))
    directories = {posixpath.dirname(path) for path in manifests}
    outermost = (
        directory
        for directory in sorted(directories)
        if not directory or not ({"", *parents(TreePath(directory))} & directories)
    )
    return tuple(outermost)


def load_faults(store: ObjectStore, listing: Mapping[TreePath, Entry]) -> tuple[str, ...]:
    """Return what cargo has against the workspaces of a tree, a line for each. Raises BadInputError."""
    scratch = ScratchDirectory(memory_directory())
    try:
        place = scratch.path / "tree"
        place.mkdir()
        lay_workspaces(store, listing, place)
        found = (_fault(place, root) for root in workspace_roots(listing)[:_MOST_ROOTS])
        return tuple(fault for fault in found if fault is not None)
    finally:
        scratch.close()


def lay_workspaces(store: ObjectStore, listing: Mapping[TreePath, Entry], place: Path) -> None:
    """Write what cargo looks at of a tree into an empty directory. Raises BadInputError where an object is missing.

    Every directory is there, since globs of members match those without a manifest. Sources are empty.
    """
    listing = {path: entry for path, entry in listing.items() if _is_inside(path)}
    for directory in sorted({directory for path in listing for directory in parents(path)}):
        (place / directory).mkdir()
    files = {path: posixpath.basename(path) == "Cargo.toml" for path, entry in listing.items() if entry.is_file}
    spelled_out: set[str] = set()
    for path in (path for path, is_manifest in files.items() if is_manifest):
        content = store.blob(listing[path].oid)
        (place / path).write_bytes(content)
        spelled_out |= set(_named_files(path, content))
    for path, is_manifest in files.items():
        if not is_manifest and (path in spelled_out or _TARGET.fullmatch(path)):
            (place / path).touch()


def _is_inside(path: str) -> bool:
    return _OUTSIDE.isdisjoint(path.split("/"))


def _named_files(manifest: TreePath, content: bytes) -> Iterator[str]:
    """Yield every text of a manifest that may be the path of a source file, from the root."""
    read = parse(content, CARGO)
    todo: list[Value] = [read.tree] if isinstance(read, Document) else []
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, list):
            todo += value
        elif isinstance(value, str) and value.endswith(".rs"):
            yield posixpath.normpath(posixpath.join(posixpath.dirname(manifest), value))


def _fault(place: Path, root: str) -> str | None:
    env = {**os.environ, "CARGO_NET_OFFLINE": "true", "CARGO_TERM_COLOR": "never", "RUSTUP_AUTO_INSTALL": "0"}
    done = run_limited(_METADATA, SECONDS, env=env, cwd=str(place / root))
    shown = posixpath.join(root, "Cargo.toml")
    if done.code is None:
        return f"{shown}: cargo did not say within {SECONDS:g} seconds whether it loads the workspace"
    if done.code == 0:
        return None
    said = done.stderr.decode("utf-8", "replace").replace(f"{place}/", "").replace(str(place), ".")
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    return f"{shown}: cargo does not load the workspace: {'; '.join(lines[:_SHOWN]) or 'it gave no reason'}"
