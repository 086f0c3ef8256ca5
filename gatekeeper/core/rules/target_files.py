"""Files that one side takes away from under the manifest of the other."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.build_scripts import unused_scripts
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.needed_files import MissingFile, MissingFiles
from gatekeeper.core.rules.model import Family, Hit, HitSide, RuleInfo
from gatekeeper.core.rules.registry import Sees, workspace_rule
from gatekeeper.core.rules.workspace_hits import dangling_hit, named
from gatekeeper.core.symbols import How
from gatekeeper.core.tree_paths import directory_of
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

FILE_REMOVED = RuleInfo(
    id=RuleId("target-file-removed"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side deletes the file of a test, binary, example or benchmark that the other side starts to list.",
    explanation=(
        "Cargo found the file by itself before, and now it is listed and not there. For a binary the manifest does not "
        "load; for a test, example or benchmark `cargo metadata` is content, and only the build fails."
    ),
    settles="Drop the new entry, or restore the file.",
    fixtures=("target-file-removed", "target-file-removed--bin"),
    tool_says="can't find `it` test at `tests/it.rs` or `tests/it/main.rs`. Please specify test.path",
)
FILE_MOVED = RuleInfo(
    id=RuleId("target-file-moved"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side moves the file of a target that the other side starts to list at its old place.",
    explanation=(
        "Git carries the move, and not the path that the other side's manifest spells out. A file counts as "
        "moved where one of the same name is new in the same package."
    ),
    settles="Let the entry name the new place.",
    fixtures=("target-file-moved",),
    tool_says="error: can't find integration-test `it` at path",
)
LIB_FILE_REMOVED = RuleInfo(
    id=RuleId("target-lib-file-removed"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side deletes or moves the file of a library whose `[lib]` table the other side adds.",
    explanation="As soon as there is a `[lib]` table, cargo insists on a library, and does not load the workspace.",
    settles="Drop the table, restore the file, or let `lib.path` name the new place.",
    fixtures=("target-lib-file-removed",),
    tool_says="can't find library `a`, rename file to `src/lib.rs` or specify lib.path",
)
BUILD_KEY = RuleInfo(
    id=RuleId("pkg-build-key-vs-file"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side deletes the build script that the other side starts to name in `package.build`.",
    explanation="`cargo metadata` is content; the build of the package fails.",
    settles="Drop `build`, or restore the script.",
    fixtures=("pkg-build-key-vs-file",),
    tool_says="error: couldn't read `build.rs`: No such file or directory",
)
README_MOVED = RuleInfo(
    id=RuleId("ws-readme-path-moved"),
    family=Family.WORKSPACE,
    severity=Severity.MINOR,
    summary="One side deletes or moves a readme that the other side's package starts to name or to inherit.",
    explanation="Nothing fails before the package is published.",
    settles="Let `readme` name the file that there is.",
    fixtures=("ws-readme-path-moved",),
    tool_says="readme `../README.md` does not appear to exist",
)
BUILD_OFF = RuleInfo(
    id=RuleId("pkg-build-false-vs-build-rs"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side turns the build script off (`build = false`), the other side adds or edits it.",
    explanation=(
        "Cargo says nothing and runs no script: what the other side's code expects of it, a cfg or a generated file, "
        "is not there."
    ),
    settles="Decide whether the package has a build script.",
    fixtures=("pkg-build-false-vs-build-rs", "pkg-build-false-vs-build-rs--added"),
)


@workspace_rule(FILE_REMOVED)
def target_file_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Sources of targets that are nowhere else."""
    for found in view.shared(MissingFiles).named_as(How.TARGET_FILE):
        if found.moved_to is None:
            yield _hit(FILE_REMOVED, view, found, _listed(found))


@workspace_rule(FILE_MOVED)
def target_file_moved(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Sources of targets that have another place."""
    for found in view.shared(MissingFiles).named_as(How.TARGET_FILE):
        if found.moved_to is not None:
            yield _hit(FILE_MOVED, view, found, _listed(found))


@workspace_rule(LIB_FILE_REMOVED)
def target_lib_file_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Sources of libraries, moved or not."""
    for found in view.shared(MissingFiles).named_as(How.LIBRARY_FILE):
        yield _hit(LIB_FILE_REMOVED, view, found, f"has [lib] in {named(found.dangling.reference.path)}")


@workspace_rule(BUILD_KEY)
def pkg_build_key_vs_file(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Build scripts, moved or not."""
    for found in view.shared(MissingFiles).named_as(How.BUILD_SCRIPT):
        reference = found.dangling.reference
        yield _hit(BUILD_KEY, view, found, f"names {named(reference.value)} in `build` of {named(reference.path)}")


@workspace_rule(README_MOVED)
def ws_readme_path_moved(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Readmes, named in a package or in [workspace.package]."""
    for found in view.shared(MissingFiles).named_as(How.README):
        reference = found.dangling.reference
        deed = "inherits it" if reference.value == "workspace = true" else "names it"
        yield _hit(README_MOVED, view, found, f"{deed} as the readme of {named(reference.path)}")


@workspace_rule(BUILD_OFF, sees=Sees.CONTENTS)
def pkg_build_false_vs_build_rs(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Scripts that are new, and scripts of trunk that are edited."""
    for found in unused_scripts(view):
        message = (
            f"{{left}} sets `build = false` in {named(found.off.path)}; "
            f"{{right}} {'adds' if found.added else 'edits'} {named(found.script)}."
        )
        left = HitSide(found.off.path, found.off.key, after=False)
        hit = Hit(BUILD_OFF.id, left.key, left, HitSide(found.script, ()), message)
        yield WorkspaceHit(hit, found.left, found.right)


def _hit(info: RuleInfo, view: WorkspaceView, found: MissingFile, deed: str) -> WorkspaceHit:
    path = found.dangling.definition.path
    message = f"{{left}} deletes {named(path)}; {{right}} {deed}."
    proposal = None
    if found.moved_to is not None:
        message = f"{{left}} moves {named(path)} to {named(found.moved_to)}; {{right}} {deed}."
        proposal = _new_place(found)
    return dangling_hit(info, view, found.dangling, message, proposal)


def _listed(found: MissingFile) -> str:
    reference = found.dangling.reference
    kind, name = reference.key[0], reference.key[-1].partition("#")[0]
    return f"has [[{kind}]] {named(name)} in {named(reference.path)}"


def _new_place(found: MissingFile) -> str | None:
    """Return the path of the moved file as its manifest would spell it."""
    reference = found.dangling.reference
    if found.moved_to is None or reference.key[:1] == ("package",):
        return None
    directory = directory_of(reference.path)
    path = found.moved_to.removeprefix(f"{directory}/") if directory else found.moved_to
    return f'path = "{path}"'
