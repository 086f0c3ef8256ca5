"""Targets that two changes hide, lose or have twice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations

from gatekeeper.core.combination import Atom, Deed, Place, Question
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, named
from gatekeeper.core.symbols import Kind
from gatekeeper.core.target_collisions import Collision, binary_collisions, library_collisions
from gatekeeper.core.target_encounters import (
    files_not_looked_for,
    found_twice,
    packages_without_targets,
    shadowed_files,
)
from gatekeeper.core.targets import Targets, TargetTerms
from gatekeeper.core.tree_paths import join
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

DUPLICATE_PATH = RuleInfo(
    id=RuleId("target-duplicate-path"),
    family=Family.WORKSPACE,
    severity=Severity.MINOR,
    summary="Both sides add a target of the same file, under two names.",
    explanation="Cargo builds the file twice, and warns.",
    settles="Keep one of the two names, if one is enough.",
    fixtures=("target-duplicate-path",),
    tool_says="warning: file `t1.rs` found to be present in multiple build targets",
)
SHADOWS_AUTO = RuleInfo(
    id=RuleId("target-explicit-shadows-auto"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side lists a target with a path of its own; the other side adds the file that it would have had.",
    explanation=(
        "Cargo finds `src/bin/tool.rs` by itself, unless a `[[bin]]` of that name names another file. Then nothing "
        "compiles the new file, and no message says so."
    ),
    settles="Rename one of the two.",
    fixtures=("target-explicit-shadows-auto",),
)
AUTO_OFF = RuleInfo(
    id=RuleId("target-auto-off-vs-new-file"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side turns off cargo's search for targets (`autotests = false`, ...), the other side adds one.",
    explanation=(
        "The new binary is never built, the new test never runs, and no message says so. In edition 2015, listing one "
        "target of a kind turns the search for its kind off, and cargo warns."
    ),
    settles="List the new file too, which is the proposal.",
    fixtures=(
        "target-auto-off-vs-new-file",
        "target-auto-off-vs-new-file--edition-2015",
        "target-auto-off-vs-new-file--inherited-edition-2015",
    ),
)
FOUND_TWICE = RuleInfo(
    id=RuleId("target-found-twice"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="Both sides add a target of one name, each in a file of another kind.",
    explanation=(
        "Cargo finds `src/bin/tool.rs` and `src/bin/tool/main.rs` by itself, and `src/main.rs` under the name of the "
        "package. The files do not meet, so git merges them; two targets of one kind and name make cargo refuse the "
        "manifest, and with it the workspace."
    ),
    settles="Rename one of the two, or keep one of them.",
    fixtures=(
        "target-found-twice",
        "target-found-twice--main-file",
        "target-found-twice--test",
        "target-found-twice--path-left-open",
        "target-found-twice--package-renamed",
    ),
    tool_says="found duplicate binary name tool, but all binary targets must have a unique name",
)
NONE_LEFT = RuleInfo(
    id=RuleId("target-none-left"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="Each side removes a target of a package, and together they leave none.",
    explanation="Each side relies on the target that the other one removes. Cargo does not load the workspace.",
    settles="Keep one of the targets, or delete the package.",
    fixtures=("target-none-left",),
    tool_says="no targets specified in the manifest",
)
LIBRARY_COLLISION = RuleInfo(
    id=RuleId("lib-name-collides-across-packages"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="Two changes give the libraries of two members of the workspace one name.",
    explanation=(
        "Both are written to one place: the build warns, and `cargo doc` refuses. Where `[lib]` gives no name, it is "
        "the package's with underscores, so that `dock-log` and `dock_log` are one as well."
    ),
    settles="Rename one of the libraries.",
    fixtures=("lib-name-collides-across-packages", "lib-name-collides-across-packages--dash"),
    tool_says="error: document output filename collision",
)
BINARY_COLLISION = RuleInfo(
    id=RuleId("bin-name-collides-across-packages"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="Two changes give binaries of two members of the workspace one name.",
    explanation=(
        "Both are written to the same file in the target directory; the last one stays there. Cargo only warns. "
        "Files under `src/bin` and `src/main.rs` are binaries as well."
    ),
    settles="Rename one of the binaries.",
    fixtures=(
        "bin-name-collides-across-packages",
        "bin-name-collides-across-packages--new-crate",
        "bin-name-collides-across-packages--package-renamed",
    ),
    tool_says="warning: output filename collision",
)
DEFAULT_RUN = RuleInfo(
    id=RuleId("pkg-default-run-missing"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side takes a binary away that the other side makes the one to run by default.",
    explanation="`package.default-run` must name a binary of the package: cargo does not load the workspace.",
    settles="Let `default-run` name a binary that there is.",
    fixtures=("pkg-default-run-missing", "pkg-default-run-missing--package-renamed"),
    tool_says="default-run target `tool` not found",
)


@workspace_rule(DUPLICATE_PATH)
def target_duplicate_path(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Paths that two targets spell out."""
    for symbol, definitions in sorted(view.index.changed(Kind.TARGET_PATH).items()):
        atoms = view.atoms(Kind.TARGET_PATH, *symbol.name) if len(definitions) > 1 else []
        # In the order of their places: who lands what does not matter.
        for first, second in combinations(sorted(atoms, key=lambda atom: atom.place[:2]), 2):
            question = Question(view.everywhere)
            left, right = question.any_of([first]), question.any_of([second])
            for answer in question.ask(view.relation, partial(_both, left | right), left):
                deeds = question.deeds(answer, left, right)
                if deeds is not None:
                    names = [named(_target(deed.place.key)) for deed in deeds]
                    path = named(symbol.name[0])
                    message = f"{{left}} makes {path} the target {names[0]}, {{right}} makes it {names[1]}."
                    yield combined_hit(DUPLICATE_PATH, answer, deeds, message)


