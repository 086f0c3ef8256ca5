"""Entries of workspace.dependencies that cargo refuses, or that the other side leaves without their crate."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.bits import union
from gatekeeper.core.crate_moves import CrateMoves
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.relation import TRUNK_BASE
from gatekeeper.core.rules.model import Family, Hit, HitSide, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import dangling_hit, named
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.tree_paths import directory_of, relative
from gatekeeper.core.workspace_view import Dangling, WorkspaceHit, WorkspaceView

OPTIONAL = RuleInfo(
    id=RuleId("dep-workspace-optional"),
    family=Family.DEPENDENCIES,
    severity=Severity.CRITICAL,
    summary="A branch marks a shared dependency of the workspace optional, which cargo refuses.",
    explanation=(
        "This is about one change alone: only a crate can say that a dependency is optional for it. Cargo 1.95 refuses "
        "such an entry in [workspace.dependencies] whether or not anybody inherits it, and landing it stops every "
        "command in the workspace."
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
    """Entries with `optional` that trunk does not have so."""
    for symbol in sorted(view.index.changed(Kind.SHARED_OPTIONAL)):
        name = symbol.name[1]
        message = f"{{left}} makes {named(name)} optional in [workspace.dependencies], and cargo refuses the workspace."
        proposal = f"{name} = {{ workspace = true, optional = true }}"
        for standing, (path, key, shown) in view.atoms(Kind.SHARED_OPTIONAL, *symbol.name):
            if standing.agents and not standing.bases & 1 << TRUNK_BASE:
                hit = Hit(OPTIONAL.id, key, HitSide(path, key, after=shown), None, message, proposal)
                yield WorkspaceHit(hit, standing.agents, 0)


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
                place = relative(directory_of(found.reference.path), moved_to)
                proposal = f"Point {named(name)} at {named(place)}."
            narrowed = Dangling(found.definition, found.reference, agents, right)
            yield dangling_hit(DANGLING, view, narrowed, message, proposal)
