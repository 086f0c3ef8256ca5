"""What a Rust source says that a manifest has a part in: features in ``cfg``, other crates, levels of lints.

A source does not know its crate; whose features and dependencies it means, only the tree can tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from gatekeeper.core.names import TreePath
from gatekeeper.core.rust_tokens import brackets, closing_of, end_of_item, tokens_of
from gatekeeper.core.symbols import FactCollector, FileFacts, Kind

_LARGEST = 1 << 18
_MOST_GATES = 200
_DEEPEST = 32
"""More conditions in a file, or braces in one import, than people write: not worth the time that they could take."""

_NOT_CRATES = frozenset({"crate", "self", "super", "Self", "std", "core", "alloc", "clippy", "rustdoc", "rustfmt"})
_MILDER = frozenset({"allow", "warn", "expect"})


def is_rust(path: str) -> bool:
    """Return whether a Rust source stands at ``path``."""
    return path.endswith(".rs")


def rust_facts(path: TreePath, content: bytes) -> FileFacts:
    """Return what the source says; nothing for one that is far too long to be written by a person."""
    collector = FactCollector(path)
    if len(content) <= _LARGEST:
        _Source(tokens_of(content.decode("utf-8", "replace")), collector).collect()
    return collector.facts()


class _Gate(NamedTuple):
    """Tokens that are compiled on a condition only: under some features (or other things), or for tests."""

    start: int
    end: int
    test: bool


class _Use(NamedTuple):
    """One path that a ``use`` brings in, and the name that it has from there on."""

    path: tuple[str, ...]
    name: str


class _Source:
    def __init__(self, tokens: Sequence[str], out: FactCollector) -> None:
        self.tokens = tokens
        self.closing = brackets(tokens)
        self.out = out
        self.gates: list[_Gate] = []
        self.numbers: Counter[tuple[str, ...]] = Counter()
        self.local: set[str] = set()
        self.paths: list[tuple[int, tuple[str, ...]]] = []

    def collect(self) -> None:
        index = 0
        while index < len(self.tokens):
            index = self.step(index)
        for index, path in self.paths if len(self.gates) < _MOST_GATES else ():
            if path[0] not in self.local:
                self.note(Kind.CRATE_PATH, path[0], self.condition(index), "::".join(path))

    def step(self, index: int) -> int:
        """Take in what stands at ``index``, and return where to go on."""
        word = self.tokens[index]
        if word == "#":
            self.take_attribute(index)
        elif word == "use" and self.starts_item(index):
            return self.take_use(index)
        elif word == "crate" and self.at(index - 1) == "extern":
            self.paths.append((index, (self.at(index + 1),)))
        elif word == "mod" and self.at(index + 2) in {";", "{"}:
            self.local.add(self.at(index + 1))
        elif word == "cfg" and self.at(index + 1) == "!":
            self.take_features(index + 2)
        elif self.at(index + 1) == "::":
            return self.take_path(index)
        return index + 1

    def at(self, index: int) -> str:
        return self.tokens[index] if 0 <= index < len(self.tokens) else ""

    def starts_item(self, index: int) -> bool:
        return self.at(index - 1) in {"", ";", "{", "}", "]", ")", "pub"}

    def note(self, kind: Kind, *name: str) -> None:
        """Define an atom; what is said several times is as many atoms."""
        self.numbers[kind, *name] += 1
        self.out.define(kind, (*name, str(self.numbers[kind, *name])), ())

    def condition(self, index: int) -> str:
        """Return under what the word is compiled: always (''), for tests, or on some other condition."""
        around = [gate for gate in self.gates if gate.start <= index < gate.end]
        if any(not gate.test for gate in around):
            return "cfg"
        return "test" if around else ""

    def take_attribute(self, index: int) -> None:
        inner = self.at(index + 1) == "!"
        start = index + (2 if inner else 1)
        if self.at(start) != "[" or len(self.gates) == _MOST_GATES:
            return
        end = self.closing.get(start, len(self.tokens))
        name = self.at(start + 1)
        if name in {"cfg", "cfg_attr"}:
            self.take_features(start + 2)
        if name == "cfg":
            body = self.tokens[start + 3 : end - 1]
            stop = len(self.tokens) if inner else end_of_item(self.tokens, self.closing, end + 1)
            self.gates.append(_Gate(index, stop, body == ["test"]))
            self.take_conditional(end + 1, body)
        elif name == "test" or self.at(end - 1) == "test":
            self.gates.append(_Gate(end + 1, end_of_item(self.tokens, self.closing, end + 1), test=True))
        elif name in _MILDER and self.at(start + 2) == "(":
            for lint in _listed(self.tokens[start + 3 : end - 1]):
                self.note(Kind.LINT_ATTRIBUTE, lint, name)

    def take_features(self, start: int) -> None:
        end = self.closing.get(start, len(self.tokens))
        for index in range(start, end):
            if self.tokens[index : index + 2] == ["feature", "="] and self.at(index + 2).startswith('"'):
                self.note(Kind.CFG_FEATURE, self.at(index + 2).strip('"'))

    def take_conditional(self, start: int, body: Sequence[str]) -> None:
        """Note modules in files of their own that are there on a condition, and features that exclude each other."""
        index = start + (1 if self.at(start) == "pub" else 0)
        if self.at(index) == "(":
            index = self.closing.get(index, len(self.tokens)) + 1
        if self.at(index) == "mod" and body != ["test"]:
            self.out.define(Kind.CONDITIONAL_MODULE, (self.at(index + 1),), ())
        if self.at(start) == "compile_error" and body[:2] == ["all", "("] and body[-1] == ")":
            features = _features_only(body[2:-1])
            if len(features) > 1:
                self.out.define(Kind.EXCLUSIVE_FEATURES, tuple(features), ())

    def take_use(self, index: int) -> int:
        end = index + 1
        while end < len(self.tokens) and self.tokens[end] != ";":
            end += 1
        for used in _uses(self.tokens[index + 1 : end], ()):
            if used.path[0] not in _NOT_CRATES:
                self.paths.append((index, used.path))
            if used.name != used.path[0]:
                self.local.add(used.name)
        return end

    def take_path(self, index: int) -> int:
        """Take in the path whose first name stands at ``index``, if it is one that can lead to another crate."""
        path = [self.at(index)]
        end = index
        while self.at(end + 1) == "::" and self.at(end + 2).isidentifier():
            path.append(self.at(end + 2))
            end += 2
        first = path[0]
        could_be = first.isidentifier() and not first[0].isupper() and first not in _NOT_CRATES
        goes_on = self.at(index - 1) in {".", "$"} or self.tokens[max(index - 2, 0) : index] == [">", "::"]
        if could_be and len(path) > 1 and not goes_on:
            self.paths.append((index, tuple(path)))
        return end + 1


def _features_only(body: Sequence[str]) -> list[str]:
    """Return the features of ``feature = "a", feature = "b"``; none where anything else is said."""
    parts = " ".join(body).removesuffix(",").split(",")
    named = [part.split() for part in parts]
    if any(part[:2] != ["feature", "="] for part in named):
        return []
    return sorted({part[-1].strip('"') for part in named})


def _listed(body: Sequence[str]) -> Iterator[str]:
    """Yield the lints of ``a, clippy::b, reason = "…"``."""
    commas = [-1, *(index for index, word in enumerate(body) if word == ","), len(body)]
    for before, after in pairwise(commas):
        lint = body[before + 1 : after]
        if lint and "=" not in lint:
            yield "".join(lint)


def _uses(tokens: Sequence[str], above: tuple[str, ...], depth: int = 0) -> Iterator[_Use]:
    """Yield the paths of a tree of imports: ``a::{b, c as d}``."""
    path = above
    index = 0
    while index < len(tokens):
        word = tokens[index]
        if word == "{":
            end = closing_of(tokens, index)
            if depth < _DEEPEST:
                yield from _group(tokens[index + 1 : end], path, depth + 1)
            return
        if word == "as":
            if path:
                yield _Use(path, tokens[index + 1] if index + 1 < len(tokens) else "_")
            return
        if word not in {"::", "*"} and not (word == "self" and path):
            path = (*path, word)
        index += 1
    if path:
        yield _Use(path, "" if tokens and tokens[-1] == "*" else path[-1])


def _group(tokens: Sequence[str], above: tuple[str, ...], depth: int) -> Iterator[_Use]:
    start = inside = 0
    for index, word in enumerate((*tokens, ",")):
        inside += (word == "{") - (word == "}")
        if word == "," and not inside:
            if index > start:
                yield from _uses(tokens[start:index], above, depth)
            start = index + 1
