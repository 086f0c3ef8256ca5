"""What one side removes and a command of the other side names: in a task, a script or a CI file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gatekeeper.core.combination import Atom, Question
from gatekeeper.core.makefiles import Makefiles
from gatekeeper.core.names import KeyPath, RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, dangling_hit, named
from gatekeeper.core.schema import profile_for
from gatekeeper.core.symbols import Kind, Reference
from gatekeeper.core.tool_names import Lost, NamesInCommands
from gatekeeper.core.tool_references import (
    ALLOW_PRIVATE,
    BENCH,
    BIN,
    DIRECTORY,
    EXAMPLE,
    FEATURE,
    MANIFEST_FILE,
    PACKAGE,
    PROFILE,
    SCRIPT_FILE,
    TASK,
    TEST,
)
from gatekeeper.core.tree_paths import directory_of
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

_WHERE = (
    " Commands are looked for in tasks, in cargo's aliases, and in scripts, makefiles of make and CI files that differ "
    "between the branches. What a variable stands for is known only where it has one plain value. Left alone is a "
    "command that may fail (`|| true`, `ignore_errors`), or that is run only where a file is (`[ -d opt ] && ...`)."
)

NO_PACKAGE = RuleInfo(
    id=RuleId("mk-cargo-p-missing"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="One side removes, renames or excludes a package that a command of the other side names with `-p`.",
    explanation=(
        "The edits are in two files, so git merges them; the command fails whenever it is run. A package that remains "
        "as a dependency from a registry, from git or from outside the tree can still be named." + _WHERE
    ),
    settles="Let the command name what replaces the package, or drop it.",
    fixtures=(
        "mk-cargo-p-missing",
        "mk-cargo-p-missing--renamed",
        "mk-cargo-p-missing--workflow",
        "mk-cargo-p-missing--excluded",
        "mk-cargo-p-missing--loop",
        "mk-cargo-p-missing--alias",
        "mk-cargo-p-missing--inherited",
        "mk-cargo-p-missing--core-task",
        "mk-cargo-p-missing--recipe",
    ),
    tool_says="error: package ID specification `opt` did not match any packages",
)

NO_BIN = RuleInfo(
    id=RuleId("mk-cargo-bin-missing"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side removes a binary that a command of the other side names with `--bin`.",
    explanation="Binaries are those that the manifest lists and those that cargo finds in `src/bin`." + _WHERE,
    settles="Restore the binary, or let the command name what replaces it.",
    fixtures=("mk-cargo-bin-missing", "mk-cargo-bin-missing--listed"),
    tool_says="error: no bin target named `tool` in `a` package",
)

NO_TEST = RuleInfo(
    id=RuleId("mk-cargo-test-missing"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side removes a test file that a command of the other side names with `--test`.",
    explanation="The file name is the name of the target, so deleting or moving it is enough." + _WHERE,
    settles="Restore the test, or let the command name what replaces it.",
    fixtures=("mk-cargo-test-missing",),
    tool_says="error: no test target named `it` in default-run packages",
)

NO_EXAMPLE = RuleInfo(
    id=RuleId("mk-cargo-example-bench-missing"),
    family=Family.CARGO_MAKE,
    severity=Severity.MINOR,
    summary="One side removes an example or a benchmark that a command of the other side names.",
    explanation="The file name is the name of the target, so deleting or moving it is enough." + _WHERE,
    settles="Restore it, or let the command name what replaces it.",
    fixtures=("mk-cargo-example-bench-missing",),
    tool_says="error: no example target named `ex` in default-run packages",
)

NO_FEATURE = RuleInfo(
    id=RuleId("mk-cargo-feature-missing"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side removes a feature that a command of the other side turns on.",
    explanation=(
        "Without `-p`, the feature is missed only when no package of the workspace has one of that name." + _WHERE
    ),
    settles="Restore the feature, or do not ask for it.",
    fixtures=("mk-cargo-feature-missing", "mk-cargo-feature-missing--two-packages"),
    tool_says="error: the package 'a' does not contain this feature: fx",
)

NO_PROFILE = RuleInfo(
    id=RuleId("mk-cargo-profile-missing"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side removes a profile that a command of the other side builds with.",
    explanation=(
        "Profiles are defined in the root manifest or in `.cargo/config.toml`; those of other members do not count."
        + _WHERE
    ),
    settles="Restore the profile, or build with another one.",
    fixtures=("mk-cargo-profile-missing",),
    tool_says="error: profile `ci` is not defined",
)

NO_MANIFEST = RuleInfo(
    id=RuleId("mk-cargo-manifest-path-missing"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side removes a crate whose manifest or directory a command of the other side is run with.",
    explanation=(
        "The command names the manifest (`--manifest-path`, `install --path`), or the task is run in the directory "
        "(`cwd`)." + _WHERE
    ),
    settles="Let the command name where the crate is now, or drop it.",
    fixtures=("mk-cargo-manifest-path-missing", "mk-cargo-manifest-path-missing--cwd"),
    tool_says="error: manifest path `opt/Cargo.toml` does not exist",
)

NO_FILE = RuleInfo(
    id=RuleId("mk-script-file-missing"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side removes or moves a script that a command of the other side runs, or a file of `env_files`.",
    explanation=(
        "Paths are taken from the directory of the makefile, or from the top of the tree. Without a file of "
        "`env_files` no task of the makefile starts." + _WHERE
    ),
    settles="Restore the script, or let the command name what replaces it.",
    fixtures=("mk-script-file-missing", "mk-script-file-missing--env-file"),
    tool_says="bash: scripts/x.sh: No such file or directory",
)

NO_TASK = RuleInfo(
    id=RuleId("mk-script-calls-task"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side removes a task, or makes it private, and a command of the other side runs it.",
    explanation="A task that a script starts with `cargo make` is looked up only when the script gets there." + _WHERE,
    settles="Restore the task, or let the command name what replaces it.",
    fixtures=("mk-script-calls-task", "mk-script-calls-task--private"),
    tool_says='Task "p" not found',
)

ALIAS_SHADOWED = RuleInfo(
    id=RuleId("mk-cargo-alias-shadow"),
    family=Family.CARGO_MAKE,
    severity=Severity.MINOR,
    summary="One side adds an alias of cargo, the other a task of that name, and aliases are loaded as tasks.",
    explanation=(
        "With `load_cargo_aliases`, cargo-make makes a task of every alias in `.cargo/config.toml`, but never in place "
        "of a task that the makefile has: the alias is dropped without a word."
    ),
    settles="Give one of them another name.",
    fixtures=("mk-cargo-alias-shadow",),
)


@workspace_rule(NO_PACKAGE)
def mk_cargo_p_missing(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``-p`` and ``--package``."""
    for lost in _lost(view, PACKAGE):
        found = lost.dangling
        directory, name = found.definition.symbol.name
        renamed = _name_now(view, directory, found.left)
        proposal = None if renamed is None else f"Write `-p {renamed}`."
        deed = "removes the package" if renamed is None else f"gives the name {named(renamed)} to the package"
        yield dangling_hit(NO_PACKAGE, view, found, _message(found.reference, f"{deed} {named(name)}"), proposal)
    for name, answer, deeds in view.shared(NamesInCommands).unlisted:
        path, key, said = deeds[1].place
        message = _message_at(path, key, said, f"leaves the package {named(name)} out of the workspace")
        yield combined_hit(NO_PACKAGE, answer, deeds, message)


