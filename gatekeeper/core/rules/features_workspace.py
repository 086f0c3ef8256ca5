"""Features and optional dependencies that one side takes away and the other side starts to use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import dangling_hit, named
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.workspace_view import Dangling, WorkspaceHit, WorkspaceView

_NO_FEATURE = "feature `f6` includes `f2` which is neither a dependency nor another feature"

REF_REMOVED = RuleInfo(
    id=RuleId("feature-ref-removed"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary="One side removes or renames a feature that the other side lists in another feature of the same crate.",
    explanation=(
        "The two edits are lines apart, so git merges them. The crate then lists a feature that does not exist, and "
        "cargo refuses to load its manifest, and with it the whole workspace."
    ),
    settles="Keep the feature, or let the new list name what replaces it.",
    fixtures=("feature-ref-removed",),
    tool_says=_NO_FEATURE,
)

IMPLICIT_MISSING = RuleInfo(
    id=RuleId("feature-implicit-missing-dep"),
    family=Family.FEATURES,
    severity=Severity.CRITICAL,
    summary="One side drops an optional dependency whose implicit feature the other side starts to list.",
    explanation=(
        "An optional dependency is also a feature of the same name. With the dependency gone, the entry in the other "
        "side's feature stands for nothing, and cargo refuses the manifest."
    ),
    settles="Restore the dependency, or drop the entry from the feature.",
    fixtures=("feature-implicit-missing-dep",),
    tool_says="feature `f2` includes `opt` which is neither a dependency nor another feature",
)

COLON_MISSING = RuleInfo(
    id=RuleId("feature-dep-colon-missing"),
    family=Family.FEATURES,
    severity=Severity.CRITICAL,
    summary="One side drops an optional dependency that the other side's feature turns on with `dep:`.",
    explanation="`dep:x` needs an optional dependency `x` in some dependency table of the same manifest.",
    settles="Restore the dependency, or drop the entry from the feature.",
    fixtures=("feature-dep-colon-missing",),
    tool_says="feature `f2` includes `dep:opt`, but `opt` is not listed as a dependency",
)

SLASH_MISSING = RuleInfo(
    id=RuleId("feature-slash-missing-dep"),
    family=Family.FEATURES,
    severity=Severity.CRITICAL,
    summary="One side drops a dependency whose feature the other side's feature turns on with `dependency/feature`.",
    explanation=(
        "This is what is left when a crate is excluded from the workspace and the dependency on it is commented out, "
        "while another branch builds a feature on top of it."
    ),
    settles="Restore the dependency, or drop the entry from the feature.",
    fixtures=("feature-slash-missing-dep",),
    tool_says="feature `f2` includes `opt/x`, but `opt` is not a dependency",
)

IMPLICIT_HIDDEN = RuleInfo(
    id=RuleId("feature-implicit-hidden"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary="One side's `dep:x` takes away the implicit feature `x` that the other side starts to list.",
    explanation="As soon as any feature names `dep:x`, the optional dependency stops being a feature by itself.",
    settles='Write `dep:x` in the other feature too, or define a feature `x = ["dep:x"]`.',
    fixtures=("feature-implicit-hidden",),
    tool_says="feature `f2` includes `opt`, but `opt` is an optional dependency without an implicit feature",
)

MADE_REQUIRED = RuleInfo(
    id=RuleId("feature-dep-made-required"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary="One side makes a dependency required, or a dev-dependency; the other side's feature turns it on.",
    explanation="Only optional dependencies can be turned on by a feature.",
    settles="Drop the entry, which is of no use for a required dependency, or keep the dependency optional.",
    fixtures=("feature-dep-made-required",),
    tool_says="feature `f2` includes `dep:opt`, but `opt` is not an optional dependency",
)

DOWNSTREAM = RuleInfo(
    id=RuleId("feature-removed-downstream"),
    family=Family.FEATURES,
    severity=Severity.CRITICAL,
    summary="One side removes a feature of a crate that the other side starts to ask for in a dependent crate.",
    explanation=(
        "The two edits are in two files, so git has nothing to say. Cargo cannot resolve the workspace any more: the "
        "dependent crate asks for a feature that the crate does not have."
    ),
    settles="Restore the feature, or stop asking for it.",
    fixtures=("feature-removed-downstream", "feature-removed-downstream--inherited"),
    tool_says="package `b` depends on `a` with feature `f2` but `a` does not have that feature.",
)


@workspace_rule(REF_REMOVED)
def feature_ref_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Explicit features."""
    for found in _same_crate(view, Kind.FEATURE, How.NAME):
        if _explicit(found):
            yield _entry_hit(REF_REMOVED, view, found, "removes the feature")


