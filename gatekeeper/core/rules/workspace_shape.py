"""What belongs to the workspace when its lists change under new crates and new files."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.crate_contents import reordered_under_tasks
from gatekeeper.core.names import RuleId, Severity, TreePath
from gatekeeper.core.rules.model import Family, Hit, HitSide, RuleInfo
from gatekeeper.core.rules.registry import Sees, workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, named
from gatekeeper.core.tree_paths import join
from gatekeeper.core.workspace_shape import included_in_vain, left_behind, nested_roots, unlisted
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

_NOT_IN_IT = "error: current package believes it's in a workspace when it's not:"

GLOB_TO_EXPLICIT = RuleInfo(
    id=RuleId("ws-glob-to-explicit-vs-new-crate"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side takes a glob out of `members` that would have made the other side's new crate a member.",
    explanation=(
        "The list that took the glob's place names the crates of its day. The build of the workspace leaves the new "
        "crate out without a word; in its directory no cargo command works. A crate on which a member depends is a "
        "member all the same."
    ),
    settles="Add the crate to the list.",
    fixtures=("ws-glob-to-explicit-vs-new-crate", "ws-glob-to-explicit-vs-new-crate--used-outside"),
    tool_says=_NOT_IN_IT,
)
NESTED_ROOT = RuleInfo(
    id=RuleId("ws-nested-root"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side gives a crate a `[workspace]` of its own, the other makes it a member of the one around it.",
    explanation=(
        "A workspace holds one root. Cargo refuses it, whichever crate is built. What a member depends on by path is a "
        "member as well, listed or not."
    ),
    settles="Exclude the crate from the outer workspace and take it out of `members`, or take its `[workspace]` away.",
    fixtures=("ws-nested-root", "ws-nested-root--path-dependency", "ws-nested-root--listed-by-name"),
    tool_says="error: multiple workspace roots found in the same workspace:",
)
EXCLUDE_DEFEATED = RuleInfo(
    id=RuleId("ws-exclude-defeated-by-prefix"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side excludes a crate in the directory of another one, which the other side comes to list by name.",
    explanation=(
        "`exclude` has no effect below a directory that `members` names; below one that only a glob matches it has. "
        "The inner crate is then neither a member nor excluded, and no cargo command works in its directory."
    ),
    settles="Give the inner crate an empty `[workspace]` table.",
    fixtures=("ws-exclude-defeated-by-prefix",),
    tool_says=_NOT_IN_IT,
)
RENAMED_VS_ADDED = RuleInfo(
    id=RuleId("ws-crate-renamed-vs-file-added"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side moves a crate to another directory, the other side adds a file at its old place.",
    explanation=(
        "Git reports the file and suggests the new directory for it. At the old place it would be in no crate, and "
        "where a glob in `members` matches that directory, cargo would miss a manifest there."
    ),
    settles="Put the file where git suggests.",
    fixtures=("ws-crate-renamed-vs-file-added", "ws-crate-renamed-vs-file-added--package-too"),
    tool_says="CONFLICT (file location)",
)
ORDER_VS_FLOW = RuleInfo(
    id=RuleId("ws-members-order-vs-make-flow"),
    family=Family.WORKSPACE,
    severity=Severity.MINOR,
    summary="One side puts the members of the workspace into another order, the other runs a cargo-make task in each.",
    explanation=(
        "For cargo `members` is a set. A task with `workspace = true` is run in one member after the other, in the "
        "order of that list. Members that are only added are no change of order."
    ),
    settles="Keep the old order, if the task depends on it.",
    fixtures=(
        "ws-members-order-vs-make-flow",
        "ws-members-order-vs-make-flow--by-default",
    ),
)


@workspace_rule(GLOB_TO_EXPLICIT)
def ws_glob_to_explicit_vs_new_crate(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Crates that no list names and on which no member depends."""
    for directory, answer, deeds in unlisted(view):
        crate, glob = named(directory), named(str(deeds[0].place.shown))
        message = (
            f"{{left}} takes the glob {glob} out of `members`; {{right}} adds the crate in {crate}, "
            "which is no member then."
        )
        yield combined_hit(GLOB_TO_EXPLICIT, answer, deeds, message, f"Add {crate} to `members`.")


@workspace_rule(NESTED_ROOT)
def ws_nested_root(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Roots that an outer workspace lists, or to which a path dependency of its members leads."""
    for (directory, answer, deeds), is_named in nested_roots(view):
        crate = named(directory)
        message = (
            f"{{left}} makes {crate} the root of a workspace; {{right}} makes it a member of the one around it, "
            f"in {named(deeds[1].place.path)}."
        )
        proposal = f"Add {crate} to `exclude` of the outer workspace."
        if is_named:
            proposal = f"Take {crate} out of `members` of the outer workspace: `exclude` has no effect on it there."
        yield combined_hit(NESTED_ROOT, answer, deeds, message, proposal)


@workspace_rule(EXCLUDE_DEFEATED)
def ws_exclude_defeated_by_prefix(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Crates below a member that is spelled out."""
    for directory, answer, deeds in included_in_vain(view):
        crate, member = named(directory), named(str(deeds[0].place.shown))
        message = (
            f"{{left}} lists {member} in `members` by name; {{right}} excludes {crate} in it, without effect then."
        )
        yield combined_hit(EXCLUDE_DEFEATED, answer, deeds, message, f"Give {crate} an empty `[workspace]` table.")


@workspace_rule(RENAMED_VS_ADDED)
def ws_crate_renamed_vs_file_added(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Files that are new in the old directory of a crate."""
    for found in left_behind(view):
        new_path = TreePath(join(found.new_directory, found.path.removeprefix(f"{found.directory}/")))
        message = (
            f"{{left}} moves the crate in {named(found.directory)} to {named(found.new_directory)}; "
            f"{{right}} adds {named(found.path)}."
        )
        hit = Hit(
            RENAMED_VS_ADDED.id,
            (),
            HitSide(new_path, ()),
            HitSide(found.path, ()),
            message,
            f"Put the new file to {named(new_path)}.",
        )
        yield WorkspaceHit(hit, found.left, found.right)


@workspace_rule(ORDER_VS_FLOW, sees=Sees.TASKS)
def ws_members_order_vs_make_flow(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Tasks of the makefile beside the workspace's root."""
    for found in reordered_under_tasks(view):
        tasks = ", ".join(map(named, found.tasks))
        task = f"the task{'s' if found.tasks[1:] else ''} {tasks}"
        message = f"{{left}} changes the order of `members`; {{right}} runs {task} in each of them."
        left = HitSide(found.order.path, found.order.key)
        right = HitSide(found.flow.path, found.flow.key, after=found.flow.shown)
        yield WorkspaceHit(Hit(ORDER_VS_FLOW.id, left.key, left, right, message), found.left, found.right)
