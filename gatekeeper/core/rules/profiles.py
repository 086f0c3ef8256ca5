"""Profiles: what both sides set, what they inherit, and the packages that they override."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from gatekeeper.core.claims import Claim, encounters
from gatekeeper.core.combination import Atom, Place
from gatekeeper.core.cycles import Edge, new_cycles
from gatekeeper.core.identity_facts import spec_name
from gatekeeper.core.membership import reads_root_tables
from gatekeeper.core.names import RuleId, Severity, TreePath
from gatekeeper.core.needs import Needs
from gatekeeper.core.rules.cases import disputed_by, hit, is_claimed
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule, workspace_rule
from gatekeeper.core.rules.wording import both_did
from gatekeeper.core.rules.workspace_hits import combined_hit, cycle_hit, dangling_hit, named
from gatekeeper.core.schema import CARGO, CARGO_CONFIG, profile_for
from gatekeeper.core.symbols import Kind, Symbol
from gatekeeper.core.toml_text import named as key_named
from gatekeeper.core.toml_text import proposed
from gatekeeper.core.tree_paths import ancestors, directory_of
from gatekeeper.core.value_merge import ClashReason

if TYPE_CHECKING:
    from gatekeeper.core.rules.model import Hit, PathCase
    from gatekeeper.core.workspace_view import Dangling, WorkspaceHit, WorkspaceView

SCALAR_BOTH = RuleInfo(
    id=RuleId("profile-scalar-both"),
    family=Family.WORKSPACE,
    severity=Severity.MINOR,
    summary="Both sides change one setting of a profile, each to another value.",
    explanation=(
        "Every value builds; they differ in speed, size and what a debugger sees. Neither is the stronger one, so the "
        "first to land wins, and the other side measures again."
    ),
    settles="Keep the value that landed first.",
    fixtures=("profile-scalar-both",),
)
INHERITS_REMOVED = RuleInfo(
    id=RuleId("profile-inherits-removed"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side removes a profile from which the other side's profile inherits.",
    explanation=(
        "`cargo metadata` does not look at it, but no build of any profile works any more. Profiles of "
        "`.cargo/config.toml` count as well. Where it is one of these that inherits, only builds with that profile "
        "fail, and the finding is major."
    ),
    settles="Restore the profile, or let the new one inherit from a profile that is built in.",
    fixtures=(
        "profile-inherits-removed",
        "profile-inherits-removed--config",
        "profile-inherits-removed--config-above",
        "profile-inherits-removed--config-inherits",
    ),
    tool_says="profile `nightly` inherits from `ci`, but that profile is not defined",
)
INHERITS_CYCLE = RuleInfo(
    id=RuleId("profile-inherits-cycle"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="Two changes each let a profile inherit from another one; together the profiles form a circle.",
    explanation="`cargo metadata` does not look at it, but no build of any profile works any more.",
    settles="One of the profiles has to inherit from `dev` or `release`.",
    fixtures=("profile-inherits-cycle",),
    tool_says="profile inheritance loop detected with profile `p2` inheriting `p1`",
)
OVERRIDE_SAME = RuleInfo(
    id=RuleId("profile-override-same-package"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="Both sides override one package in a profile, spelled in two ways.",
    explanation=(
        '`[profile.dev.package.opt]` and `[profile.dev.package."opt@0.1.0"]` are two keys and may be one package; '
        "then no build of that profile works. Different versions are different packages."
    ),
    settles="Fold both tables into one.",
    fixtures=("profile-override-same-package",),
    tool_says="multiple package overrides in profile `dev` match package `opt v0.1.0`",
)
OVERRIDE_UNMATCHED = RuleInfo(
    id=RuleId("profile-override-unmatched"),
    family=Family.WORKSPACE,
    severity=Severity.MINOR,
    summary="One side removes or renames a crate of the workspace that the other side overrides in a profile.",
    explanation=(
        "Cargo only warns, and the settings are without effect. Packages from elsewhere are not looked at: another "
        "dependency may still bring them."
    ),
    settles="Drop the override, or name the crate as it is called now.",
    fixtures=("profile-override-unmatched",),
    tool_says="warning: profile package spec `opt` in profile `dev` did not match any packages",
)


@path_rule(SCALAR_BOTH, profile=CARGO, needs=disputed_by(ClashReason.BOTH_CHANGED))
def profile_scalar_both(case: PathCase) -> Iterator[Hit]:
    """Report settings of profiles."""
    for one in disputed_by(ClashReason.BOTH_CHANGED)(case):
        if one.key[0] == "profile" and not one.both_added and not is_claimed(case, one.key):
            yield hit(SCALAR_BOTH.id, case, one.key, both_did(one))


@workspace_rule(INHERITS_REMOVED)
def profile_inherits_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Profiles that others inherit from."""
    for found in _without_parent(view):
        name, inheriting = found.definition.symbol.name[1], found.reference.key[1]
        message = (
            f"{{left}} removes the profile {named(name)}; {{right}} inherits from it in "
            f"{key_named(found.reference.key[:2])} of {named(found.reference.path)}."
        )
        in_settings = _is_settings(found.reference.path)
        if in_settings:
            message = f"{message[:-1]}: `--profile {inheriting}` fails."
        told = dangling_hit(INHERITS_REMOVED, view, found, message, f"Restore [profile.{name}].")
        # Cargo's settings are read for the profile that is built with, a manifest whenever it is loaded.
        yield replace(told, hit=replace(told.hit, severity=Severity.MAJOR)) if in_settings else told


