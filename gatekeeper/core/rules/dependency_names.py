"""One name for two packages, and two names for one package, among the dependencies of one manifest."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from gatekeeper.core.claims import encounters
from gatekeeper.core.faults import Faults
from gatekeeper.core.libraries import libraries_by_directory
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.needs import Need, Needs, meet, same_range
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, named
from gatekeeper.core.tree_paths import join

if TYPE_CHECKING:
    from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

_TWO_CRATES = "multiple candidates for `rmeta` dependency `foo` found"
_TABLES = {"normal": "dependencies", "dev": "dev-dependencies", "build": "build-dependencies"}

TWO_NAMES = RuleInfo(
    id=RuleId("dep-same-package-two-names"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="Both sides add a dependency on one package, under different names.",
    explanation=(
        "The keys differ, so git and TOML have nothing to say. Cargo lets a crate know another one by one name only. "
        "Two versions that are not compatible are two packages, and may have a name each."
    ),
    settles="Choose one name; the code of the other side has to follow.",
    fixtures=("dep-same-package-two-names",),
    tool_says="the crate `a v0.1.0` depends on crate `opt v0.1.0` multiple times with different names",
)
DASH = RuleInfo(
    id=RuleId("dep-dash-underscore-collision"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="The sides add dependencies on two packages whose names differ in `-` and `_` only.",
    explanation=(
        "In code a dash becomes an underscore, so both crates have one name there. `cargo metadata` does not see it; "
        "the compiler does. Dependencies of the build script are another namespace."
    ),
    settles="Rename one of them with `package = ...`.",
    fixtures=("dep-dash-underscore-collision",),
    tool_says=_TWO_CRATES,
)
SOURCE_PER_TARGET = RuleInfo(
    id=RuleId("dep-source-per-target"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="The sides add one dependency to two tables of a manifest, from different sources.",
    explanation=(
        "A name stands for one source in the whole manifest: for all targets, and in the dev- and build-dependencies "
        "too. The tables are far apart, so git merges both."
    ),
    settles="Choose the source, or give one of them another name.",
    fixtures=("dep-source-per-target", "dep-source-per-target--dev"),
    tool_says="Dependency 'opt' has different source paths depending on the build target.",
)
DEV_SKEW = RuleInfo(
    id=RuleId("dep-normal-vs-dev-major-skew"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side asks for a dependency in one version, the other, in the dev-dependencies, in another one.",
    explanation=(
        "No version meets both requirements, so cargo takes two, and the tests are given two crates of one name. "
        "`cargo metadata` does not see it."
    ),
    settles="Ask for one version, or rename the dev-dependency with `package = ...`.",
    fixtures=("dep-normal-vs-dev-major-skew",),
    tool_says=_TWO_CRATES,
)
TARGET_SKEW = RuleInfo(
    id=RuleId("dep-normal-vs-target-major-skew"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side asks for a dependency in one version, the other, for one target, in another one.",
    explanation=(
        "No version meets both requirements, so cargo takes two, and on that target the crate is given two crates of "
        "one name. `cargo metadata` does not see it. Two different targets are not compared: they may exclude each "
        "other."
    ),
    settles="Ask for one version, or rename one of them with `package = ...`.",
    fixtures=("dep-normal-vs-target-major-skew",),
    tool_says=_TWO_CRATES,
)


@workspace_rule(TWO_NAMES)
def dep_same_package_two_names(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """One package, two keys."""
    for one, other in view.shared(_clashes).get(TWO_NAMES.id, ()):
        message = (
            f"In {_manifest(one)}, {{left}} knows the package {named(one.package)} as {named(one.name)}, "
            f"{{right}} as {named(other.name)}."
        )
        yield from _hits(view, TWO_NAMES, one, other, message)


@workspace_rule(DASH)
def dep_dash_underscore_collision(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Two keys that are one name in code."""
    for one, other in view.shared(_clashes).get(DASH.id, ()):
        message = (
            f"In {_manifest(one)}, {{left}} depends on {named(one.name)} and {{right}} on {named(other.name)}: "
            f"both are {named(one.extern)} in code."
        )
        yield from _hits(view, DASH, one, other, message)


