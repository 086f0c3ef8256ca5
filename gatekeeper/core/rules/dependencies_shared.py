"""Entries of workspace.dependencies that one side changes while the other side's crate inherits or adds one."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.bits import union
from gatekeeper.core.combination import Question
from gatekeeper.core.crate_moves import CrateMoves
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, dangling_hit, named, use_atom
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.tree_paths import directory_of
from gatekeeper.core.workspace_view import Dangling, WorkspaceHit, WorkspaceView

_INHERITS = frozenset({How.INHERITED, How.DEV_INHERITED})

OPTIONAL = RuleInfo(
    id=RuleId("dep-workspace-optional"),
    family=Family.DEPENDENCIES,
    severity=Severity.CRITICAL,
    summary="One side marks a shared dependency of the workspace optional, which the other side's crate inherits.",
    explanation=(
        "Only a crate can say that a dependency is optional for it. Cargo 1.95 refuses such an entry whether or not "
        "anybody inherits it, so this change stops every command alone; with the other side's crate on top, taking it "
        "back is not enough any more: whoever inherits the entry has to be asked whether it is optional there."
    ),
    settles="Take `optional` out of [workspace.dependencies], and write it where the entry is inherited.",
    fixtures=("dep-workspace-optional",),
    tool_says="opt2 is optional, but workspace dependencies cannot be optional",
)
DANGLING = RuleInfo(
    id=RuleId("dep-workspace-dangling-unused"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side deletes a crate to which the other side adds an entry in [workspace.dependencies].",
    explanation=(
        "Cargo looks at an entry when somebody inherits it, and nobody does so far: every command succeeds, and the "
        "next crate that takes the entry up fails, long after both changes have landed."
    ),
    settles="Take the entry out, or restore the crate.",
    fixtures=("dep-workspace-dangling-unused", "dep-workspace-dangling-unused--moved"),
)


@workspace_rule(OPTIONAL)
def dep_workspace_optional(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Entries with `optional` that somebody inherits."""
    for symbol in sorted(view.index.changed(Kind.SHARED_OPTIONAL)):
        uses = [use for use in view.uses(Kind.WORKSPACE_DEPENDENCY, *symbol.name) if use.reference.how in _INHERITS]
        question = Question(view.everywhere)
        optional = question.any_of(view.atoms(Kind.SHARED_OPTIONAL, *symbol.name))
        inherits = question.any_of(map(use_atom, uses))

        def fault(bits: int, optional: int = optional, inherits: int = inherits) -> bool:
            return bool(bits & optional and bits & inherits)

        for answer in question.ask(view.relation, fault, optional):
            deeds = question.deeds(answer, optional, inherits)
            if deeds is not None:
                name = symbol.name[1]
                message = (
                    f"{{left}} makes {named(name)} optional in [workspace.dependencies]; "
                    f"{{right}} inherits it in {named(deeds[1].place.path)}."
                )
                proposal = f"{name} = {{ workspace = true, optional = true }}"
                yield combined_hit(OPTIONAL, answer, deeds, message, proposal)


@workspace_rule(DANGLING)
def dep_workspace_dangling_unused(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Entries that lead to a directory without a crate, and that nobody inherits: those are told of elsewhere."""
    moves = view.shared(CrateMoves)
    for found in view.dangling(Kind.MANIFEST):
        if found.reference.how != How.SHARED_PATH:
            continue
        name = found.reference.key[-1]
        uses = view.uses(Kind.WORKSPACE_DEPENDENCY, directory_of(found.reference.path), name)
        using = union(use.standing.agents for use in uses)
        left, right = found.left & ~using, found.right & ~using
        directory = found.definition.symbol.name[0]
        for moved_to, agents in moves.split(directory, left) if left and right else ():
            deed = "deletes" if moved_to is None else f"moves to {named(moved_to)}"
            message = (
                f"{{left}} {deed} the crate in {named(directory)}; {{right}} adds {named(name)} to "
                "[workspace.dependencies], which leads there."
            )
            proposal = f"Take {named(name)} out of [workspace.dependencies]."
            if moved_to is not None:
                proposal = f"Point {named(name)} at {named(moved_to)}."
            narrowed = Dangling(found.definition, found.reference, agents, right)
            yield dangling_hit(DANGLING, view, narrowed, message, proposal)
