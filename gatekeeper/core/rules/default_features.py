"""Default features that one side turns off and the other side brings back."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.combination import Deed, Question
from gatekeeper.core.default_features import OptOut, opt_outs
from gatekeeper.core.names import RuleId, Severity, format_key
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, named
from gatekeeper.core.symbols import Kind
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

REFUSED = RuleInfo(
    id=RuleId("dep-inherit-default-features-2024"),
    family=Family.DEPENDENCIES,
    severity=Severity.CRITICAL,
    summary="An inherited dependency opts out of default features that the shared entry has on, in edition 2024.",
    explanation=(
        "`{ workspace = true, default-features = false }` works only where the entry in [workspace.dependencies] has "
        "turned the default features off too. Up to edition 2021 cargo warns and leaves them on; from edition 2024 on "
        "it refuses the manifest. One side brings the edition, or the shared entry's defaults; the other the opt-out."
    ),
    settles="Set `default-features = false` in [workspace.dependencies], and turn them on where they are wanted.",
    fixtures=("dep-inherit-default-features-2024", "dep-inherit-default-features-2024--shared-edition"),
    tool_says="`default-features = false` cannot override workspace's `default-features`",
)
IGNORED = RuleInfo(
    id=RuleId("dep-inherit-default-features-2021"),
    family=Family.DEPENDENCIES,
    severity=Severity.MINOR,
    summary="An inherited dependency opts out of default features that the other side turns on in the shared entry.",
    explanation=(
        "Up to edition 2021 cargo only warns that it ignores `default-features = false` beside `workspace = true` "
        "where the shared entry has the default features on: they are on."
    ),
    settles="Set `default-features = false` in [workspace.dependencies], and turn them on where they are wanted.",
    fixtures=("dep-inherit-default-features-2021",),
    tool_says=(
        "`default-features` is ignored for opt, since `default-features` was not specified for "
        "`workspace.dependencies.opt`, this could become a hard error in the future"
    ),
)
DEFEATED = RuleInfo(
    id=RuleId("feature-unification-defeats-opt-out"),
    family=Family.FEATURES,
    severity=Severity.MAJOR,
    summary="One side turns off a crate's default features for all its users; the other adds a user with them.",
    explanation=(
        "Cargo builds a crate once for the whole workspace, with every feature that anybody asks for. One user with "
        "default features turns them on again for all the others, and nothing says so. Compared are normal "
        "dependencies on the same directory, repository or compatible version."
    ),
    settles="Opt out in the new user too; an entry in [workspace.dependencies] does it once for all.",
    fixtures=("feature-unification-defeats-opt-out",),
)


@workspace_rule(REFUSED)
def dep_inherit_default_features_2024(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Opt-outs that edition 2024 refuses."""
    for one in view.shared(opt_outs):
        for answer in one.question.ask(view.relation, one.refused, one.deciding):
            deeds = one.question.deeds(answer, one.deciding, one.anything)
            if deeds is not None:
                yield combined_hit(REFUSED, answer, deeds, _message(one, deeds, "refuses"), _proposal(one))


@workspace_rule(IGNORED)
def dep_inherit_default_features_2021(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Opt-outs that older editions ignore."""
    for one in view.shared(opt_outs):
        for answer in one.question.ask(view.relation, one.ignored, one.defaults):
            deeds = one.question.deeds(answer, one.deciding, one.anything)
            if deeds is not None:
                yield combined_hit(IGNORED, answer, deeds, _message(one, deeds, "ignores"), _proposal(one))


def _message(one: OptOut, deeds: tuple[Deed, Deed], verdict: str) -> str:
    left, right = (f"edits {named(format_key(deed.place.key))} in {named(deed.place.path)}" for deed in deeds)
    return (
        f"{{left}} {left}, {{right}} {right}: together, {named(one.path)} opts out of the default features of "
        f"{named(one.name)}, which are on in [workspace.dependencies], and cargo {verdict} that."
    )


def _proposal(one: OptOut) -> str:
    return f"Set `default-features = false` for {named(one.name)} in [workspace.dependencies]."


@workspace_rule(DEFEATED)
def feature_unification_defeats_opt_out(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Packages that one side's users want without default features, all of them."""
    for symbol in sorted(view.index.changed(Kind.WITHOUT_DEFAULTS)):
        question = Question(view.everywhere)
        without = question.any_of(view.atoms(Kind.WITHOUT_DEFAULTS, *symbol.name))
        wanting = question.any_of(view.atoms(Kind.WITH_DEFAULTS, *symbol.name))

        def fault(bits: int, without: int = without, wanting: int = wanting) -> bool:
            return bool(bits & without and bits & wanting)

        for answer in question.ask(view.relation, fault, without):
            deeds = question.deeds(answer, without, wanting)
            # Two new users who want it differently have no opt-out to defeat.
            if deeds is not None and deeds[1].added and answer.base_bits & wanting:
                yield combined_hit(DEFEATED, answer, deeds, _defeated(deeds), _opted_out(deeds))


def _defeated(deeds: tuple[Deed, Deed]) -> str:
    off, on = deeds[0].place, deeds[1].place
    return (
        f"{{left}} turns off the default features of {named(off.key[-1])} wherever it is used, as in "
        f"{named(off.path)}; {{right}} starts to use it with them in {named(on.path)}, which turns them on for all."
    )


def _opted_out(deeds: tuple[Deed, Deed]) -> str:
    place = deeds[1].place
    return f"Set `default-features = false` for {named(place.key[-1])} in {named(place.path)}."
