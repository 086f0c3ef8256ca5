"""What a shell script runs, one simple command after the other: where, with which values, and on what condition.

Followed are `cd`, loops over words, variables that are set once, and tests for a file (`[ -d x ] && ...`). What the
script may fail at without minding (`... || true`) is left out. Nothing is run, and nothing raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from gatekeeper.core.command_places import OUTSIDE, entered, placed
from gatekeeper.core.shell_words import ASSIGNMENT, CLOSE, OPEN, Command, bare, commands

_BLOCK_ENDS = {"fi": "if", "}": "{", "done": "loop"}
_KEYWORDS = frozenset({"{", "}", "if", "then", "elif", "else", "fi", "while", "until", "do", "done"})
_DECLARING = frozenset({"declare", "export", "local", "readonly"})
_CHANGING_DIRECTORY = frozenset({"cd", "popd", "pushd"})
_LEAVING = frozenset({"break", "continue", "exit", "return"})
_TESTING = frozenset({"[", "[[", "test"})
_FOR_A_FILE = frozenset({"-d", "-e", "-f", "-r", "-s", "-x"})
_COPYING = frozenset({"cp", "install", "ln", "mv", "tee"})
_SUCCEEDING, _TELLING = frozenset({":", "true"}), frozenset({"echo", "printf"})
_ENDS_OF_A_LIST = frozenset({"", "\n", ";", "&", ";;"})
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_MOST_STEPS = 2_000
"""A loop inside a loop inside a loop can ask for any number."""

_Paths = frozenset[str]
_NOTHING: _Paths = frozenset()


class Step(NamedTuple):
    """A simple command that a script runs. ``line``: where it stands in the script, from 0.

    ``directory``: where in the tree, None where that is not known. ``there``: the paths without which it is not run;
    ``made``: those that the script has written before.
    """

    words: tuple[str, ...]
    line: int
    directory: str | None
    there: _Paths
    made: _Paths


def steps(script: str, directory: str | None, variables: Iterable[tuple[str, str]] = ()) -> Iterator[Step]:
    """Yield what ``script`` runs when it is started in ``directory`` of the tree with these ``variables``."""
    found = commands(script)
    return _Run(directory, _variables(found, variables)).steps(_without_shrugs(found))


def substituted(word: str, variables: Mapping[str, str]) -> str:
    """Return ``word`` with the values of those of its variables that are known."""
    return _VARIABLE.sub(lambda found: variables.get(found[1] or found[2], found[0]), word) if "$" in word else word


def _variables(found: Iterable[Command], given: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the variables that have one value in the whole script."""
    values: dict[str, set[str | None]] = {}
    for command in found:
        words = command.words[command.words[0] in _DECLARING :]
        if command.words[0] in {"for", "read"}:
            values.update((name, {None}) for name in words[1:])
        set_here = [ASSIGNMENT.match(word) for word in words]
        for one in set_here if all(set_here) else ():
            if one is not None:
                # What is substituted comes as the next command.
                plain = "$" not in one["value"] and command.operator not in {"$(", "`"}
                values.setdefault(one["name"], set()).add(one["value"] if plain else None)
    known = {name: one for name, some in values.items() if len(some) == 1 for one in some if one is not None}
    return {name: value for name, value in given if name not in values} | known


def _without_shrugs(found: Sequence[Command]) -> list[Command]:
    """Return the commands, with `:` in place of those whose failure the script does not mind."""
    shrugged: set[int] = set()
    outer: list[tuple[list[int], list[int]]] = []
    listed: list[int] = []
    group: list[int] = []
    for number, command in enumerate(found):
        if command.words == OPEN or command.words[0] == "{":
            outer.append((listed, group))
            listed, group = [], []
        elif outer and (command.words == CLOSE or command.words[0] == "}"):
            inside = group
            listed, group = outer.pop()
            listed += inside
            group += inside
        listed.append(number)
        group.append(number)
        if command.operator == "||" and number + 1 < len(found) and _shrugs(found[number + 1]):
            shrugged.update(listed)
        elif command.operator in _ENDS_OF_A_LIST:
            listed = []
    return [one._replace(words=_idle(one.words)) if n in shrugged else one for n, one in enumerate(found)]


