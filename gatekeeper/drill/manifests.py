"""The manifests of trunk, read as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gatekeeper.core.document import Document, Value, parse
from gatekeeper.core.names import KeyPath, TreePath
from gatekeeper.core.safe_text import without_surrogates
from gatekeeper.core.schema import GENERIC
from gatekeeper.core.tree_paths import directory_of, glob_matches, resolve

CARGO = "Cargo.toml"
MAKEFILE = "Makefile.toml"
_MOST = 2000
"""More than the crates of any workspace; a tree that holds all of a registry must not keep a drill busy."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that is valid TOML. Its directory is ``""`` at the top."""

    path: TreePath
    source: bytes
    tree: Mapping[str, Value]

    @property
    def directory(self) -> str:
        """Where it lies."""
        return directory_of(self.path)

    def at(self, *key: str) -> object:
        """Return the value at a key, None where there is none."""
        value: object = self.tree
        for part in key:
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def table(self, *key: str) -> Mapping[str, object]:
        """Return the table at a key; an empty one where there is none."""
        found = self.at(*key)
        return found if isinstance(found, dict) else {}

    @property
    def package(self) -> str | None:
        """The name of the package, None where there is none."""
        name = self.at("package", "name")
        return name if isinstance(name, str) else None


@dataclass(slots=True)
class Manifests:
    """All manifests of one tree by kind, those nearest to the top first. ``read`` returns None for what is missing."""

    paths: Iterable[TreePath]
    read: Callable[[TreePath], bytes | None]
    _known: dict[TreePath, Manifest | None] = field(default_factory=dict)

    def cargo(self) -> Iterator[Manifest]:
        """Yield every ``Cargo.toml``."""
        return self._named(CARGO)

    def makefiles(self) -> Iterator[Manifest]:
        """Yield every ``Makefile.toml``."""
        return self._named(MAKEFILE)

    def _named(self, name: str) -> Iterator[Manifest]:
        fitting = [path for path in self.paths if path.rpartition("/")[2] == name and without_surrogates(path) == path]
        for path in sorted(fitting, key=lambda path: (path.count("/"), path))[:_MOST]:
            found = self.get(path)
            if found is not None:
                yield found

    def get(self, path: TreePath) -> Manifest | None:
        """Return the manifest at a path, None where there is none that can be read."""
        if path not in self._known:
            source = self.read(path)
            parsed = None if source is None else parse(source, GENERIC)
            is_read = source is not None and isinstance(parsed, Document)
            self._known[path] = Manifest(path, source, parsed.tree) if is_read else None  # type: ignore[arg-type,union-attr]
        return self._known[path]


@dataclass(frozen=True, slots=True)
class Workspace:
    """A cargo workspace: its root manifest, and those of its members apart from the root."""

    root: Manifest
    members: tuple[Manifest, ...]

    def spelled(self, member: Manifest, key: KeyPath) -> list[str]:
        """Return the entries of a list in the root manifest that name the directory of a member."""
        entries = self.root.at(*key)
        named = [entry for entry in entries if isinstance(entry, str)] if isinstance(entries, list) else []
        return [entry for entry in named if resolve(self.root.directory, entry) == member.directory]


def workspaces(manifests: Manifests) -> Iterator[Workspace]:
    """Yield the workspaces of the tree, those nearest to the top first."""
    every = list(manifests.cargo())
    for root in every:
        if isinstance(root.at("workspace"), dict):
            yield Workspace(root, tuple(_members(root, every)))


def _members(root: Manifest, every: Iterable[Manifest]) -> Iterator[Manifest]:
    globs, excluded = (_directories(root, key) for key in ("members", "exclude"))
    for manifest in every:
        directory = manifest.directory
        is_out = any(directory == other or directory.startswith(f"{other}/") for other in excluded)
        fits = any(glob_matches(glob, directory) for glob in globs)
        if (
            manifest is not root
            and manifest.package is not None
            and fits
            and not is_out
            and "workspace" not in manifest.tree
        ):
            yield manifest


def _directories(root: Manifest, key: str) -> list[str]:
    entries = root.at("workspace", key)
    named = [entry for entry in entries if isinstance(entry, str)] if isinstance(entries, list) else []
    return [found for entry in named if (found := resolve(root.directory, entry)) is not None]


DEPENDENCY_TABLES = ("dependencies", "dev-dependencies", "build-dependencies")


def dependencies(manifest: Manifest) -> Iterator[tuple[str, object]]:
    """Yield the dependencies of a manifest with what each says, those for one target and of the workspace included."""
    tables = [manifest.tree, manifest.table("workspace"), *manifest.table("target").values()]
    for table in tables:
        for name in DEPENDENCY_TABLES:
            inner = table.get(name) if isinstance(table, dict) else None
            yield from inner.items() if isinstance(inner, dict) else ()


def directories_needed(manifest: Manifest) -> Iterator[str]:
    """Yield the directories on which a manifest depends by path."""
    for _, said in dependencies(manifest):
        path = said.get("path") if isinstance(said, dict) else None
        found = resolve(manifest.directory, path) if isinstance(path, str) else None
        if found is not None:
            yield found
