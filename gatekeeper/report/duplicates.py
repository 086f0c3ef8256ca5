"""Duplicate versions as text, and as ``gatekeeper.duplicates/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.core.duplicate_versions import Carrier, Duplicate, Version, WhatWasRead
    from gatekeeper.report.page import Page

SCHEMA: Final = "gatekeeper.duplicates/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class CarrierDocument:
    """A member, and the dependency of its own by which it comes to the version."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    member: str
    dependency: str
    requirement: str | None
    """What the member's manifest requires of that dependency; null where no manifest says."""


@dataclass(slots=True)
class VersionDocument:
    """One of the versions."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    version: str
    """Without a lock file, the requirements that one version can meet."""
    source: str | None
    """Where the lock file has it from; null for a package of the tree itself, and without a lock file."""
    members: list[str]
    """The members of the workspace that depend on it, by however many steps."""
    carriers: list[CarrierDocument]


@dataclass(slots=True)
class PackageDocument:
    """A package of which there are several versions."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    name: str
    lock: str | None
    """The lock file that tells; null where there is none, and the manifests do."""
    versions: list[VersionDocument]
    """The lowest first."""


@dataclass(slots=True)
class DuplicatesDocument:
    """What ``gatekeeper duplicates`` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: Literal["gatekeeper.duplicates/1"]
    revision: str
    locks: list[str]
    """The lock files that tell; manifests with none beside or above them are compared with each other."""
    packages: list[PackageDocument]
    unreadable: list[str]
    """Manifests and lock files that were left out: they are not valid, or the lock file lists no packages."""


def duplicates_json(duplicates: Sequence[Duplicate], read: WhatWasRead, *, revision: str) -> str:
    """Return the duplicates as JSON."""
    packages = [_package(one) for one in duplicates]
    left_out = [text(path) for path in sorted((*read.invalid, *read.silent_locks))]
    locks = [text(path) for path in read.locks]
    return document_text(DuplicatesDocument(SCHEMA, text(revision), locks, packages, left_out))


def _package(one: Duplicate) -> PackageDocument:
    lock = None if one.lock is None else text(one.lock)
    return PackageDocument(text(one.package), lock, [_version(version) for version in one.versions])


def _version(one: Version) -> VersionDocument:
    source = None if one.source is None else text(one.source)
    carriers = [_carrier(carrier) for carrier in one.carriers]
    return VersionDocument(text(one.version), source, [text(member) for member in one.members], carriers)


def _carrier(one: Carrier) -> CarrierDocument:
    requirement = None if one.requirement is None else text(one.requirement)
    return CarrierDocument(text(one.member), text(one.dependency), requirement)


def write_duplicates(duplicates: Sequence[Duplicate], read: WhatWasRead, page: Page) -> None:
    """Write each package with its versions, and who brings each of them."""
    where = _where(read, page)
    count = len(duplicates)
    if count:
        versions = sum(len(one.versions) for one in duplicates)
        packages = f"{count:,} {'package' if count == 1 else 'packages'}"
        page.line((f"{packages} in several versions, {versions:,} in all", "bold"), f", in {where}")
    else:
        page.line(("No package in several versions", "bold"), f", in {where}")
    several = len(read.locks) + read.manifests_compared > 1
    for one in duplicates:
        page.blank()
        page.line((one.package, "bold"), f"  {one.lock or 'the manifests'}" if several else "")
        same = len({version.version for version in one.versions}) < len(one.versions)
        for version in one.versions:
            _write_version(one.package, version, page, with_source=same)
    left_out = dict.fromkeys(read.invalid, "is not valid and was left out")
    left_out |= dict.fromkeys(read.silent_locks, "lists no packages and tells nothing")
    for path, why in sorted(left_out.items()):
        page.blank()
        page.line(f"{path} {why}")


def _where(read: WhatWasRead, page: Page) -> str:
    if not read.locks:
        silent = any(path.endswith("Cargo.lock") for path in (*read.invalid, *read.silent_locks))
        return f"the manifests ({'no Cargo.lock tells anything' if silent else 'there is no Cargo.lock'})"
    others = " and the manifests without one" if read.manifests_compared else ""
    return page.list_of(read.locks) + others


def _write_version(package: str, version: Version, page: Page, *, with_source: bool) -> None:
    source = f" from {version.source or 'the tree itself'}" if with_source else ""
    page.line((version.version, "cyan"), f"{source}  {_members(version, page)}", indent=2)
    ways: dict[tuple[str, str | None], list[str]] = {}
    for carrier in version.carriers:
        ways.setdefault((carrier.dependency, carrier.requirement), []).append(carrier.member)
    for (dependency, requirement), members in ways.items():
        required = f' = "{requirement}"' if requirement is not None else ""
        through = "" if dependency == package else "through "
        page.line(f"{through}{dependency}{required} of {page.list_of(members)}", indent=6)


def _members(version: Version, page: Page) -> str:
    return page.list_of(version.members) if version.members else "no member depends on it"
