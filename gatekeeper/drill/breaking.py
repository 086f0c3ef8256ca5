"""The critical of a drill: one agent takes away what another one starts to rely on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gatekeeper.core.cargo_make_core import CORE_TASKS, KEPT_WITHOUT_CORE_TASKS
from gatekeeper.core.names import RuleId, Severity, TreePath
from gatekeeper.core.tree_paths import relative
from gatekeeper.drill.editing import Add, Drop, Edit, Put, Remove
from gatekeeper.drill.manifests import (
    DEPENDENCY_TABLES,
    Manifest,
    Manifests,
    Workspace,
    dependencies,
    directories_needed,
    workspaces,
)
from gatekeeper.drill.plants import Plant, Work

_LISTS = (("workspace", "members"), ("workspace", "default-members"))
_DEV = "dev-dependencies"
"""Crates may need each other in a circle here, so that any crate may come to need any other."""


def criticals(manifests: Manifests) -> Iterator[Plant]:
    """Yield what could be the critical: a member that goes, a shared dependency, or a task."""
    every = list(workspaces(manifests))
    for workspace in every:
        yield from _members(workspace)
    for workspace in every:
        yield from _shared_dependencies(workspace)
    for makefile in manifests.makefiles():
        yield from _tasks(makefile)


def _members(workspace: Workspace) -> Iterator[Plant]:
    crates = (workspace.root, *workspace.members)
    needed = {directory for crate in crates for directory in directories_needed(crate)}
    directories = {crate.directory for crate in crates}
    for gone in workspace.members:
        is_needed = gone.directory in needed or any(other.startswith(f"{gone.directory}/") for other in directories)
        if is_needed or not gone.directory or gone.package is None:
            continue
        for user in crates:
            named = {name for name, _ in dependencies(user)}
            if user is not gone and user.package is not None and gone.package not in named:
                yield _member(workspace, gone, user)
                break


def _member(workspace: Workspace, gone: Manifest, user: Manifest) -> Plant:
    drops: list[Edit] = [Drop(key, entry) for key in _LISTS for entry in workspace.spelled(gone, key)]
    key = (_DEV, gone.package or "")
    deletes = Work(
        f"deletes the crate {gone.package}",
        {workspace.root.path: tuple(drops)} if drops else {},
        deleted=(TreePath(gone.directory),),
    )
    uses = Work(
        f"lets {user.package} depend on it",
        {user.path: (Put(key, {"path": relative(user.directory, gone.directory)}),)},
    )
    return Plant(Severity.CRITICAL, RuleId("dep-path-crate-deleted"), gone.path, (), (deletes, uses))


def _shared_dependencies(workspace: Workspace) -> Iterator[Plant]:
    crates = [crate for crate in (workspace.root, *workspace.members) if crate.package is not None]
    uses = Counter(
        name
        for crate in crates
        for name, said in dependencies(crate)
        if isinstance(said, dict) and said.get("workspace") is True
    )
    shared = workspace.root.table("workspace", "dependencies")
    for name in sorted(shared, key=lambda name: uses[name]):
        key = ("workspace", "dependencies", name)
        for user in crates:
            if not any(name in user.table(table) for table in DEPENDENCY_TABLES):
                removes = Work(f"removes the shared dependency {name}", {workspace.root.path: (Remove(key),)})
                edits = (Put((_DEV, name), {"workspace": True}),)
                inherits = Work(f"lets {user.package} inherit it", {user.path: edits})
                rule = RuleId("dep-workspace-key-removed")
                yield Plant(Severity.CRITICAL, rule, workspace.root.path, key, (removes, inherits))
                break


def _tasks(makefile: Manifest) -> Iterator[Plant]:
    tasks = {name: task for name, task in makefile.table("tasks").items() if isinstance(task, dict)}
    mentioned = str(makefile.tree)
    # Where a task of this name comes with cargo-make, that one takes its place.
    own = tasks.keys() - CORE_TASKS - KEPT_WITHOUT_CORE_TASKS
    # A task that others speak of can go as well; one that nobody misses makes the plainer plant.
    for name in sorted(own, key=lambda name: (mentioned.count(repr(name)), name)):
        for user, task in tasks.items():
            before = task.get("dependencies", [])
            if user == name or not isinstance(before, list) or name in before or "alias" in task:
                continue
            removes = Work(f"removes the task {name}", {makefile.path: (Remove(("tasks", name)),)})
            edits = (Add(("tasks", user, "dependencies"), name),)
            depends = Work(f"lets the task {user} depend on it", {makefile.path: edits})
            rule = RuleId("mk-dep-removed")
            yield Plant(Severity.CRITICAL, rule, makefile.path, ("tasks", name), (removes, depends))
            break