@workspace_rule(SOURCE_PER_TARGET)
def dep_source_per_target(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """One key, two sources."""
    for one, other in view.shared(_clashes).get(SOURCE_PER_TARGET.id, ()):
        message = (
            f"In {_manifest(one)}, {{left}} takes {named(one.name)} from {named(one.source.strip())} "
            f"in {_table(one)}, {{right}} from {named(other.source.strip())} in {_table(other)}."
        )
        yield from _hits(view, SOURCE_PER_TARGET, one, other, message)


@workspace_rule(DEV_SKEW)
def dep_normal_vs_dev_major_skew(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Versions in the dev-dependencies."""
    yield from _skews(view, DEV_SKEW)


@workspace_rule(TARGET_SKEW)
def dep_normal_vs_target_major_skew(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Versions for one target."""
    yield from _skews(view, TARGET_SKEW)


def _skews(view: WorkspaceView, info: RuleInfo) -> Iterator[WorkspaceHit]:
    for one, other in view.shared(_clashes).get(info.id, ()):
        message = (
            f"In {_manifest(one)}, {{left}} asks for {named(one.name)} {named(one.requirement)} in {_table(one)}, "
            f"{{right}} for {named(other.requirement)} in {_table(other)}: cargo takes two versions."
        )
        yield from _hits(view, info, one, other, message)


def _clashes(view: WorkspaceView) -> dict[RuleId, list[tuple[Need, Need]]]:
    """Return, for each rule, the needs of one manifest that clash."""
    needs = view.shared(Needs)
    found: dict[RuleId, list[tuple[Need, Need]]] = {}
    for of_one in needs.by_directory.values() if needs.vary else ():
        if not needs.varying(of_one):
            continue
        groups: dict[tuple[str, str], dict[Need, None]] = {}
        for need in sorted(of_one, key=lambda need: (list(_TABLES).index(need.table), need.target)):
            groups.setdefault(("name", need.extern), {})[need] = None
            groups.setdefault(("package", need.package), {})[need] = None
        pairs = dict.fromkeys(pair for group in groups.values() for pair in combinations(group, 2))
        for one, other in pairs:
            rule = _judged(one, other)
            if rule is not None and (rule is not DASH or all(_is_called(view, need) for need in (one, other))):
                found.setdefault(rule.id, []).append((one, other))
    return found


def _faults(view: WorkspaceView) -> dict[RuleId, Faults]:
    """Return, for each rule, the clashes as claims: who has one at two places of a manifest has it alone."""
    return {
        rule: Faults(view, [([one.claim()], [other.claim()]) for one, other in clashes])
        for rule, clashes in view.shared(_clashes).items()
    }


def _judged(one: Need, other: Need) -> RuleInfo | None:
    """Return the rule that speaks of two needs of one manifest."""
    same_package = one.package == other.package and one.source == other.source
    one_version = meet(one.requirement, other.requirement)
    if one.extern != other.extern:
        return TWO_NAMES if same_package and (one_version or one.local is not None) and _certain(one, other) else None
    if one.name == other.name and one.source != other.source:
        return SOURCE_PER_TARGET
    if not _together(one, other):
        return None
    if one.name != other.name:
        return None if same_package and one_version else DASH
    two_versions = same_package and one.local is None and not one_version
    if not two_versions or same_range(one.requirement, other.requirement):
        return None
    return DEV_SKEW if "dev" in {one.table, other.table} else TARGET_SKEW


def _is_called(view: WorkspaceView, need: Need) -> bool:
    """Return whether code knows the crate by the key of the dependency, and not by a name that its library has."""
    if need.local is None or need.name != need.package:
        return True
    names = view.shared(libraries_by_directory).get(need.local)
    return names is None or need.extern in names


def _certain(one: Need, other: Need) -> bool:
    """Return whether cargo takes one version for both, and not two of which each meets one requirement best."""
    return one.local is not None or one.source.startswith("git ") or same_range(one.requirement, other.requirement)


def _together(one: Need, other: Need) -> bool:
    """Return whether some crate is compiled with both."""
    tables = {one.table, other.table}
    targets = {one.target, other.target}
    return (tables == {"build"} or "build" not in tables) and (len(targets) == 1 or "" in targets)


def _hits(view: WorkspaceView, info: RuleInfo, one: Need, other: Need, message: str) -> Iterator[WorkspaceHit]:
    faults = view.shared(_faults)[info.id]
    for found in encounters(view, [one.claim()], [other.claim()], faults=faults):
        yield combined_hit(info, found.answer, found.deeds, message)


def _manifest(need: Need) -> str:
    return named(join(need.directory, "Cargo.toml"))


def _table(need: Need) -> str:
    return f"[target.{need.target!r}.{_TABLES[need.table]}]" if need.target else f"[{_TABLES[need.table]}]"
