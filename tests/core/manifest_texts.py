"""Texts of manifests, and what people make of them: statements, comments and blank lines, in all spellings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from hypothesis import strategies as st

from gatekeeper.core.document import Document, parse
from gatekeeper.core.schema import CARGO, CARGO_MAKE, Profile

Draw = Callable[[st.SearchStrategy[Any]], Any]
_Kind = Mapping[str, Mapping[str, st.SearchStrategy[str]]]


@dataclass(frozen=True)
class Line:
    """A statement with the lines above it and what stands behind it."""

    statement: str
    above: str = ""
    behind: str = ""

    @property
    def is_header(self) -> bool:
        """Whether it opens a table."""
        return self.statement.startswith("[")

    def __str__(self) -> str:
        return f"{self.above}{self.statement}{self.behind}\n"


class Triple(NamedTuple):
    """Three versions of a file."""

    base: str
    ours: str
    theirs: str
    profile: Profile


@st.composite
def arrays(draw: Draw, entries: tuple[str, ...] = ('"x"', '"y"', "'z'", '"w/x"', '"dep:a"', '"#"')) -> str:
    found = draw(st.lists(st.sampled_from(entries), max_size=4, unique=True))
    style = draw(st.sampled_from(["[ ]", "[]", "[,]", "split", "mixed"]))
    if style[0] == "[" or not found:
        return f"[{(', ' if style == '[ ]' else ',').join(found)}{',' if found and style == '[,]' else ''}]"
    text = "[\n"
    for number, entry in enumerate(found):
        is_last = number + 1 == len(found)
        above = draw(st.sampled_from(["", "", "  # above\n", "\n", "  # [\n\n"])) if text.endswith("\n") else ""
        comma = "," if not is_last or draw(st.booleans()) else ""
        behind = draw(st.sampled_from(["\n", "\n", " # behind\n", " # ], x\n"]))
        text += f"{above}  {entry}{comma}{' ' if style == 'mixed' and not is_last else behind}"
    return f"{text}{draw(st.sampled_from(['', '', '  # last' + chr(10)]))}]"


@st.composite
def _dependencies(draw: Draw) -> str:
    inner = draw(
        st.lists(st.sampled_from(["features", "optional", "default-features", "path"]), max_size=3, unique=True)
    )
    version = draw(_VERSIONS)
    if not inner:
        return str(draw(st.sampled_from([version, f"{{ version = {version} }}", f'{{ "version"={version}}}'])))
    values = {"features": _FEATURES, "optional": st.just("true"), "path": st.just('"../p"')}
    pairs = [f"version = {version}", *(f"{name} = {draw(values.get(name, st.just('false')))}" for name in inner)]
    pairs = [pair.replace("default-", "default_") for pair in pairs] if draw(st.booleans()) else pairs
    return str(draw(st.sampled_from(["{ PAIRS }", "{PAIRS}"]))).replace("PAIRS", ", ".join(pairs))


_VERSIONS = st.sampled_from(['"1.0"', "'1.0'", '"1.2"', '"2"', '"^1.0"'])
_FEATURES = st.lists(st.sampled_from(['"x"', '"y"', "'z'"]), max_size=3, unique=True).map(
    lambda all_: f"[{','.join(all_)}]"
)
_LITERALS = st.sampled_from(['"a"', "'b'", '"c#"'])
_LONG = ('"""\nl1\nl2\nl3\n"""', '"""\nl1\nl2\nl3\nl4\n"""', '"""\nl0\nl1\nl2\nl3"""', "'''\nl0\n# no comment\nl1\n'''")
_TEXTS = st.one_of(_LITERALS, st.sampled_from(_LONG))
_BOOLEANS = st.sampled_from(["true", "false"])

_NEEDS = {
    **dict.fromkeys(("a", "b", '"c"', "d_e", "f"), _dependencies()),
    "g.version": _VERSIONS,
    "g.features": arrays(),
}
_CARGO: _Kind = {
    "[package]": {
        "version": _VERSIONS, "edition": _LITERALS, "description": _TEXTS, "keywords": arrays(),
        "include": arrays(('"a"', '"!b"', '"c"')), "rust-version": _VERSIONS, '"autobins"': _BOOLEANS,
        "metadata.a.b": _TEXTS, "metadata.a.c": arrays(),
    },
    "[dependencies]": _NEEDS,
    "[dependencies.h]": {"version": _VERSIONS, "features": arrays(), "optional": _BOOLEANS},
    "[dev-dependencies]": _NEEDS,
    "[target.'cfg(unix)'.dependencies]": _NEEDS,
    '[target."cfg( windows )".dependencies]': _NEEDS,
    "[features]": dict.fromkeys(("default", "std", "'x.y'"), arrays()),
    "[ profile . release ]": {"lto": _LITERALS, "opt-level": st.sampled_from("123"), "debug": _BOOLEANS},
    "[workspace]": {
        "members": arrays(), "resolver": _LITERALS, "metadata": st.sampled_from(["{ a = [[1, 2], [3]] }", "{a=[[1]]}"]),
    },
    "[[bin]]": {"path": _LITERALS, "required-features": arrays(), "test": _BOOLEANS},
    "[lints.rust]": {"unsafe_code": st.sampled_from(['"deny"', '{ level = "warn", priority = -1 }'])},
}  # fmt: skip
_TASK = {
    "command": _TEXTS, "args": arrays(), "script": _TEXTS, "dependencies": arrays(), "env": st.just('{ A = "1" }'),
    "condition.profiles": arrays(), "description": _TEXTS,
}  # fmt: skip
_MAKEFILE: _Kind = {
    "[config]": {"default_to_workspace": _BOOLEANS, "min_version": _VERSIONS},
    "[env]": {"A": _TEXTS, "B": _TEXTS, '"C D"': _TEXTS, "E": st.sampled_from(['{ value = "1" }', "2"])},
    "[tasks.s]": _TASK,
    '[tasks."t-t"]': _TASK,
    "[tasks.u]": _TASK,
    "[env.ci]": {"A": _TEXTS},
}  # fmt: skip

_ABOVE = st.sampled_from(
    ["", "", "", "", "\n", "# first\n", "\n# apart\n\n", "\n# own\n", "# it's = [\n# two\n", "  # in\n"]
)
_BEHIND = st.sampled_from(["", "", "", " # why", "  # it's", ' # "x",'])


@st.composite
def _line(draw: Draw, statement: str) -> Line:
    number = str(draw(st.integers(0, 99)))
    return Line(statement, draw(_ABOVE).replace("#", f"#{number}"), draw(_BEHIND).replace("#", f"#{number}"))


@st.composite
def _section(draw: Draw, kind: _Kind) -> list[Line]:
    header = draw(st.sampled_from(sorted(kind)))
    keys = draw(st.lists(st.sampled_from(sorted(kind[header])), min_size=1, max_size=5, unique=True))
    lines = [draw(_line(f"{key} = {draw(kind[header][key])}")) for key in keys]
    if header.startswith("[["):
        lines.insert(0, Line(f'name = "{draw(st.sampled_from("mn"))}"'))
    return [draw(_line(header)), *lines]


@st.composite
def _documents(draw: Draw, kind: _Kind) -> list[Line]:
    sections = draw(st.lists(_section(kind), min_size=1, max_size=4, unique_by=lambda one: one[0].statement))
    return [line for section in sections for line in section]


@st.composite
def _edited(draw: Draw, lines: list[Line], kind: _Kind) -> list[Line]:
    """Return what somebody made of ``lines``."""
    edited = list(lines)
    for _ in range(draw(st.integers(1, 5))):
        edit = draw(st.sampled_from([_change, _change, _add, _add, _drop, _move, _annotate, _annotate, _add_section]))
        if edited or edit is _add_section:
            edit(draw, edited, kind, draw(st.integers(0, max(0, len(edited) - 1))))
    return edited


def _change(draw: Draw, lines: list[Line], kind: _Kind, at: int) -> None:
    key = lines[at].statement.split(" = ")[0]
    values = kind.get(_header_above(lines, at), {})
    if key in values:
        lines[at] = replace(lines[at], statement=f"{key} = {draw(values[key])}")


def _add(draw: Draw, lines: list[Line], kind: _Kind, at: int) -> None:
    values = kind.get(_header_above(lines, at), {})
    if values:
        key = draw(st.sampled_from(sorted(values)))
        if not any(one.statement.startswith(f"{key} =") for one in lines[at:]):
            lines.insert(at + 1, draw(_line(f"{key} = {draw(values[key])}")))


def _drop(_draw: Draw, lines: list[Line], _kind: _Kind, at: int) -> None:
    after = next((number for number in range(at + 1, len(lines)) if lines[number].is_header), len(lines))
    del lines[at : after if lines[at].is_header else at + 1]


def _move(_draw: Draw, lines: list[Line], _kind: _Kind, at: int) -> None:
    if at and not lines[at].is_header and not lines[at - 1].is_header:
        lines.insert(at - 1, lines.pop(at))


def _annotate(draw: Draw, lines: list[Line], _kind: _Kind, at: int) -> None:
    lines[at] = draw(_line(lines[at].statement))


def _add_section(draw: Draw, lines: list[Line], kind: _Kind, _at: int) -> None:
    section = draw(_section(kind))
    starts = [number for number, line in enumerate(lines) if line.is_header]
    if section[0].statement not in {line.statement for line in lines}:
        where = draw(st.sampled_from([*starts, len(lines)]))
        lines[where:where] = section


def _header_above(lines: list[Line], at: int) -> str:
    return next((one.statement for one in reversed(lines[: at + 1]) if one.is_header), "")


def is_valid(text: str, profile: Profile) -> bool:
    """Return whether ``text`` says something."""
    return isinstance(parse(text.encode(), profile), Document)


def written(lines: list[Line], ending: str = "\n", end: str = "") -> str:
    """Return the text of ``lines``; ``end`` stands behind the last of them."""
    return ("".join(map(str, lines)) + end).replace("\n", ending)


@st.composite
def triples(draw: Draw) -> Triple:
    """Return three versions of a manifest or makefile: what two people made of one text."""
    profile, kind = draw(st.sampled_from([(CARGO, _CARGO), (CARGO, _CARGO), (CARGO_MAKE, _MAKEFILE)]))
    base = draw(_documents(kind))
    sides = [base, draw(_edited(base, kind)), draw(_edited(base, kind))]
    ending = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    mark = draw(st.sampled_from(["", "", "\ufeff"]))
    texts = []
    for side in sides:
        text = written(side, ending, draw(st.sampled_from(["", "", "", "# end\n", "\n"])))
        texts.append(mark + (text.rstrip("\r\n") if draw(st.integers(0, 5)) == 0 else text))
    return Triple(texts[0], texts[1], texts[2], profile)


@st.composite
def markers(draw: Draw) -> tuple[Triple, str]:
    """Return a triple whose theirs changes a section that ours leaves alone, and what the merge has to be."""
    profile, kind, header = draw(
        st.sampled_from([(CARGO, _CARGO, "[package.metadata.mark]"), (CARGO_MAKE, _MAKEFILE, "[tasks.mark]")])
    )
    above, below = draw(_documents(kind)), draw(_documents(kind))
    if not {line.statement for line in above if line.is_header}.isdisjoint(line.statement for line in below):
        below = []
    behind, comment = draw(_BEHIND), draw(_ABOVE)
    before = f"{comment}{header}\n\n# marked\ndescription = 1{behind}\n# end of it\nalias = 1\n"
    after = draw(
        st.sampled_from(
            [
                before.replace("= 1", "= 2", 1),
                before.replace(header, f"{header} # new"),
                before.replace("# marked\n", "# marked\n# twice\n"),
                before.replace("# end", "cwd = 1\n# end"),
                before.replace("\nalias", "\nalias = 2\nprivate").replace("alias = 2\nprivate = 1", "alias = 2"),
                before + "cwd = 1 # last\n",
                before.replace("# end of it\nalias = 1\n", ""),
            ]
        )
    )
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    edited = written(draw(_edited(above, kind)), ending), written(draw(_edited(below, kind)), ending)
    before, after = before.replace("\n", ending), after.replace("\n", ending)
    untouched = written(above, ending), written(below, ending)
    base, theirs = (f"{untouched[0]}{middle}{untouched[1]}" for middle in (before, after))
    ours, merged = (f"{edited[0]}{middle}{edited[1]}" for middle in (before, after))
    return Triple(base, ours, theirs, profile), merged
