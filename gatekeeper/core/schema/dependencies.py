"""Dependency tables, which manifests and cargo's configuration write alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.schema.kinds import AliasUse, ExclusiveSlot, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatekeeper.core.names import KeyPath

DEPENDENCY_TABLES = frozenset({"dependencies", "dev-dependencies", "build-dependencies"})

_WORKSPACE = frozenset({"workspace"})
_GIT = frozenset({"git", "branch", "tag", "rev"})
_LOCAL_ONLY = frozenset({
    "version", "path", "git", "branch", "tag", "rev", "registry", "registry-index", "package",
})  # fmt: skip

DEPENDENCY_SLOTS: tuple[ExclusiveSlot, ...] = (
    (_WORKSPACE, _LOCAL_ONLY),
    (frozenset({"path"}), _GIT, frozenset({"registry"}), frozenset({"registry-index"})),
    (frozenset({"branch"}), frozenset({"tag"}), frozenset({"rev"})),
)


def dependency_depth(key: KeyPath) -> int:
    """Return how many leading parts of ``key`` name a dependency; 0 when ``key`` is not inside one."""
    head = key[0] if key else ""
    if head in DEPENDENCY_TABLES or head == "replace":
        depth = 2
    elif (head == "workspace" and key[1:2] == ("dependencies",)) or head == "patch":
        depth = 3
    elif head == "target" and len(key) > 2 and key[2] in DEPENDENCY_TABLES:  # noqa: PLR2004
        depth = 4
    else:
        return 0
    return depth if len(key) >= depth else 0


def is_dependency_table(key: KeyPath) -> bool:
    """Return whether the entries of the table at ``key`` are dependencies."""
    return dependency_depth((*key, "")) == len(key) + 1


def is_profile_override(key: KeyPath) -> bool:
    """Return whether ``key`` is the table of packages for which a profile has settings of their own."""
    return len(key) == 3 and key[0] == "profile" and key[2] == "package"  # noqa: PLR2004


def dependency_tables(head: str, value: Value) -> Iterator[KeyPath]:
    """Yield the keys of the tables of dependencies that a manifest whose key ``head`` has this value can hold there."""
    if head in DEPENDENCY_TABLES or head == "replace":
        yield (head,)
    elif head == "workspace":
        yield (head, "dependencies")
    elif head == "patch" and isinstance(value, dict):
        yield from ((head, registry) for registry in value)
    elif head == "target" and isinstance(value, dict):
        yield from ((head, name, kind) for name in value for kind in sorted(DEPENDENCY_TABLES))


def dependencies_of(tree: Mapping[str, Value]) -> Iterator[tuple[KeyPath, Value]]:
    """Yield every entry of a dependency table of a manifest, with its key."""
    for head, value in tree.items():
        for key in dependency_tables(head, value):
            found: Value | Mapping[str, Value] | None = tree
            for part in key:
                found = found.get(part) if isinstance(found, dict) else None
            if isinstance(found, dict):
                yield from (((*key, name), entry) for name, entry in found.items())


def canonicalise_dependencies(table: Value | None, key: KeyPath, aliases: list[AliasUse]) -> None:
    """Give every dependency of ``table`` its table form."""
    if not isinstance(table, dict):
        return
    for name, spec in table.items():
        if type(spec) is str:
            table[name] = {"version": spec}
        elif type(spec) is dict and "default_features" in spec:
            rename(spec, "default_features", "default-features", (*key, name), aliases)


def rename(table: dict[str, Value], old: str, new: str, key: KeyPath, aliases: list[AliasUse]) -> None:
    """Spell ``old`` as ``new`` in ``table``, in its place; where both stand, ``new`` wins, as in cargo."""
    if new in table:
        aliases.append(AliasUse((*key, new), old, shadowed=True, value=table.pop(old)))
        return
    aliases.append(AliasUse((*key, new), old))
    items = [(new if name == old else name, value) for name, value in table.items()]
    table.clear()
    table.update(items)


def canonicalise_target_names(table: Value | None) -> None:
    """Spell the keys of a ``[target]`` table with the blanks that ``cfg(...)`` usually has."""
    if not isinstance(table, dict):
        return
    spelled = {name: compact_cfg(name) if name.startswith("cfg") else name for name in table}
    if all(name == compact for name, compact in spelled.items()):
        return
    taken: set[str] = set(table)
    items: list[tuple[str, Value]] = []
    for name, value in table.items():
        free = spelled[name] not in taken
        taken.add(spelled[name])
        items.append((spelled[name] if free else name, value))
    table.clear()
    table.update(items)


def compact_cfg(name: str) -> str:
    """Return ``cfg( all( unix,a="b c" ) )`` as ``cfg(all(unix, a = "b c"))``; blanks in strings stay."""
    pieces = name.split('"')
    for index in range(0, len(pieces), 2):
        bare = "".join(pieces[index].split())
        pieces[index] = bare.replace(",", ", ").replace("=", " = ")
    return '"'.join(pieces).strip()
