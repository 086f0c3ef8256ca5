"""A lock file for cargo to start from: the packages of both sides, those of ours where two exclude each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gatekeeper.core.document import Document, Value, parse
from gatekeeper.core.lock_consistency import packages_in_full
from gatekeeper.core.names import format_key
from gatekeeper.core.schema import CARGO_LOCK
from gatekeeper.core.schema.identity import locked_identity
from gatekeeper.core.schema.precedence import version_order
from gatekeeper.core.splicing.layout import newline_of
from gatekeeper.core.toml_text import inline
from gatekeeper.core.value_merge import merge_values
from gatekeeper.core.values import table
from gatekeeper.errors import BadInputError

_Package = Mapping[str, Value]


def lock_seed(base: bytes | None, ours: bytes, theirs: bytes) -> bytes:
    """Return a text that need not be consistent, but has no package twice.

    What cargo finds locked and needs it keeps; so both sides' choices go in. Raises BadInputError for what is no TOML.
    """
    before = None if base is None else _read(base, "base")
    mine, other = _read(ours, "ours"), _read(theirs, "theirs")
    merged = merge_values(before, mine, other).tree
    kept = {key: table(package) for key, package in table(mine.tree.get("package")).items()}
    for key, package in table(merged.get("package")).items():
        if key not in kept and not any(_exclude(table(package), one) for one in kept.values()):
            kept[key] = table(package)
    newline = newline_of(ours.decode("utf-8"))
    return newline.join(_lines(merged, [kept[key] for key in sorted(kept)])).encode("utf-8")


def has_package_twice(lock: bytes) -> bool:
    """Return whether a lock file lists a package twice, or is none."""
    read = parse(lock, CARGO_LOCK)
    if not isinstance(read, Document):
        return True
    return any(key != locked_identity(table(package)) for key, package in table(read.tree.get("package")).items())


def _read(text: bytes, side: str) -> Document:
    read = parse(text, CARGO_LOCK)
    if not isinstance(read, Document):
        raise BadInputError(f"{side} is not valid TOML: {read.message} (line {read.line}, column {read.column})")
    # Which version a short name means depends on what else is there.
    return replace(read, tree={**read.tree, "package": dict(packages_in_full(read.tree))})


def _exclude(one: _Package, other: _Package) -> bool:
    """Return whether cargo takes but one of the two: they differ in nothing that it lets stand side by side."""
    return all(one.get(part) == other.get(part) for part in ("name", "source")) and _line(one) == _line(other)


def _line(package: _Package) -> object:
    version = str(package.get("version", ""))
    order = version_order(version)
    if order is None:
        return version
    first = next((place for place, number in enumerate(order[0]) if number), len(order[0]))
    return order[0][: first + 1]


def _lines(merged: Mapping[str, Value], packages: list[_Package]) -> Iterator[str]:
    for name, value in merged.items():
        if name == "patch":
            unused = table(table(value).get("unused"))
            yield f"patch = {inline({'unused': [*unused.values()]})}"
        elif name != "package":
            yield f"{format_key((name,))} = {inline(value)}"
    for package in packages:
        yield "[[package]]"
        yield from (f"{format_key((name,))} = {inline(value)}" for name, value in package.items())
    yield ""
