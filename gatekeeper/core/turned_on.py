"""What the default features of a package turn on."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.names import TreePath
from gatekeeper.core.symbols import How, Kind, Symbol
from gatekeeper.core.tree_paths import directory_of
from gatekeeper.core.workspace_view import WorkspaceView

_DEFAULT = "default"
_FEATURES = "features"


def on_by_default(view: WorkspaceView, manifest: TreePath, key: str, agents: int) -> bool:
    """Return whether with all of ``agents`` the optional dependency ``key`` is on where nobody asks for features."""
    waiting = list(_turning_on(view, manifest, key, agents))
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name == _DEFAULT:
            return True
        if name not in seen:
            seen.add(name)
            waiting += _listing(view, Kind.FEATURE, manifest, name, agents)
    return False


def _turning_on(view: WorkspaceView, manifest: TreePath, key: str, agents: int) -> Iterator[str]:
    """Yield the features that turn the dependency on by themselves, the one of its own name included."""
    yield from _listing(view, Kind.OPTIONAL_DEPENDENCY, manifest, key, agents)
    yield from _listing(view, Kind.DEPENDENCY, manifest, key, agents)
    implicit = view.index.definitions.get(Symbol(Kind.FEATURE.value, (directory_of(manifest), key)), {})
    if any(one.key[0] != _FEATURES and not agents & ~standing.agents for one, standing in implicit.items()):
        yield key


def _listing(view: WorkspaceView, kind: Kind, manifest: TreePath, name: str, agents: int) -> Iterator[str]:
    """Yield the features of the manifest that list the name, so that it is on with them."""
    for use in view.uses(kind, directory_of(manifest), name):
        reference = use.reference
        weak = reference.how == How.WEAK or "?/" in reference.value
        listed = reference.path == manifest and reference.key[0] == _FEATURES
        if listed and not weak and not agents & ~use.standing.agents:
            yield reference.key[1]
