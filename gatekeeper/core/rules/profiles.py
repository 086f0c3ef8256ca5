"""Profiles: what both sides set, what they inherit, and the packages that they override."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from gatekeeper.core.claims import Claim, encounters
from gatekeeper.core.combination import Atom, Place
from gatekeeper.core.cycles import Edge, new_cycles
from gatekeeper.core.identity_facts import spec_name
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import disputed_by, hit, is_claimed
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule, workspace_rule
from gatekeeper.core.rules.toml_text import named as key_named
from gatekeeper.core.rules.toml_text import proposed
from gatekeeper.core.rules.wording import both_did
from gatekeeper.core.rules.workspace_hits import combined_hit, cycle_hit, dangling_hit, named
from gatekeeper.core.schema import CARGO
from gatekeeper.core.symbols import Kind
from gatekeeper.core.value_merge import ClashReason

if TYPE_CHECKING:
    from gatekeeper.core.rules.model import Hit, PathCase
    from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

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
        "`.cargo/config.toml` count as well."
    ),
    settles="Restore the profile, or let the new one inherit from a profile that is built in.",
    fixtures=("profile-inherits-removed", "profile-inherits-removed--config"),
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
    for found in view.dangling(Kind.PROFILE):
        directory, name = found.definition.symbol.name
        if _is_read(view, directory):
            message = (
                f"{{left}} removes the profile {named(name)}; {{right}} inherits from it in "
                f"{key_named(found.reference.key[:2])} of {named(found.reference.path)}."
            )
            yield dangling_hit(INHERITS_REMOVED, view, found, message, f"Restore [profile.{name}].")


@workspace_rule(INHERITS_CYCLE)
def profile_inherits_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """The graph of what inherits from what."""
    edges: dict[Edge, list[Atom]] = {}
    for symbol, uses in view.index.uses.items():
        if symbol.kind != Kind.PROFILE or not _is_read(view, symbol.name[0]):
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
        for one, other in combinations(specs, 2) if _is_read(view, directory) else ():
            if not _may_be_one(one, other):
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
        if name in ours and _is_read(view, found.reference.path.rpartition("/")[0]):
            profile = found.reference.key[1]
            message = (
                f"{{left}} leaves no package {named(name)}; {{right}} overrides it in the profile {named(profile)} "
                f"of {named(found.reference.path)}."
            )
            yield dangling_hit(OVERRIDE_UNMATCHED, view, found, message, "Drop the override.")


def _is_read(view: WorkspaceView, directory: str) -> bool:
    """Return whether cargo reads the profiles of the manifest there: those of members it ignores."""
    return view.index.root_of(directory) in {None, directory}


def _may_be_one(one: str, other: str) -> bool:
    """Return whether a package can match both specifications, which name the same package."""
    versions = [spec.rpartition("#")[2].replace(":", "@").partition("@")[2].split(".") for spec in (one, other)]
    return [""] in versions or all(mine == its for mine, its in zip(*versions, strict=False))