def _without_parent(view: WorkspaceView) -> Iterator[Dangling]:
    """Yield profiles (right) whose parent the left side takes away, from a manifest or from cargo's settings."""
    changed = view.index.changed(Kind.PROFILE)
    removed = {symbol.name[1] for symbol in changed if view.removable(changed[symbol])}
    for symbol, uses in view.index.uses.items() if removed else ():
        if symbol.kind != Kind.PROFILE or symbol.name[1] not in removed:
            continue
        directory, name = symbol.name
        definitions = dict(view.index.definitions.get(symbol, {}))
        for above in ancestors(directory):
            others = view.index.definitions.get(Symbol(Kind.PROFILE.value, (above, name)), {})
            definitions.update((one, standing) for one, standing in others.items() if _is_settings(one.path))
        for use in uses if reads_root_tables(view, directory) else ():
            for found, _ in view.missing(use.reference, use.needs, definitions):
                yield found


def _is_settings(path: TreePath) -> bool:
    return profile_for(path) is CARGO_CONFIG


@workspace_rule(INHERITS_CYCLE)
def profile_inherits_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """The graph of what inherits from what."""
    edges: dict[Edge, list[Atom]] = {}
    for symbol, uses in view.index.uses.items():
        if symbol.kind != Kind.PROFILE or not reads_root_tables(view, symbol.name[0]):
            continue
        where = f"{symbol.name[0]}: " if symbol.name[0] else ""
        for use in uses:
            reference = use.reference
            place = Place(reference.path, reference.key, reference.value)
            edge = (where + reference.key[1], where + symbol.name[1])
            edges.setdefault(edge, []).append(Atom(use.standing, place))
    for cycle in new_cycles(view.relation, view.everywhere, edges):
        yield cycle_hit(INHERITS_CYCLE, cycle, "The profiles inherit from each other in a circle: ")


@workspace_rule(OVERRIDE_SAME)
def profile_override_same_package(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Specifications that one package can match."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for symbol in view.index.of_kind(Kind.OVERRIDE) if view.index.changed(Kind.OVERRIDE) else ():
        directory, profile, spec = symbol.name
        groups.setdefault((directory, profile, spec_name(spec)), []).append(spec)
    for (directory, profile, package), specs in groups.items():
        for one, other in combinations(specs, 2) if reads_root_tables(view, directory) else ():
            if not _may_be_one(one, other) or not _may_be_there(view, package, (one, other)):
                continue
            ones, others = (
                [Claim((atom,)) for atom in view.atoms(Kind.OVERRIDE, directory, profile, spec)]
                for spec in (one, other)
            )
            message = (
                f"In the profile {named(profile)}, {{left}} overrides {named(one)} and {{right}} {named(other)}: "
                f"both are {named(package)}."
            )
            for found in encounters(view, ones, others):
                merged = {
                    setting: value
                    for deed in found.deeds
                    for setting, value in (deed.place.shown.items() if isinstance(deed.place.shown, dict) else ())
                }
                key = ("profile", profile, "package", max(one, other, key=len))
                yield combined_hit(OVERRIDE_SAME, found.answer, found.deeds, message, proposed(CARGO, key, merged))


@workspace_rule(OVERRIDE_UNMATCHED)
def profile_override_unmatched(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Overrides of crates of this tree."""
    ours = {symbol.name[1] for symbol in view.index.changed(Kind.PACKAGE)}
    for found in view.dangling(Kind.KNOWN_PACKAGE):
        name = found.definition.symbol.name[0]
        if name in ours and reads_root_tables(view, directory_of(found.reference.path)):
            profile = found.reference.key[1]
            message = (
                f"{{left}} leaves no package {named(name)}; {{right}} overrides it in the profile {named(profile)} "
                f"of {named(found.reference.path)}."
            )
            yield dangling_hit(OVERRIDE_UNMATCHED, view, found, message, "Drop the override.")


def _may_be_one(one: str, other: str) -> bool:
    """Return whether a package can match both specifications, which name the same package."""
    return _meet(_version(one), _version(other))


def _may_be_there(view: WorkspaceView, package: str, specs: tuple[str, ...]) -> bool:
    """Return whether there can be a version of ``package`` that all of ``specs`` match.

    Of the crates of the tree the versions are known, unless somebody asks for one of that name from elsewhere.
    """
    needs = view.shared(Needs)
    places = [symbol.name[0] for symbol in view.index.of_kind(Kind.PACKAGE) if symbol.name[1] == package]
    if any(need.local is None for need in needs.by_package.get(package, ())):
        return True
    versions = [version for place in places for version, _ in needs.fields(place, "version")]
    return not versions or any(all(_meet(_version(spec), version) for spec in specs) for version in versions)


def _version(spec: str) -> str:
    return spec.rpartition("#")[2].replace(":", "@").partition("@")[2]


def _meet(one: str, other: str) -> bool:
    """Return whether a version can begin as both say; nothing said is everything."""
    return not (one and other) or all(mine == its for mine, its in zip(one.split("."), other.split("."), strict=False))
