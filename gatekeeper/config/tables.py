"""What the tables of ``gatekeeper.toml`` are made of. Imported only to read a file anew: pydantic is slow to load."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from gatekeeper.core.branch_names import branch_problem, component_problem
from gatekeeper.core.patterns import key_glob
from gatekeeper.core.place_patterns import parse_place_pattern, path_problem
from gatekeeper.core.quantities import MEMORY_UNITS, parse_duration, parse_memory

SPEAKS_FOR_ITSELF = "gatekeeper"
"""The type of errors whose message needs no rewording."""


class Table(BaseModel):
    """A table of the file. What describes its keys to people and editors are the docstrings below them."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)


def refused(problem: str, written: str = "", names: Sequence[str] = ()) -> PydanticCustomError:
    """Return the error for a value that is wrong; ``written`` is not understood, ``names`` would have been."""
    return PydanticCustomError(
        SPEAKS_FOR_ITSELF, "{problem}", {"problem": problem, "written": written, "names": tuple(names)}
    )


def _fits(problem_of: Callable[[str], str | None]) -> AfterValidator:
    def check(text: str) -> str:
        problem = problem_of(text)
        if problem is not None:
            raise refused(problem)
        return text

    return AfterValidator(check)


def _parses(parse: Callable[[str], object], units: Sequence[str] = ()) -> AfterValidator:
    """Return a check by a parser; the text itself stays, so that it can be shown as it was written."""

    def check(text: str) -> str:
        try:
            parse(text)
        except ValueError as error:
            unit = text.lstrip("0123456789. ")
            raise refused(str(error), unit, units if unit and unit not in units else ()) from error
        return text

    return AfterValidator(check)


def _spelled_like(pattern: str) -> WithJsonSchema:
    """Return what editors are told, instead of a check whose message would be the pattern."""
    return WithJsonSchema({"type": "string", "pattern": pattern})


def _line_problem(text: str) -> str | None:
    return None if text.isprintable() else "no control character may be in it"


def _tree_path_problem(path: str) -> str | None:
    return _line_problem(path) or path_problem(path)


def _is_command(arguments: list[str]) -> list[str]:
    if not arguments[0] or any("\0" in argument for argument in arguments):
        raise refused("it must begin with the name of a program, and hold no NUL")
    return arguments


def _one_principal(text: str) -> str:
    # A pattern, as allowed_signers may have it, would give a role to whoever comes to fit it.
    if not text.isprintable() or re.search(r'[\s*?!,"]', text):
        raise refused("it must be one principal of allowed_signers or one agent, not a pattern or a list")
    return text


def _all_different(values: list[str]) -> list[str]:
    repeated = next((value for number, value in enumerate(values) if value in values[:number]), None)
    if repeated is not None:
        raise refused(f"{repeated} stands there twice")
    return values


SeverityName = Literal["note", "minor", "major", "critical"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Line = Annotated[Name, _fits(_line_problem)]
Component = Annotated[str, _fits(component_problem)]
"""The name of an agent, a phase or a gate."""

Principal = Annotated[Name, AfterValidator(_one_principal)]
Branch = Annotated[str, _fits(branch_problem)]
TreePathText = Annotated[Name, _fits(_tree_path_problem)]
KeyGlobText = Annotated[Name, _parses(key_glob)]
PathGlobText = Annotated[Name, _fits(path_problem)]
PlaceText = Annotated[Name, _parses(parse_place_pattern)]
Duration = Annotated[str, _parses(parse_duration), _spelled_like(r"^(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$")]
Memory = Annotated[
    str, _parses(parse_memory, MEMORY_UNITS), _spelled_like(rf"^[0-9]+(\.[0-9]+)? ?({'|'.join(MEMORY_UNITS)})$")
]
Different = AfterValidator(_all_different)
"""No value of a list stands there twice."""

AtLeastOne = Field(min_length=1)

CommandWords = Annotated[list[str], AtLeastOne, AfterValidator(_is_command)]
"""A program with its arguments."""
