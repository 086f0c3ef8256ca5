"""Features that another crate, or a target of the same crate, asks for and that the other side takes away."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import dangling_hit, named
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.workspace_view import Dangling, WorkspaceHit, WorkspaceView

_FROM_ANOTHER_CRATE = frozenset({How.REQUESTED, How.INHERITED_FEATURE, How.SHARED_REQUEST})
_NOT_THERE = "package `b` depends on `a` with feature `f2` but `a` does not have that feature."

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
    fixtures=(
        "feature-removed-downstream",
        "feature-removed-downstream--inherited",
        "feature-removed-downstream--shared-entry",
        "feature-removed-downstream--moved-crate",
    ),
    tool_says=_NOT_THERE,
)

DEFAULT_REMOVED = RuleInfo(
    id=RuleId("feature-default-key-removed-downstream"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary="One side deletes a crate's `default` feature, which the other side's crate starts to ask for by name.",
    explanation=(
        "A crate without a `default` may be depended on with its defaults, but nobody may list `default` among the "
        "features: cargo cannot resolve the workspace. Every crate can do without defaults, so an empty one settles it."
    ),
    settles="Keep an empty `default`, or stop asking for it.",
    fixtures=("feature-default-key-removed-downstream",),
    tool_says="package `b` depends on `a` with feature `default` but `a` does not have that feature.",
)

HIDDEN_DOWNSTREAM = RuleInfo(
    id=RuleId("feature-implicit-hidden-downstream"),
    family=Family.FEATURES,
    severity=Severity.CRITICAL,
    summary="One side's `dep:x` hides the implicit feature `x` that the other side's crate starts to ask for.",
    explanation=(
        "As soon as any feature names `dep:x`, the optional dependency stops being a feature by itself, in this crate "
        "and for all that depend on it."
    ),
    settles='Define a feature `x = ["dep:x"]` in the crate.',
    fixtures=("feature-implicit-hidden-downstream",),
    tool_says='An optional dependency with that name exists, but that dependency uses the "dep:" syntax',
)

REQUIRED_DOWNSTREAM = RuleInfo(
    id=RuleId("feature-dep-required-vs-downstream"),
    family=Family.FEATURES,
    severity=Severity.CRITICAL,
    summary="One side makes a dependency required whose implicit feature the other side's crate starts to ask for.",
    explanation="Only an optional dependency is a feature; what is always there cannot be asked for.",
    settles="Stop asking for the feature, or define an empty one of that name.",
    fixtures=("feature-dep-required-vs-downstream",),
    tool_says="A required dependency with that name exists, but only optional dependencies can be used as features.",
)

REQUIRED_FEATURES = RuleInfo(
    id=RuleId("required-features-removed"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary="One side removes a feature that the other side lists in the `required-features` of a target.",
    explanation=(
        "Cargo only warns, and every command succeeds: the target can never be built any more, and nothing says so "
        "until somebody asks for it by name."
    ),
    settles="Let the target require what replaces the feature, or restore it.",
    fixtures=("required-features-removed",),
    tool_says="invalid feature `f2` in required-features of target `t`",
)


@workspace_rule(DOWNSTREAM)
def feature_removed_downstream(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Explicit features, and dependencies that are gone or for development only."""
    for found in _asked_from_outside(view, DOWNSTREAM):
        why = "removes it" if _explicit(found) else "changes the optional dependency that it came from"
        yield _hit(DOWNSTREAM, view, found, why)


@workspace_rule(DEFAULT_REMOVED)
def feature_default_key_removed_downstream(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """The one feature that an empty definition settles without a decision about code."""
    for found in _asked_from_outside(view, DEFAULT_REMOVED):
        yield _hit(DEFAULT_REMOVED, view, found, "removes it", "Keep `default = []`.")


@workspace_rule(HIDDEN_DOWNSTREAM)
def feature_implicit_hidden_downstream(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """The dependency is still optional, its feature is not there."""
    for found in _asked_from_outside(view, HIDDEN_DOWNSTREAM):
        feature = found.definition.symbol.name[1]
        proposal = f'Define `{feature} = ["dep:{feature}"]`.'
        yield _hit(HIDDEN_DOWNSTREAM, view, found, f"hides it with `dep:{feature}`", proposal)


@workspace_rule(REQUIRED_DOWNSTREAM)
def feature_dep_required_vs_downstream(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """The dependency is still there and not optional."""
    for found in _asked_from_outside(view, REQUIRED_DOWNSTREAM):
        yield _hit(REQUIRED_DOWNSTREAM, view, found, "makes the dependency that it came from required")


@workspace_rule(REQUIRED_FEATURES)
def required_features_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Features that a target of the same crate needs."""
    for found in view.dangling(Kind.FEATURE):
        if found.reference.how == How.REQUIRED_FEATURE:
            kind, target, _ = found.reference.key
            message = (
                f"{{left}} takes away the feature {named(found.reference.value)} of {named(found.definition.path)}; "
                f"{{right}} lets the {kind} target {named(target)} require it."
            )
            yield dangling_hit(REQUIRED_FEATURES, view, found, message)


def _asked_from_outside(view: WorkspaceView, info: RuleInfo) -> Iterator[Dangling]:
    """Yield the features asked for through a path dependency, by itself or by way of workspace.dependencies."""
    for found in view.dangling(Kind.FEATURE):
        if found.reference.how in _FROM_ANOTHER_CRATE and _rule_of(found) is info:
            yield found


def _rule_of(found: Dangling) -> RuleInfo:
    if _explicit(found):
        return DEFAULT_REMOVED if found.definition.symbol.name[1] == "default" else DOWNSTREAM
    if Kind.OPTIONAL_DEPENDENCY in found.remaining:
        return HIDDEN_DOWNSTREAM
    return REQUIRED_DOWNSTREAM if Kind.NON_DEV_DEPENDENCY in found.remaining else DOWNSTREAM


def _explicit(found: Dangling) -> bool:
    return found.definition.key[:1] == ("features",)


def _hit(info: RuleInfo, view: WorkspaceView, found: Dangling, why: str, proposal: str | None = None) -> WorkspaceHit:
    crate, feature = found.definition.symbol.name
    shared = " through [workspace.dependencies]" if found.reference.how == How.SHARED_REQUEST else ""
    message = (
        f"{{right}} asks for the feature {named(feature)} of the crate in {named(crate or '.')}{shared}, "
        f"in {named(found.reference.path)}; {{left}} {why}."
    )
    return dangling_hit(info, view, found, message, proposal)
