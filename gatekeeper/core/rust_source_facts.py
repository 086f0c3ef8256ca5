"""What a Rust source says that a manifest has a part in: features in ``cfg``, other crates, levels of lints.

A source does not know its crate; whose features and dependencies it means, only the tree can tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gatekeeper.core.cfg_conditions import ALWAYS, TEST, UNKNOWN, condition_of, feature, holds, together
from gatekeeper.core.names import TreePath
from gatekeeper.core.rust_tokens import brackets, closing_of, end_of_item, tokens_of
from gatekeeper.core.symbols import FactCollector, FileFacts, Kind

_LARGEST = 1 << 18
_MOST_GATES = 200
_DEEPEST = 32
"""More conditions in a file, or braces in one import, than people write: not worth the time that they could take."""

_NOT_CRATES = frozenset({"crate", "self", "super", "Self", "std", "core", "alloc", "clippy", "rustdoc", "rustfmt"})
_OWN = frozenset({"crate", "self", "super"})
_MILDER = frozenset({"allow", "warn", "expect"})
_BODIES = {"macro_rules": 3, "cfg_if": 2, "cfg_select": 2}
"""Macros -> where the bracket around their body stands."""


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
    """Tokens that are compiled on a condition only."""

    start: int
    end: int
    condition: str


class _Use(NamedTuple):
    """One path that a ``use`` brings in, and the name that it has from there on."""

    path: tuple[str, ...]
    name: str


class _Later(NamedTuple):
    """What is to be noted once all gates are known: ``name`` with the condition at ``at`` behind its first part."""

    at: int
    kind: Kind
    name: tuple[str, ...]
    condition: str = ALWAYS


class _Path(NamedTuple):
    """A path that can lead to another crate; ``bare`` where a name in scope goes before the crate of that name."""

    at: int
    names: tuple[str, ...]
    bare: bool


class _Source:
    def __init__(self, tokens: Sequence[str], out: FactCollector) -> None:
        self.tokens = tokens
        self.closing = brackets(tokens)
        self.out = out
        self.gates: list[_Gate] = []
        self.numbers: Counter[tuple[str, ...]] = Counter()
        self.local: set[str] = set()
        self.globs: set[str] = set()
        self.paths: list[_Path] = []
        self.later: list[_Later] = []
        self.attributes = (0, 0)
        """Where the last run of attributes starts and ends."""

    def collect(self) -> None:
        index = 0
        while index < len(self.tokens):
            index = self.step(index)
        own_glob = not self.globs.isdisjoint(self.local | _OWN)
        for index, path, bare in self.paths if len(self.gates) < _MOST_GATES else ():
            if path[0] not in self.local:
                kind = Kind.BARE_PATH if bare and own_glob else Kind.CRATE_PATH
                self.note(kind, path[0], self.condition(index), "::".join(path))
        for one in self.later:
            condition = together((self.condition(one.at), one.condition))
            self.note(one.kind, one.name[0], condition, *one.name[1:])

    def step(self, index: int) -> int:
        """Take in what stands at ``index``, and return where to go on."""
        word, after = self.tokens[index], self.at(index + 1)
        if word == "#":
            self.take_attribute(index)
        elif word == "use" and self.starts_item(index):
            return self.take_use(index)
        elif word == "crate" and self.at(index - 1) == "extern":
            self.paths.append(_Path(index, (after,), bare=False))
        elif word == "mod" and self.at(index + 2) in {";", "{"}:
            self.local.add(after)
            self.later.append(_Later(index, Kind.MODULE, (after,)))
        elif after == "!":
            self.take_macro(index)
        elif after == "::" and word.isidentifier():
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
        """Return under what the word is compiled."""
        if len(self.gates) == _MOST_GATES:
            return UNKNOWN
        return together(gate.condition for gate in self.gates if gate.start <= index < gate.end)

    def take_macro(self, index: int) -> None:
        """Take in a macro that says what is compiled, or whose body is compiled where it is used only."""
        word = self.tokens[index]
        if word == "cfg":
            self.take_features(index + 2, "")
        elif word == "include" and self.at(index + 3).startswith('"'):
            self.later.append(_Later(index, Kind.MODULE_FILE, (self.at(index + 3).strip('"'),)))
        elif word in _BODIES and len(self.gates) < _MOST_GATES:
            body = index + _BODIES[word]
            self.gates.append(_Gate(body, self.closing.get(body, len(self.tokens)), UNKNOWN))

    def take_attribute(self, index: int) -> None:
        inner = self.at(index + 1) == "!"
        start = index + (2 if inner else 1)
        if self.at(start) != "[" or len(self.gates) == _MOST_GATES:
            return
        end = self.closing.get(start, len(self.tokens))
        first, last = self.attributes
        self.attributes = (first if last == index else index, end + 1)
        name, body = self.at(start + 1), self.tokens[start + 3 : end - 1]
        if name == "cfg":
            self.take_features(start + 2, condition_of(body))
            self.take_gate(end + 1, condition_of(body), inner=inner)
            self.take_exclusive(end + 1, body)
        elif name == "test" or self.at(end - 1) == "test":
            self.take_gate(end + 1, TEST, inner=False)
        elif name == "cfg_attr":
            self.take_features(start + 2, "")
            condition, *attributes = _at_commas(body)
            for attribute in attributes:
                self.take_in(index, attribute, condition_of(condition))
        else:
            self.take_in(index, self.tokens[start + 1 : end], ALWAYS)

    def take_gate(self, start: int, condition: str, *, inner: bool) -> None:
        stop = len(self.tokens) if inner else end_of_item(self.tokens, self.closing, start)
        self.gates.append(_Gate(self.attributes[0], stop, condition))

    def take_in(self, index: int, attribute: Sequence[str], condition: str) -> None:
        """Note the levels of lints that an attribute sets, and the file that it names for a module."""
        name, mark = (*attribute, "", "")[:2]
        if name in _MILDER and mark == "(":
            for lint in _listed(attribute[2:-1]):
                self.later.append(_Later(index, Kind.LINT_ATTRIBUTE, (lint, name), condition))
        elif name == "path" and mark == "=" and attribute[2:]:
            self.later.append(_Later(index, Kind.MODULE_FILE, (attribute[2].strip('"'),), condition))

    def take_features(self, start: int, condition: str) -> None:
        """Note the features that are asked for, and what becomes of code under ``condition`` without each of them."""
        end = self.closing.get(start, len(self.tokens))
        for index in range(start, end):
            if self.tokens[index : index + 2] == ["feature", "="] and self.at(index + 2).startswith('"'):
                name = self.at(index + 2).strip('"')
                compiled = holds(condition, {feature(name): False}) if condition else None
                self.note(Kind.CFG_FEATURE, name, {None: "", True: "always", False: "never"}[compiled])

    def take_exclusive(self, start: int, body: Sequence[str]) -> None:
        """Note features that exclude each other."""
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
                self.paths.append(_Path(index, used.path, bare=False))
            if used.name not in {"", "_", used.path[0]}:
                self.local.add(used.name)
                self.out.define(Kind.IMPORTED_NAME, (used.name,), ())
            if not used.name and not used.path[-1][:1].isupper():
                # Names of types bring in no modules.
                self.globs.add(used.path[0])
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
            self.paths.append(_Path(index, tuple(path), bare=self.at(index - 1) != "::"))
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
    return ("".join(lint) for lint in _at_commas(body) if lint and "=" not in lint)


def _at_commas(body: Sequence[str]) -> list[Sequence[str]]:
    """Return the parts between the commas that stand in no brackets."""
    parts: list[Sequence[str]] = []
    start = inside = 0
    for index, word in enumerate((*body, ",")):
        inside += (word in "([{") - (word in ")]}")
        if word == "," and inside <= 0:
            parts.append(body[start:index])
            start = index + 1
    return parts or [body]


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
    for part in _at_commas(tokens):
        if part:
            yield from _uses(part, above, depth)
