"""Small edits of a small tree, as data: what the agents of generated histories do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hypothesis import strategies as st

from tests.kit.objects import Executable, Submodule, Symlink

Content = str | Executable | Symlink | Submodule
Tree = dict[str, Content]


def _source(name: str) -> str:
    return "".join(f"{name} says {number}\n" for number in range(10))


_MEMBER = """[package]
name = "one"
version = "0.1.0"
edition = "2021"

[dependencies]
serde = "1.0"
log = "0.4"

[features]
default = ["a"]
a = []
b = []
"""
_ROOT = """[workspace]
resolver = "2"
members = ["crates/one"]

[workspace.dependencies]
serde = "1.0"
log = "0.4"

[profile.release]
lto = "thin"
"""
_TASKS = """[env]
LEVEL = "1"

[tasks.check]
command = "cargo"
args = ["check"]

[tasks.test]
command = "cargo"
args = ["test"]
dependencies = ["check"]
"""
BASE: Tree = {
    "Cargo.toml": _ROOT,
    "Makefile.toml": _TASKS,
    "crates/one/Cargo.toml": _MEMBER,
    "crates/one/src/lib.rs": _source("one"),
    "src/a.rs": _source("a"),
    "src/b.rs": _source("b"),
    "src/deep/c.rs": _source("c"),
    "lib/d.txt": _source("d"),
    "run.sh": Executable(_source("run")),
    "link": Symlink("src/a.rs"),
}
_FILES = ("src/a.rs", "Cargo.toml", *BASE, "src/a.rs", "src/b.rs", "Cargo.toml", "Makefile.toml", "src/new.rs")
"""Some stand here more than once, so that agents meet in them."""
_DIRECTORIES = ("src", "lib", "crates/one", "src/deep")
_NEW_FILES = (
    "src/new.rs",
    "src/deep/new.rs",
    "lib/new.txt",
    "moved",
    "moved/new.rs",
    "crates/two/Cargo.toml",
    "odd \udce9",
)
_NEW_NAMES = ("src/z.rs", "moved/a.rs", "lib/a.rs", "src/deep/a.rs", "moved")
_NEW_DIRECTORIES = ("moved", "crates/two", "src/sub", "library")
_LINES = {
    "Cargo.toml": ('serde = "1.{}"\n', 'lto = "{}"\n', 'extra{} = "1"\n', 'members = ["crates/one", "crates/{}"]\n'),
    "Makefile.toml": (
        'LEVEL = "{}"\n',
        'args = ["check", "-{}"]\n',
        "[tasks.t{}]\n",
        'dependencies = ["check", "t{}"]\n',
    ),
}


class Edit(Protocol):
    """What can be done to a tree."""

    def apply(self, tree: Tree) -> None:
        """Change a tree in place, or leave it where the edit does not fit."""


@dataclass(frozen=True)
class Line:
    """A line of a text file is replaced, inserted or removed."""

    path: str
    at: int
    how: str
    value: int

    def apply(self, tree: Tree) -> None:
        """Edit the file with this name, or the one that stands where it would."""
        path = _nearest(tree, self.path)
        lines = _text(tree[path]).splitlines(keepends=True)
        at = min(self.at, len(lines))
        kept = at if self.how == "insert" else at + 1
        new = [] if self.how == "remove" else [_line(path, self.at, self.value)]
        tree[path] = _with_text(tree[path], "".join([*lines[:at], *new, *lines[kept:]]))


@dataclass(frozen=True)
class Remove:
    """A file goes."""

    path: str

    def apply(self, tree: Tree) -> None:
        """Remove it, or what stands where it would, unless it is the last one."""
        if len(tree) > 1:
            del tree[_nearest(tree, self.path)]


@dataclass(frozen=True)
class Rename:
    """A file or a directory gets another name."""

    old: str
    new: str

    def apply(self, tree: Tree) -> None:
        """Move whatever is there, over whatever is in the way."""
        old = self.old if any(_below(path, self.old) for path in tree) else _nearest(tree, self.old)
        moved = {path: self.new + path.removeprefix(old) for path in tree if _below(path, old)}
        contents = {moved[path]: tree.pop(path) for path in moved}
        for path, content in contents.items():
            _put(tree, path, content)


@dataclass(frozen=True)
class Put:
    """A path gets new content, of any kind, over whatever is in the way."""

    path: str
    content: Content

    def apply(self, tree: Tree) -> None:
        """Put it there."""
        _put(tree, self.path, self.content)


@dataclass(frozen=True)
class ToggleMode:
    """A file becomes executable, or ceases to be."""

    path: str

    def apply(self, tree: Tree) -> None:
        """Change the mode of the file, or of what stands where it would."""
        path = _nearest(tree, self.path)
        content = tree[path]
        if isinstance(content, Executable):
            tree[path] = _text(content)
        elif isinstance(content, str):
            tree[path] = Executable(content)


def line_edits() -> st.SearchStrategy[Line]:
    """Return edits of lines, close to each other."""
    how = st.sampled_from(("replace", "insert", "remove"))
    return st.builds(Line, st.sampled_from(_FILES), st.integers(2, 7), how, st.integers(0, 2))


def edits() -> st.SearchStrategy[Edit]:
    """Return edits of all kinds; lines are the most frequent."""
    path = st.sampled_from(_FILES)
    line = line_edits()
    text = st.sampled_from((_source("new"), _source("a"), "short\n", "", "no newline"))
    content = st.one_of(
        text,
        text.map(Executable),
        st.sampled_from(("src/b.rs", "lib")).map(Symlink),
        st.sampled_from(("1" * 40, "2" * 40, "3" * 40)).map(Submodule),
    )
    others: list[st.SearchStrategy[Edit]] = [
        st.builds(Remove, path),
        st.builds(Rename, path, st.sampled_from(_NEW_NAMES)),
        st.builds(Rename, st.sampled_from(_DIRECTORIES), st.sampled_from(_NEW_DIRECTORIES)),
        st.builds(Put, st.sampled_from(_NEW_FILES), text),
        st.builds(Put, st.sampled_from((*_NEW_FILES, "link", "run.sh", "src", "lib/d.txt", "src/a.rs/inner")), content),
        st.builds(ToggleMode, path),
    ]
    return st.one_of(*[line] * 8, *others)


def _nearest(tree: Tree, path: str) -> str:
    paths = sorted(tree)
    return path if path in tree else paths[len(path) % len(paths)]


def _line(path: str, at: int, value: int) -> str:
    templates = _LINES.get(path.rpartition("/")[2])
    return templates[at % len(templates)].format(value) if templates else f"changed to {value}\n"


def _text(content: Content) -> str:
    match content:
        case str():
            return content
        case Executable(text):
            return text if isinstance(text, str) else text.decode()
        case Symlink(target):
            return target
        case Submodule(commit):
            return commit


def _with_text(before: Content, text: str) -> Content:
    match before:
        case Executable():
            return Executable(text)
        case Symlink() | Submodule():
            return before
        case _:
            return text


def _below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")


def _put(tree: Tree, path: str, content: Content) -> None:
    parts = path.split("/")
    above: Callable[[str], bool] = {"/".join(parts[:length]) for length in range(1, len(parts))}.__contains__
    for other in [other for other in tree if above(other) or _below(other, path)]:
        del tree[other]
    tree[path] = content
