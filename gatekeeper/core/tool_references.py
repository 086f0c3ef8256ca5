"""What commands name that a workspace defines: packages, targets, features, profiles, tasks and files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from gatekeeper.core.command_places import OUTSIDE, placed
from gatekeeper.core.shell_flow import steps
from gatekeeper.core.shell_words import bare
from gatekeeper.core.tree_paths import directory_of, join

PACKAGE, FEATURE, PROFILE, TASK = "package", "feature", "profile", "task"
BIN, TEST, EXAMPLE, BENCH = "bin", "test", "example", "bench"
SCRIPT_FILE, MANIFEST_FILE, DIRECTORY = "file", "manifest-path", "directory"
TARGETS = (BIN, TEST, EXAMPLE, BENCH)
ALLOW_PRIVATE = "--allow-private"

# fmt: off
_SUBCOMMANDS = frozenset({
    "b", "bench", "bloat", "build", "c", "check", "clean", "clippy", "d", "doc", "expand", "fix", "flamegraph",
    "llvm-lines", "package", "publish", "r", "run", "rustc", "rustdoc", "t", "tarpaulin", "test", "tree",
})
_CARRIERS = frozenset({"hack", "llvm-cov", "miri"})
_TAKE_A_VALUE = frozenset({
    "--artifact-dir", "--bench", "--bin", "--color", "--config", "--example", "--exclude", "--features", "--jobs",
    "--lockfile-path", "--manifest-path", "--message-format", "--package", "--profile", "--target", "--target-dir",
    "--test", "-C", "-F", "-Z", "-j", "-p",
})
_SHELLS = frozenset({"bash", "dash", "ksh", "sh", "zsh"})
_INTERPRETERS = frozenset({".", "node", "perl", "python", "python3", "ruby", "source"}) | _SHELLS
# fmt: on
_SHORT = {"-p": "--package", "-F": "--features"}
_NAME = re.compile(r"[A-Za-z_][\w-]*\Z")
_TARGET_NAME = re.compile(r"[\w.-]+\Z")
_TASK_NAME = re.compile(r"[A-Za-z_][\w:.-]*\Z")
_FEATURE_SEPARATORS = re.compile(r"[,\s]+")
_MAX_DEPTH = 3
_SCRIPTS_KEPT = 4096
"""The makefiles of a fleet have most of their scripts in common."""


class Naming(NamedTuple):
    """Something that a command names. ``said``: the words that name it; ``line``: where in the script, from 0.

    ``owner``: the package in which it is looked for, the makefile of a task; None: wherever it may be.
    """

    sort: str
    name: str
    owner: str | None
    said: str
    line: int = 0


Variables = tuple[tuple[str, str], ...]


@lru_cache(maxsize=_SCRIPTS_KEPT)
def named_in_script(
    script: str, directory: str | None, variables: Variables = (), depth: int = 0
) -> tuple[Naming, ...]:
    """Return what the shell script names when it is run in ``directory`` of the tree (None: it is not known where)."""
    return tuple(
        naming._replace(line=step.line)
        for step in steps(script, directory, variables)
        for naming in named_in_command(step.words, step.directory, depth)
        if not is_sure(naming, step.there, step.made)
    )


def named_in_command(words: Sequence[str], directory: str | None, depth: int = 0) -> Iterator[Naming]:
    """Yield what one command names, given as its words."""
    run = bare(tuple(words))
    program, arguments = (run[0], list(run[1:])) if run else ("", [])
    if program in {"cargo", "cross"}:
        yield from _named_for_cargo(arguments, directory)
    elif program == "makers":
        yield from _named_for_make(arguments, directory)
    elif program in _INTERPRETERS:
        yield from _named_for_interpreter(program, arguments, directory, depth)
    elif "/" in program:
        yield from _file(SCRIPT_FILE, program, directory, program)


def is_sure(naming: Naming, there: Collection[str], made: Collection[str] = ()) -> bool:
    """Return whether what is named is there whenever the paths ``there`` are, or is one of those that were ``made``."""
    if naming.sort in {SCRIPT_FILE, MANIFEST_FILE, DIRECTORY}:
        paths = {*there, *made}
        manifest_in = directory_of(naming.name) if naming.sort == MANIFEST_FILE else naming.name
        return not paths.isdisjoint({naming.name, manifest_in} - {""})
    package = naming.name if naming.sort == PACKAGE else naming.owner
    # How the directory of a package is called is a custom: `x`, or `x` for `project-x`.
    parts = {part.replace("_", "-") for path in there for part in path.split("/")}
    return package is not None and any(f"-{package.replace('_', '-')}".endswith(f"-{part}") for part in parts)


def _file(sort: str, path: str, directory: str | None, said: str) -> Iterator[Naming]:
    place = placed(path, directory)
    if place:
        yield Naming(sort, place, None, said)


def _named_for_interpreter(
    program: str, arguments: Sequence[str], directory: str | None, depth: int
) -> Iterator[Naming]:
    for number, word in enumerate(arguments):
        if not word.startswith(("-", "+")):
            # Without a directory `source` and `.` look along PATH, the others for a file.
            yield from _file(SCRIPT_FILE, word, directory, f"{program} {word}")
            return
        if program not in _SHELLS:
            if word in {"-c", "-e", "-m", "--eval"}:
                return
        elif word.endswith("c") and not word.startswith("--"):
            if depth < _MAX_DEPTH and number + 1 < len(arguments):
                yield from named_in_script(arguments[number + 1], directory, depth=depth + 1)
            return


def _named_for_make(arguments: Sequence[str], directory: str | None) -> Iterator[Naming]:
    if directory is None or directory == OUTSIDE:
        return
    makefile = join(directory, "Makefile.toml")
    words = iter(arguments)
    private_too = ALLOW_PRIVATE if ALLOW_PRIVATE in arguments else ""
    for word in words:
        option, _, value = word.partition("=")
        if option in {"--makefile", "--cwd"}:
            given = placed(value or next(words, "$"), directory)
            if given is None:
                return
            makefile = given if option == "--makefile" else join(given, "Makefile.toml")
        elif option in {"-p", "--profile", "-l", "--loglevel", "-e", "--env", "--env-file", "-t", "--time-summary"}:
            if not value:
                next(words, None)
        elif not word.startswith("-"):
            if _TASK_NAME.match(word):
                yield Naming(TASK, word, makefile, f"{private_too} {word}".lstrip())
            return


def _named_for_cargo(arguments: list[str], directory: str | None) -> Iterator[Naming]:
    words = [word for number, word in enumerate(arguments) if number or not word.startswith("+")]
    while words and words[0].startswith("-"):
        if words[0] == "-C":
            return
        words = words[2 if words[0] in _TAKE_A_VALUE else 1 :]
    subcommand = words.pop(0) if words else ""
    if subcommand == "make":
        yield from _named_for_make(words, directory)
        return
    foreign_profile = subcommand == "nextest"
    if subcommand in _CARRIERS and words and words[0] in {*_SUBCOMMANDS, "nextest"}:
        subcommand = words.pop(0)
        foreign_profile = foreign_profile or subcommand == "nextest"
    if subcommand == "nextest":
        subcommand = "test" if words and words.pop(0) in {"run", "list", "archive"} else ""
    if subcommand == "install":
        for option, value in _options(words, subcommand):
            if option == "--path" and (place := placed(value, directory)) is not None:
                yield Naming(MANIFEST_FILE, join(place, "Cargo.toml"), None, f"--path {value}")
    elif subcommand in _SUBCOMMANDS | _CARRIERS:
        options = list(_options(words, subcommand))
        yield from _named_in_options(options, directory, foreign_profile=foreign_profile)


def _options(words: Sequence[str], subcommand: str) -> Iterator[tuple[str, str]]:
    """Yield the options that take a value, by their long names, up to what belongs to another program."""
    rest = iter(words)
    for word in rest:
        if word == "--" or (subcommand in {"run", "r"} and not word.startswith("-")):
            return
        short = word[:2]
        if short in _SHORT and word != short:
            yield _SHORT[short], word[2:].removeprefix("=")
            continue
        option, equals, value = word.partition("=")
        if option in _TAKE_A_VALUE or (option == "--path" and subcommand == "install"):
            yield _SHORT.get(option, option), value if equals else next(rest, "$")


def _named_in_options(
    options: Sequence[tuple[str, str]], directory: str | None, *, foreign_profile: bool
) -> Iterator[Naming]:
    selected = [value for option, value in options if option == "--package"]
    packages = [name for name in map(_package, selected) if name is not None]
    package = packages[0] if len(selected) == len(packages) == 1 else None
    manifests = [value for option, value in options if option == "--manifest-path"]
    if (directory == OUTSIDE and not manifests) or any(placed(path, directory) is None for path in manifests):
        # It is for another workspace, or who knows which.
        return
    # What another manifest selects cannot be told from the command alone. What several packages are asked for is
    # missed for sure where no package has it.
    known = package is not None or not manifests
    for name in packages:
        yield Naming(PACKAGE, name, None, f"-p {name}")
    for option, value in options:
        sort = option.removeprefix("--")
        if sort == MANIFEST_FILE:
            yield from _file(MANIFEST_FILE, value, directory, f"--manifest-path {value}")
        elif sort == PROFILE and not foreign_profile and _NAME.match(value):
            yield Naming(PROFILE, value, None, f"--profile {value}")
        elif sort in TARGETS and known and _TARGET_NAME.match(value):
            yield Naming(sort, value, package, f"--{sort} {value}")
        elif option == "--features":
            yield from _features(_FEATURE_SEPARATORS.split(value), package, known=known)


def _features(features: Iterable[str], package: str | None, *, known: bool) -> Iterator[Naming]:
    for feature in features:
        owner, slash, name = feature.rpartition("/")
        if not _TARGET_NAME.match(name) or (slash and not _NAME.match(owner)) or not (known or slash):
            continue
        yield Naming(FEATURE, name, owner if slash else package, f"--features {feature}")


def _package(spec: str) -> str | None:
    """Return the name in a package specification, None where it has no plain one."""
    name = re.split(r"[@:]", spec, maxsplit=1)[0]
    return name if _NAME.match(name) else None