@workspace_rule(NO_BIN)
def mk_cargo_bin_missing(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``--bin``."""
    yield from _hits(view, NO_BIN, BIN, "the binary")


@workspace_rule(NO_TEST)
def mk_cargo_test_missing(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``--test``."""
    yield from _hits(view, NO_TEST, TEST, "the test")


@workspace_rule(NO_EXAMPLE)
def mk_cargo_example_bench_missing(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``--example`` and ``--bench``."""
    yield from _hits(view, NO_EXAMPLE, EXAMPLE, "the example")
    yield from _hits(view, NO_EXAMPLE, BENCH, "the benchmark")


@workspace_rule(NO_FEATURE)
def mk_cargo_feature_missing(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``--features``, of one package or of any."""
    yield from _hits(view, NO_FEATURE, FEATURE, "the feature")


@workspace_rule(NO_PROFILE)
def mk_cargo_profile_missing(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``--profile``."""
    yield from _hits(view, NO_PROFILE, PROFILE, "the profile")


@workspace_rule(NO_MANIFEST)
def mk_cargo_manifest_path_missing(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``--manifest-path``, ``install --path`` and the ``cwd`` of tasks."""
    yield from _hits(view, NO_MANIFEST, MANIFEST_FILE, "the manifest")
    # Many files may go with a directory: one of them stands for all.
    told: set[tuple[Reference, int, int]] = set()
    for lost in _lost(view, DIRECTORY):
        found = lost.dangling
        if (found.reference, found.left, found.right) not in told:
            told.add((found.reference, found.left, found.right))
            directory = found.reference.symbol.name[1]
            message = _message(found.reference, f"removes the directory {named(directory)}")
            yield dangling_hit(NO_MANIFEST, view, found, message)


@workspace_rule(NO_FILE)
def mk_script_file_missing(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``bash scripts/x.sh``, ``./scripts/x.sh`` and ``script.file``."""
    yield from _hits(view, NO_FILE, SCRIPT_FILE, "the file")


@workspace_rule(NO_TASK)
def mk_script_calls_task(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``cargo make x`` and ``makers x``."""
    for lost in _lost(view, TASK):
        reference = lost.dangling.reference
        if lost.remains and (profile_for(reference.path) is not None or reference.value.startswith(ALLOW_PRIVATE)):
            # A private task that a makefile calls is a matter of the makefiles (mk-private-vs-called).
            continue
        found, task = lost.dangling, named(lost.dangling.definition.symbol.name[1])
        deed = f"makes the task {task} private" if lost.remains else f"removes the task {task}"
        hit = dangling_hit(NO_TASK, view, found, _message(found.reference, deed))
        if lost.remains:
            place = replace(hit.hit.left, key=(*hit.hit.left.key, "private"), after=True)
            hit = replace(hit, hit=replace(hit.hit, key=place.key, left=place))
        yield hit


@workspace_rule(ALIAS_SHADOWED)
def mk_cargo_alias_shadow(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """An alias, a task and ``load_cargo_aliases``, of which no side has all three."""
    aliases = view.index.of_kind(Kind.CARGO_ALIAS)
    changed = {name for kind in (Kind.CARGO_ALIAS, Kind.TASK, Kind.LOADS_ALIASES) for name in view.index.changed(kind)}
    if not aliases or not changed:
        return
    for makefile in view.shared(Makefiles).all:
        loading = [atom for file in makefile.files for atom in view.atoms(Kind.LOADS_ALIASES, file)]
        for alias in aliases if loading else ():
            directory, name = alias.name
            tasks = [atom for file in makefile.files for atom in view.atoms(Kind.TASK, file, name)]
            if tasks and directory == directory_of(makefile.path):
                yield from _shadowed(view, name, view.atoms(Kind.CARGO_ALIAS, *alias.name), tasks, loading)


def _shadowed(
    view: WorkspaceView, name: str, aliases: list[Atom], tasks: list[Atom], loading: list[Atom]
) -> Iterator[WorkspaceHit]:
    question = Question(view.everywhere)
    alias, task, flag = parts = [question.any_of(atoms) for atoms in (aliases, tasks, loading)]
    message = (
        f"{{left}} and {{right}} each bring a part of this: an alias {named(name)}, loaded as a task, and a task "
        f"{named(name)} in {named(tasks[0].place.path)}, which hides it."
    )
    for answer in question.ask(view.relation, lambda bits: all(bits & part for part in parts), alias):
        taking, using = (task, flag) if answer.base_bits & alias else (alias, task | flag)
        turned = answer if answer.left_bits & ~answer.base_bits & taking else answer.mirrored()
        deeds = question.deeds(turned, taking, using)
        if deeds is not None:
            yield combined_hit(ALIAS_SHADOWED, turned, deeds, message)


def _lost(view: WorkspaceView, sort: str) -> list[Lost]:
    return view.shared(NamesInCommands).lost(sort)


def _hits(view: WorkspaceView, info: RuleInfo, sort: str, what: str) -> Iterator[WorkspaceHit]:
    for lost in _lost(view, sort):
        found = lost.dangling
        message = _message(found.reference, f"removes {what} {named(found.reference.symbol.name[1])}")
        yield dangling_hit(info, view, found, message)


def _message(reference: Reference, deed: str) -> str:
    return _message_at(reference.path, reference.key, reference.value, deed)


def _message_at(path: str, key: KeyPath, said: object, deed: str) -> str:
    where = f"a command in {named(path)}"
    if key[:1] == ("env_files",):
        where = f"`env_files` of {named(path)}"
    elif key:
        where = f"the {'alias' if key[0] == 'alias' else 'task'} {named(key[1])} of {named(path)}"
    return f"{{left}} {deed}; {{right}} names it in {where}: {named(str(said))}."


def _name_now(view: WorkspaceView, directory: str, agents: int) -> str | None:
    """Return the name that the package in ``directory`` has for all of ``agents``."""
    for symbol in view.index.changed(Kind.PACKAGE):
        if symbol.name[0] == directory and not agents & ~view.index.standing(symbol).agents:
            return symbol.name[1]
    return None
