"""Two trees made of plain dictionaries, and what the change between them takes away."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from gatekeeper.core.compat.compare import compare
from gatekeeper.core.compat.items import Compatibility, CompatItem
from gatekeeper.core.compat.trees import Other, Trees
from gatekeeper.core.document import Document, ParseFailure, parse
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.schema import Profile, profile_for
from gatekeeper.core.symbols import FileFacts
from gatekeeper.core.tool_facts import is_script, script_facts
from gatekeeper.core.tree_state import EXECUTABLE, REGULAR, Entry
from gatekeeper.core.workspace import file_facts

Tree = Mapping[str, str]


@dataclass
class Blobs:
    """The contents of all trees, read as a scan reads them."""

    texts: dict[Oid, bytes] = field(default_factory=dict)

    def listing(self, tree: Tree) -> dict[TreePath, Entry]:
        """Return a tree as a listing; scripts that say ``#!`` are executable."""
        found = {}
        for path, text in tree.items():
            data = text.encode()
            oid = Oid(hashlib.sha1(data, usedforsecurity=False).hexdigest())
            self.texts[oid] = data
            found[TreePath(path)] = Entry(EXECUTABLE if data.startswith(b"#!") else REGULAR, oid)
        return found

    def facts(self, path: TreePath, oid: Oid) -> FileFacts | None:
        """Return what a file states."""
        profile = profile_for(path)
        if profile is None:
            return script_facts(path, self.texts[oid]) if is_script(path) else None
        document = self.parsed(profile, oid)
        return file_facts(path, document) if isinstance(document, Document) else None

    def parsed(self, profile: Profile, oid: Oid) -> Document | ParseFailure:
        """Return what a blob holds."""
        return parse(self.texts[oid], profile)

    def text(self, oid: Oid) -> bytes:
        """Return a blob's bytes."""
        return self.texts[oid]


def compared(base: Tree, head: Tree, others: Mapping[str, tuple[Tree, Tree]] | None = None) -> Compatibility:
    """Return what ``head`` takes away from ``base``; ``others`` are branches: their forks and their trees."""
    blobs = Blobs()

    def other(name: str, fork: Tree, tree: Tree) -> Other:
        before, after = blobs.listing(fork), blobs.listing(tree)
        paths = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        return Other(name, {path: (before.get(path), after.get(path)) for path in paths})

    trees = Trees(blobs.listing(base), blobs.listing(head), blobs)
    return compare(trees, lambda: [other(name, *pair) for name, pair in (others or {}).items()])


def lost(base: Tree, head: Tree) -> dict[str, tuple[str, str | None, str | None]]:
    """Return name -> (change, before, after) of all items."""
    return {item.name: (item.change, item.before, item.after) for item in compared(base, head).items}


def item(found: Compatibility, name: str) -> CompatItem:
    """Return the item of that name."""
    return next(one for one in found.items if one.name == name)
