"""What one file defines and what it refers to: the symbols that tie the files of a workspace together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.cargo_facts import collect_cargo
from gatekeeper.core.cargo_make_facts import collect_cargo_make
from gatekeeper.core.document import Document, parse
from gatekeeper.core.identity_facts import collect_config, collect_identities, collect_toolchain
from gatekeeper.core.schema import CARGO, CARGO_CONFIG, CARGO_MAKE, GENERIC, profile_for
from gatekeeper.core.symbols import FactCollector, FileFacts, Kind
from gatekeeper.core.tool_facts import collect_named, collect_settings
from gatekeeper.core.tool_task_facts import collect_commands
from gatekeeper.core.tree_paths import directory_of

if TYPE_CHECKING:
    from gatekeeper.core.names import TreePath


def is_toolchain_file(path: TreePath) -> bool:
    """Return whether rustup reads the file at ``path`` under its old name: TOML, or nothing but a channel."""
    return path.rpartition("/")[2] == "rust-toolchain"


def toolchain_facts(path: TreePath, content: bytes) -> FileFacts:
    """Return what a ``rust-toolchain`` without an extension says."""
    collector = FactCollector(path)
    document = parse(content, GENERIC)
    if isinstance(document, Document):
        collect_toolchain(document.tree, collector)
    elif len(words := content.decode("utf-8", "replace").split()) == 1:
        collector.define(Kind.TOOLCHAIN, (directory_of(path), words[0]), (), words[0])
    return collector.facts()


def file_facts(path: TreePath, document: Document) -> FileFacts:
    """Return what the file at ``path`` says; nothing for a kind of file that ties no others together."""
    collector = FactCollector(path)
    profile = profile_for(path)
    if profile is CARGO:
        collect_cargo(document.tree, collector)
        collect_named(document.tree, collector)
        collect_identities(document, collector)
    elif profile is CARGO_CONFIG:
        collect_settings(document.tree, collector)
        collect_config(document.tree, collector)
    elif profile is CARGO_MAKE or profile is GENERIC:
        # A makefile can extend a file of any name.
        collect_cargo_make(document.tree, collector)
        collect_commands(document.tree, collector)
        if path.rpartition("/")[2] == "rust-toolchain.toml":
            collect_toolchain(document.tree, collector)
    return collector.facts()
