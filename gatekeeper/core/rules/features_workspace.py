"""Features and optional dependencies that one side takes away and the other side starts to use."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.feature_entries import Cause, LostEntry, lost_entries
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import dangling_hit, named
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

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
    fixtures=("feature-dep-colon-missing", "feature-dep-colon-missing--two-entries"),
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

KEY_RENAMED = RuleInfo(
    id=RuleId("dep-key-renamed-vs-feature-ref"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side gives a dependency another key with `package`; the other side's feature goes by the old key.",
    explanation=(
        "A feature names a dependency by its key, not by its package. The crate is still there, but under a name that "
        "the new entry does not know, and cargo refuses the manifest."
    ),
    settles="Write the new key into the entry.",
    fixtures=(
        "dep-key-renamed-vs-feature-ref",
        "dep-key-renamed-vs-feature-ref--dep",
        "dep-key-renamed-vs-feature-ref--from-an-alias",
    ),
    tool_says="feature `f1` includes `opt/x`, but `opt` is not a dependency",
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
    summary="One side makes a dependency required; the other side's feature turns it on.",
    explanation="Only optional dependencies can be turned on by a feature.",
    settles="Drop the entry, which is of no use for a required dependency, or keep the dependency optional.",
    fixtures=("feature-dep-made-required",),
    tool_says="feature `f2` includes `dep:opt`, but `opt` is not an optional dependency",
)

MOVED_TO_DEV = RuleInfo(
    id=RuleId("dep-moved-to-dev-vs-feature"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side moves an optional dependency to dev-dependencies; the other side's feature turns it on.",
    explanation="Dev-dependencies are never optional, so no feature can turn one on, and cargo refuses the manifest.",
    settles="Keep the dependency optional where it was, or drop the entry from the feature.",
    fixtures=("dep-moved-to-dev-vs-feature", "dep-moved-to-dev-vs-feature--weak"),
    tool_says="feature `f2` includes `dep:opt`, but `opt` is not an optional dependency",
)

WEAK_ON_REQUIRED = RuleInfo(
    id=RuleId("feature-weak-on-required"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary="One side makes a dependency required; the other side's feature names it with `dependency?/feature`.",
    explanation="`opt?/x` means: if `opt` is there. For a dependency that always is, cargo refuses the question mark.",
    settles="Write `opt/x`.",
    fixtures=("feature-weak-on-required",),
    tool_says="feature `f2` includes `opt?/x` with a `?`, but `opt` is not an optional dependency",
)

_RULES = {
    Cause.FEATURE_REMOVED: REF_REMOVED,
    Cause.IMPLICIT_GONE: IMPLICIT_MISSING,
    Cause.DEPENDENCY_GONE: COLON_MISSING,
    Cause.SLASH_GONE: SLASH_MISSING,
    Cause.RENAMED: KEY_RENAMED,
    Cause.HIDDEN: IMPLICIT_HIDDEN,
    Cause.REQUIRED: MADE_REQUIRED,
    Cause.WEAK: WEAK_ON_REQUIRED,
    Cause.DEV: MOVED_TO_DEV,
}


def _register(cause: Cause, info: RuleInfo) -> None:
    @workspace_rule(info)
    def check(view: WorkspaceView) -> Iterator[WorkspaceHit]:
        for lost in view.shared(lost_entries):
            if lost.cause is cause:
                yield _entry_hit(info, view, lost)


for _cause, _info in _RULES.items():
    _register(_cause, _info)


def _entry_hit(info: RuleInfo, view: WorkspaceView, lost: LostEntry) -> WorkspaceHit:
    found = lost.found
    name, feature = found.definition.symbol.name[1], found.reference.key[-1]
    whither = f" to {named(lost.renamed)}" if lost.cause is Cause.RENAMED else ""
    items = " and ".join(map(named, lost.items))
    message = (
        f"{{left}} {lost.cause.value} {named(name)}{whither} of {named(found.definition.path)}; "
        f"{{right}} lists {items} in the feature {named(feature)}."
    )
    written = [(item, _written(lost, name, item)) for item in lost.items]
    instead = [f"{named(new)} in place of {named(item)}" for item, new in written if new is not None]
    return dangling_hit(info, view, found, message, f"Write {' and '.join(instead)}." if instead else None)


def _written(lost: LostEntry, name: str, item: str) -> str | None:
    """Return what would do in place of ``item``, if anything would."""
    if lost.cause is Cause.WEAK:
        return item.replace("?/", "/", 1)
    if lost.cause is Cause.HIDDEN:
        return f"dep:{item}"
    if lost.cause is Cause.FEATURE_REMOVED:
        return lost.renamed or None
    if lost.cause is not Cause.RENAMED:
        return None
    head, _, rest = item.partition(name)
    return f"{head or ('' if rest else 'dep:')}{lost.renamed}{rest}"