def _shrugs(command: Command) -> bool:
    """Return whether what stands behind `||` always succeeds, and nothing goes on from there."""
    program = command.words[0]
    return program in _SUCCEEDING or (program in _TELLING and command.operator != "&&")


def _idle(words: tuple[str, ...]) -> tuple[str, ...]:
    if words in {OPEN, CLOSE} or words[0] in _CHANGING_DIRECTORY | _TESTING | {"for"}:
        return words
    count = next((number for number, word in enumerate(words) if word not in _KEYWORDS), len(words))
    return (*words[:count], ":")


@dataclass(slots=True)
class _Block:
    """A block that is open. ``tested``: what its condition says is there if it holds, and if it does not."""

    word: str
    directory: str | None
    there: _Paths
    asking: bool = False
    either: bool = False
    leaves: bool = False
    tested: list[tuple[_Paths, _Paths]] = field(default_factory=list)

    def there_if(self, *, holds: bool) -> _Paths:
        """Return what is there if the condition holds, or if it does not."""
        if self.either:
            return _NOTHING
        if holds:
            return _NOTHING.union(*(there for there, _ in self.tested))
        return self.tested[0][1] if len(self.tested) == 1 else _NOTHING


class _Run:
    def __init__(self, directory: str | None, variables: Mapping[str, str]) -> None:
        self.directory = directory
        self.variables = dict(variables)
        self.there = _NOTHING
        self.there_in_list = _NOTHING
        self.made = _NOTHING
        self.unless_left: list[tuple[_Paths, _Paths]] = []
        self.blocks = [_Block("", directory, _NOTHING)]
        self.before = ""
        self.left = _MOST_STEPS

    def steps(self, some: Sequence[Command]) -> Iterator[Step]:
        number = 0
        while number < len(some) and self.left > 0:
            command = some[number]
            number += 1
            self.left -= 1
            words = self._behind_keywords(command.words)
            if words[:1] == ("for",) and words[2:3] == ("in",):
                end = _end_of_loop(some, number)
                yield from self._loop(words[1], words[3:], some[number:end])
                number = end + 1
            elif words[:1] in {("for",), ("select",)}:
                self._enter("loop")
            elif words:
                following = some[number].words[0] if number < len(some) else ""
                yield from self._simple(command, words, following)
            self._go_on(command.operator, bare(words)[:1])

    def _loop(self, name: str, values: Sequence[str], body: Sequence[Command]) -> Iterator[Step]:
        outer = self.variables
        depth = len(self.blocks)
        for value in [substituted(value, outer) for value in values] or ["$"]:
            self.variables = outer | {name: value}
            self._enter("for")
            yield from self.steps(body)
            self.there, self.there_in_list = self.blocks[depth].there, _NOTHING
            del self.blocks[depth:]
        self.variables = outer

    def _behind_keywords(self, words: tuple[str, ...]) -> tuple[str, ...]:
        if words == OPEN:
            self._enter("(")
            return ()
        if words == CLOSE:
            block = self._leave("(")
            self.directory = self.directory if block is None else block.directory
            return ()
        while words and words[0] in _KEYWORDS:
            self._keyword(words[0])
            words = words[1:]
        return words

    def _keyword(self, word: str) -> None:
        block = self.blocks[-1]
        if word in _BLOCK_ENDS:
            ended = self._leave(_BLOCK_ENDS[word])
            if ended is not None and ended.leaves:
                self.there |= ended.there_if(holds=False)
        elif word in {"{", "if"}:
            self._enter(word)
        elif word in {"while", "until"}:
            self._enter("loop")
        elif block.word == "if" and word != "do":
            holds, block.asking = word == "then", word == "elif"
            self.there = block.there | (_NOTHING if word == "elif" else block.there_if(holds=holds))
            if not holds:
                block.tested, block.either, block.leaves = [], False, False

    def _enter(self, word: str) -> None:
        self.blocks.append(_Block(word, self.directory, self.there, asking=word == "if", tested=self.unless_left))
        self.there |= self.there_in_list
        self.there_in_list, self.unless_left = _NOTHING, []

    def _leave(self, word: str) -> _Block | None:
        if self.blocks[-1].word != word:
            return None
        block = self.blocks.pop()
        self.there, self.there_in_list = block.there, _NOTHING
        return block

    def _simple(self, command: Command, words: tuple[str, ...], following: str) -> Iterator[Step]:
        words = tuple(substituted(word, self.variables) for word in words)
        run = bare(words)
        program = run[0] if run else ""
        if program in _CHANGING_DIRECTORY:
            self._change_directory(run)
        elif program in _TESTING:
            tested = self._tested(run[1:], words[: len(words) - len(run)].count("!"))
            self._test(command.operator, tested, following)
        elif run:
            block = self.blocks[-1]
            if block.asking:
                block.tested.append((_NOTHING, _NOTHING))
                block.either = block.either or command.operator == "||"
            elif program in _LEAVING and self.before not in {"&&", "||"}:
                block.leaves = True
            yield Step(run, command.line, self.directory, self.there | self.there_in_list, self.made)
        written = [substituted(path, self.variables) for path in command.writes]
        written += run[-1:] if program in _COPYING else ()
        self.made |= {place for path in written if (place := placed(path, self.directory))}

    def _go_on(self, operator: str, program: tuple[str, ...]) -> None:
        """Pass what stands behind a command."""
        if operator in _ENDS_OF_A_LIST or (operator == "||" and _TESTING.isdisjoint(program)):
            self.there_in_list = _NOTHING
        self.before = operator

    def _change_directory(self, words: tuple[str, ...]) -> None:
        if words == ("cd",):
            self.directory = OUTSIDE
        else:
            is_plain = len(words) == 2 and words[0] != "popd"  # noqa: PLR2004 -- a command and its argument
            self.directory = entered(words[1], self.directory) if is_plain else None

    def _test(self, operator: str, tested: tuple[_Paths, _Paths], following: str) -> None:
        """Note what a test says is there if it succeeds, and if it fails."""
        block = self.blocks[-1]
        if block.asking:
            block.tested.append(tested)
            block.either = block.either or operator == "||"
        elif operator in {"&&", "||"}:
            now, otherwise = tested if operator == "&&" else tested[::-1]
            self.there_in_list = now if operator == "||" else self.there_in_list | now
            if following in _LEAVING:
                self.there |= otherwise
            elif following == "{":
                self.unless_left = [(now, otherwise)]

    def _tested(self, words: Sequence[str], negations: int) -> tuple[_Paths, _Paths]:
        arguments = [word for word in words if word not in {"]", "]]"}]
        negations += arguments.count("!")
        arguments = [word for word in arguments if word != "!"]
        operands = {
            place
            for test, path in pairwise(arguments)
            if test in _FOR_A_FILE and (place := placed(path, self.directory))
        }
        found = frozenset(operands)
        if negations % 2:
            return _NOTHING, found if len(arguments) == 2 else _NOTHING  # noqa: PLR2004 -- one test and its operand
        return _NOTHING if "-o" in arguments else found, _NOTHING


def _end_of_loop(some: Sequence[Command], number: int) -> int:
    """Return the number of the command that ends the loop whose body begins at ``number``."""
    depth = 1
    for at in range(number, len(some)):
        words = some[at].words
        while words and words[0] in _KEYWORDS | {"for", "select"}:
            depth += {"for": 1, "select": 1, "while": 1, "until": 1, "done": -1}.get(words[0], 0)
            if depth == 0:
                return at
            if words[0] in {"for", "select"}:
                break
            words = words[1:]
    return len(some)