@workspace_rule(IMPLICIT_MISSING)
def feature_implicit_missing_dep(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Features that are there because an optional dependency is."""
    for found in _same_crate(view, Kind.FEATURE, How.NAME):
        if not _explicit(found) and Kind.DEPENDENCY not in found.remaining:
            yield _entry_hit(IMPLICIT_MISSING, view, found, "removes the optional dependency")


@workspace_rule(COLON_MISSING)
def feature_dep_colon_missing(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``dep:x`` without any ``x``."""
    for found in _same_crate(view, Kind.OPTIONAL_DEPENDENCY, How.DEP):
        if Kind.DEPENDENCY not in found.remaining:
            yield _entry_hit(COLON_MISSING, view, found, "removes the optional dependency")


@workspace_rule(SLASH_MISSING)
def feature_slash_missing_dep(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``x/f`` and ``x?/f`` without any ``x``."""
    for found in _same_crate(view, Kind.DEPENDENCY, How.SLASH):
        yield _entry_hit(SLASH_MISSING, view, found, "removes the dependency")


@workspace_rule(IMPLICIT_HIDDEN)
def feature_implicit_hidden(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """The dependency is still optional, its feature is not there."""
    for found in _same_crate(view, Kind.FEATURE, How.NAME):
        if not _explicit(found) and Kind.OPTIONAL_DEPENDENCY in found.remaining:
            yield _entry_hit(IMPLICIT_HIDDEN, view, found, "hides the implicit feature of the optional dependency")


@workspace_rule(MADE_REQUIRED)
def feature_dep_made_required(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """The dependency is still there, but not optional."""
    required = frozenset({Kind.DEPENDENCY})
    for found in _same_crate(view, Kind.FEATURE, How.NAME):
        if not _explicit(found) and found.remaining == required:
            yield _entry_hit(MADE_REQUIRED, view, found, "no longer has the optional dependency")
    for found in _same_crate(view, Kind.OPTIONAL_DEPENDENCY, How.DEP):
        if found.remaining == required:
            yield _entry_hit(MADE_REQUIRED, view, found, "no longer has the optional dependency")


@workspace_rule(DOWNSTREAM)
def feature_removed_downstream(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Features asked for through a path dependency, directly or by way of workspace.dependencies."""
    for found in view.dangling(Kind.FEATURE):
        if found.reference.how == How.NAME:
            continue
        directory, feature = found.reference.symbol.name[0], found.definition.symbol.name[1]
        crate = found.definition.symbol.name[0] or directory
        why = "removes it" if _explicit(found) else "changes the optional dependency that it came from"
        message = (
            f"{{right}} asks for the feature {named(feature)} of the crate in {named(crate)}, "
            f"in {named(found.reference.path)}; {{left}} {why}."
        )
        # Every crate can do without a default feature: an empty one settles it without a decision about code.
        proposal = "Keep `default = []`." if feature == "default" else None
        hit = dangling_hit(DOWNSTREAM, view, found, message, proposal)
        yield replace(hit, hit=replace(hit.hit, severity=Severity.MAJOR)) if proposal else hit


def _same_crate(view: WorkspaceView, kind: Kind, how: How) -> Iterator[Dangling]:
    return (found for found in view.dangling(kind) if found.reference.how == how)


def _explicit(found: Dangling) -> bool:
    return found.definition.key[:1] == ("features",)


def _entry_hit(info: RuleInfo, view: WorkspaceView, found: Dangling, deed: str) -> WorkspaceHit:
    name, feature = found.definition.symbol.name[1], found.reference.key[-1]
    message = (
        f"{{left}} {deed} {named(name)} of {named(found.definition.path)}; "
        f"{{right}} lists {named(found.reference.value)} in the feature {named(feature)}."
    )
    return dangling_hit(info, view, found, message)
