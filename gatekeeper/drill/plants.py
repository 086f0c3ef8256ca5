"""What a drill plants: pairs of edits that must not land side by side unseen, made of the manifests that are there.

Where a plant goes is decided by what the manifests look like, never by what a scan says of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gatekeeper.core.names import KeyPath, RuleId, Severity, TreePath
from gatekeeper.drill.editing import Edit, Put, Remove, edited
from gatekeeper.drill.manifests import Manifest, Manifests, dependencies

FEATURE = "drill"
VARIABLE = "GATEKEEPER_DRILL"

_VERSION = re.compile(r"\^?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Work:
    """What one of the two agents does: edits by file, and directories that go. ``said``: the same in a few words."""

    said: str
    edits: Mapping[TreePath, tuple[Edit, ...]] = field(default_factory=lambda: MappingProxyType({}))
    deleted: tuple[TreePath, ...] = ()


@dataclass(frozen=True, slots=True)
class Plant:
    """A conflict of two agents: the rule that is for it, and the place that the rule would name."""

    severity: Severity
    rule: RuleId
    path: TreePath
    key: KeyPath
    works: tuple[Work, Work]

    def spares(self, path: TreePath) -> bool:
        """Return whether what stands at ``path`` outlives the plant."""
        gone = [directory for work in self.works for directory in work.deleted]
        return not any(path.startswith(f"{directory}/") for directory in gone)


def fits(manifests: Manifests, work: Work) -> bool:
    """Return whether all of a work's edits can be made."""
    found = ((manifests.get(path), edits) for path, edits in work.edits.items())
    return all(manifest is not None and edited(manifest.source, edits) is not None for manifest, edits in found)


def first_fitting(plants: Iterator[Plant], manifests: Manifests) -> Plant | None:
    """Return the first plant whose edits can be made; None where there is none."""
    return next((plant for plant in plants if all(fits(manifests, work) for work in plant.works)), None)


def minors(manifests: Manifests, critical: Plant | None) -> Iterator[Plant]:
    """Yield what could be the minor: edits of one task, of one dependency's version, or of one profile."""
    for makefile in manifests.makefiles():
        tasks = [name for name, task in makefile.table("tasks").items() if isinstance(task, dict)]
        free = [name for name in tasks if _is_free(critical, makefile, ("tasks", name))]
        # Rather one that the critical does not lean on either.
        yield from (_one_task(makefile, name) for name in sorted(free, key=lambda name: _is_used(critical, name)))
    spared = [manifest for manifest in manifests.cargo() if _is_free(critical, manifest, ())]
    for manifest in spared:
        for table in (("workspace", "dependencies"), ("dependencies",)):
            for name, said in manifest.table(*table).items():
                if _is_free(critical, manifest, (*table, name)):
                    yield from _one_version(manifest, (*table, name), said)
    for manifest in spared:
        yield from _profiles(manifest)


def _is_free(critical: Plant | None, manifest: Manifest, key: KeyPath) -> bool:
    """What the critical plant removes is not there for another one: a branch may have to serve several."""
    if critical is None:
        return True
    gone = {
        edit.key for work in critical.works for edit in work.edits.get(manifest.path, ()) if isinstance(edit, Remove)
    }
    return critical.spares(manifest.path) and key not in gone


def _is_used(critical: Plant | None, task: str) -> bool:
    works = () if critical is None else critical.works
    return any(task in edit.key for work in works for edits in work.edits.values() for edit in edits)


def _one_task(makefile: Manifest, name: str) -> Plant:
    task = ("tasks", name)
    one = Work(f"describes the task {name}", {makefile.path: (Put((*task, "description"), "Planted by a drill"),)})
    other = Work(f"sets a variable for the task {name}", {makefile.path: (Put((*task, "env", VARIABLE), "1"),)})
    return Plant(Severity.MINOR, RuleId("mk-task-different-keys"), makefile.path, task, (one, other))


def _one_version(manifest: Manifest, key: KeyPath, said: object) -> Iterator[Plant]:
    place = key
    if isinstance(said, dict) and not {"path", "git", "workspace", "registry"} & said.keys():
        place, said = (*key, "version"), said.get("version")
    found = _VERSION.match(said) if isinstance(said, str) else None
    if found is None:
        return
    major, minor, patch = (int(number or 0) for number in found.groups())
    if not (major or minor):
        return
    # Both stay in the range of the old one: across ranges it would be a major.
    versions = [f"{major}.{minor}.{patch + more}" for more in (1, 2)]
    one, other = (
        Work(f"asks for {key[-1]} {version}", {manifest.path: (Put(place, version),)}) for version in versions
    )
    yield Plant(Severity.MINOR, RuleId("dep-version-both-bumped"), manifest.path, key, (one, other))


def _profiles(manifest: Manifest) -> Iterator[Plant]:
    for profile in manifest.table("profile"):
        # Only where it has a level: two that are added are a conflict of another kind.
        key = ("profile", profile, "opt-level")
        before = manifest.at(*key)
        if isinstance(before, (int, str)):
            levels = [level for level in (1, 2, 3) if level != before]
            one, other = (
                Work(f"builds the profile {profile} at level {level}", {manifest.path: (Put(key, level),)})
                for level in levels[:2]
            )
            yield Plant(Severity.MINOR, RuleId("profile-scalar-both"), manifest.path, key, (one, other))


def majors(manifests: Manifests, critical: Plant | None) -> Iterator[Plant]:
    """Yield what could be the major: one feature, defined twice; crates that have features come first."""
    crates = [found for found in manifests.cargo() if found.package is not None]
    spared = [crate for crate in crates if _is_free(critical, crate, ())]
    for crate in sorted(spared, key=lambda crate: not isinstance(crate.at("features"), dict)):
        name = FEATURE
        names = {*crate.table("features"), *(dependency for dependency, _ in dependencies(crate))}
        while any(taken.startswith(name) for taken in names):
            name += "-again"
        one, other = (_feature(crate, name, f"{name}-{word}") for word in ("one", "two"))
        yield Plant(Severity.MAJOR, RuleId("feature-definition-conflict"), crate.path, ("features", name), (one, other))


def _feature(crate: Manifest, name: str, implied: str) -> Work:
    edits = (Put(("features", implied), []), Put(("features", name), [implied]))
    return Work(f"defines the feature {name} as {implied}", {crate.path: edits})
