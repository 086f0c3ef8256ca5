"""Features and optional dependencies of one name."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.combination import Atom, Question
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, named, use_atom
from gatekeeper.core.schema import CARGO
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.toml_text import proposed
from gatekeeper.core.tree_paths import directory_of
from gatekeeper.core.values import strings
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

KEY_VS_NEW = RuleInfo(
    id=RuleId("feature-key-vs-new-optional-dep"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary="One side defines a feature, the other adds an optional dependency of the same name.",
    explanation=(
        "Each is fine alone: an optional dependency is a feature by itself. Together the defined feature takes the "
        "place of that one, nothing turns the dependency on any more, and cargo refuses the manifest."
    ),
    settles="Let the feature, or another one, turn the dependency on with `dep:`, if that is what is meant by it.",
    fixtures=("feature-key-vs-new-optional-dep", "feature-key-vs-new-optional-dep--last-use-removed"),
    tool_says="optional dependency `opt` is not included in any feature",
)


@workspace_rule(KEY_VS_NEW)
def feature_key_vs_new_optional_dep(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Optional dependencies that have neither a feature of their own nor one that names them."""
    changed = {s.name for kind in (Kind.OPTIONAL_DEPENDENCY, Kind.FEATURE) for s in view.index.changed(kind)}
    for name in sorted(changed):
        optional = view.atoms(Kind.OPTIONAL_DEPENDENCY, *name)
        features = [atom for atom in view.atoms(Kind.FEATURE, *name) if atom.place.key[:1] == ("features",)]
        if optional and features:
            yield from _without_use(view, name[1], Question(view.everywhere), optional, features)


def _without_use(
    view: WorkspaceView, name: str, question: Question, optional: list[Atom], features: list[Atom]
) -> Iterator[WorkspaceHit]:
    directory = directory_of(optional[0].place.path)
    uses = [
        *(use for use in view.uses(Kind.OPTIONAL_DEPENDENCY, directory, name) if use.reference.how == How.DEP),
        *(use for use in view.uses(Kind.DEPENDENCY, directory, name) if use.reference.how == How.SLASH),
    ]
    there, defined = question.any_of(optional), question.any_of(features)
    used = question.any_of(use_atom(use) for use in uses)

    def fault(bits: int) -> bool:
        return bool(bits & there and bits & defined) and not bits & used

    for answer in question.ask(view.relation, fault, there | used):
        deeds = question.deeds(answer, there | used, defined)
        if deeds is not None:
            path, shown = deeds[1].place.path, deeds[1].place.shown
            deed = "adds the optional dependency" if deeds[0].added else "takes out what turns on the dependency"
            message = (
                f"{{left}} {deed} {named(name)} in {named(path)}; {{right}} defines a feature of that name, which "
                "does not turn it on."
            )
            proposal = proposed(CARGO, ("features", name), [f"dep:{name}", *strings(shown)])
            yield combined_hit(KEY_VS_NEW, answer, deeds, message, proposal)