def _both(wanted: int, bits: int) -> bool:
    return bits & wanted == wanted


def _target(key: tuple[str, ...]) -> str:
    return f"{key[0]}.{key[1]}" if len(key) > 1 else key[0]


@workspace_rule(SHADOWS_AUTO)
def target_explicit_shadows_auto(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """New files whose name a target with another path has."""
    for file, answer, deeds in shadowed_files(view):
        what = f"[[{file.kind}]] {named(file.name)}" if file.name else f"[{file.kind}]"
        path = named(deeds[0].place.path)
        message = (
            f"{{left}} lets {what} of {path} be another file; {{right}} adds {named(file.path)}, "
            "which nothing compiles then."
        )
        yield combined_hit(SHADOWS_AUTO, answer, deeds, message)


@workspace_rule(AUTO_OFF)
def target_auto_off_vs_new_file(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """New files in the directories that cargo searches no longer."""
    for file, answer, deeds in files_not_looked_for(view):
        manifest = named(join(file.directory, "Cargo.toml"))
        message = (
            f"{{left}} makes cargo look for no {file.kind} targets by itself in {manifest}; "
            f"{{right}} adds {named(file.path)}."
        )
        directory = f"{file.directory}/" if file.directory else ""
        header = f'[[{file.kind}]]\nname = "{file.name}"' if file.name else f"[{file.kind}]"
        proposal = f'{header}\npath = "{file.path.removeprefix(directory)}"'
        yield combined_hit(AUTO_OFF, answer, deeds, message, proposal)


@workspace_rule(FOUND_TWICE)
def target_found_twice(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Files that cargo makes targets of by itself."""
    for found in found_twice(view):
        manifest = named(join(found.directory, "Cargo.toml"))
        first, second = map(named, found.paths)
        message = (
            f"{{left}} and {{right}} give {manifest} two {found.kind} targets {named(found.name)}: "
            f"{first} and {second}."
        )
        yield combined_hit(FOUND_TWICE, found.answer, found.deeds, message)


@workspace_rule(NONE_LEFT)
def target_none_left(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Packages that keep their manifest."""
    for directory, answer, deeds in packages_without_targets(view):
        left, right = map(_undone, deeds)
        manifest = named(join(directory, "Cargo.toml"))
        message = f"{{left}} {left}, {{right}} {right}: {manifest} has no target left."
        yield combined_hit(NONE_LEFT, answer, deeds, message)


def _undone(deed: Deed) -> str:
    what = named(_target(deed.place.key) if deed.place.key else deed.place.path)
    return f"sets {what} to `false`" if deed.added and deed.place.shown is False else f"removes {what}"


@workspace_rule(LIBRARY_COLLISION)
def lib_name_collides_across_packages(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Libraries of members, by the name under which they are imported."""
    for found in library_collisions(view):
        yield _collision_hit(LIBRARY_COLLISION, found, "libraries")


@workspace_rule(BINARY_COLLISION)
def bin_name_collides_across_packages(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Binaries of members, spelled out or not."""
    for found in binary_collisions(view):
        yield _collision_hit(BINARY_COLLISION, found, "binaries")


def _collision_hit(info: RuleInfo, found: Collision, what: str) -> WorkspaceHit:
    first, second = (named(join(directory, "Cargo.toml")) for directory in found.directories)
    message = (
        f"{{left}} and {{right}} bring two {what} named {named(found.name)} into the workspace: "
        f"in {first} and in {second}."
    )
    return combined_hit(info, found.answer, found.deeds, message)


@workspace_rule(DEFAULT_RUN)
def pkg_default_run_missing(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Binaries that are spelled out, and files that cargo finds."""
    targets = view.shared(Targets)
    for symbol, uses in view.index.uses.items():
        if symbol.kind != Kind.DEFAULT_RUN:
            continue
        directory, name = symbol.name
        question = Question(view.everywhere)
        terms = targets.terms(question, directory, "bin", name)
        wanted = question.any_of(
            Atom(use.standing, Place(use.reference.path, use.reference.key, use.reference.value)) for use in uses
        )

        def fault(bits: int, wanted: int = wanted, terms: TargetTerms = terms) -> bool:
            return bool(bits & wanted) and not terms.present(bits)

        for answer in question.ask(view.relation, fault, terms.deciding):
            deeds = question.deeds(answer, terms.deciding, wanted)
            if deeds is not None:
                message = f"{{left}} takes the binary {named(name)} away; {{right}} makes it `default-run`."
                yield combined_hit(DEFAULT_RUN, answer, deeds, message)
