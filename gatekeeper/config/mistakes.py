"""What is wrong with a file, with its place and the nearest name that would have been right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel

from gatekeeper.config.document import ConfigDocument
from gatekeeper.config.places import Location, position
from gatekeeper.config.tables import SPEAKS_FOR_ITSELF
from gatekeeper.core.names import format_key
from gatekeeper.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MOST_TOLD = 5
_MOST_LISTED = 12
_NEAR_ENOUGH = 0.7
_NO_RULE = ("there is no such rule", "there is no rule")
"""There are too many rules to list them."""

_OF_A_KEY = "[key]"
"""What pydantic adds to the place of a mistake in a key itself."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong. ``written`` is the word that was not understood, ``names`` those that would be."""

    location: Location
    message: str
    written: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToldMistake:
    """A mistake as people read it. ``line`` and ``column`` count from 1; ``key`` is where in the file it is."""

    line: int | None
    column: int | None
    key: str
    message: str
    hint: str | None = None

    def spelled(self, where: str) -> str:
        """Return it on one line; ``where`` is what the file is called."""
        place = f"{where}:{self.line}:{self.column}" if self.line is not None else where
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


def shape_mistake(detail: ErrorDetails) -> Mistake:
    """Return what pydantic says in our own words."""
    location: Location = detail["loc"]
    kind, context = detail["type"], detail.get("ctx", {})
    if location[-1:] == (_OF_A_KEY,):
        location = location[:-1]
    if kind == SPEAKS_FOR_ITSELF:
        return Mistake(location, context["problem"], context["written"], tuple(context["names"]))
    if kind == "extra_forbidden":
        return Mistake(location, "there is no such key", str(location[-1]), _keys_at(location[:-1]))
    if kind == "literal_error":
        names = tuple(re.findall(r"'([^']*)'", context["expected"]))
        return Mistake(location, f"it must be one of {', '.join(names)}", str(detail["input"]), names)
    if kind in {"model_type", "dict_type"}:
        return Mistake(location, "input should be a table")
    return Mistake(location, detail["msg"][:1].lower() + detail["msg"][1:])


def _keys_at(location: Location) -> tuple[str, ...]:
    """Return the keys that the table at ``location`` may have."""
    table: Any = ConfigDocument
    for part in location:
        if get_origin(table) in {dict, list}:
            table = _without_metadata(get_args(table)[-1])
        else:
            table = _without_metadata(table.model_fields[part].annotation)
    return tuple(table.model_fields) if isinstance(table, type) and issubclass(table, BaseModel) else ()


def _without_metadata(annotation: Any) -> Any:
    """Return the type itself: ``list[X]`` for ``Annotated[list[X], ...]`` and for ``list[X] | None``."""
    while get_origin(annotation) not in {None, dict, list}:
        annotation = get_args(annotation)[0]
    return annotation


def told(mistakes: Iterable[Mistake], text: str) -> Iterator[ToldMistake]:
    """Yield ``mistakes`` as people read them."""
    for mistake in mistakes:
        line, column = position(text, mistake.location) or (None, None)
        yield ToldMistake(line, column, _spelled(mistake.location), mistake.message, _nearest(mistake))


def as_error(mistakes: Sequence[ToldMistake], where: str, most: int = MOST_TOLD) -> ConfigurationError:
    """Return the error that tells the first ``most`` of ``mistakes``, and how many more there are."""
    lines = [mistake.spelled(where) for mistake in mistakes]
    more = len(lines) - most
    if more > 0:
        lines[most:] = [f"and {more} more"]
    hints = dict.fromkeys(mistake.hint for mistake in mistakes[:most] if mistake.hint is not None)
    return ConfigurationError("\n".join(lines), "; ".join(hints) or None)


def _spelled(location: Location) -> str:
    spelled = ""
    for part in location:
        spelled += f"[{part + 1}]" if isinstance(part, int) else ("." if spelled else "") + format_key((part,))
    return spelled


def _nearest(mistake: Mistake) -> str | None:
    if not mistake.names:
        return None
    by_case = {name.casefold(): name for name in mistake.names}
    near = get_close_matches(mistake.written.casefold(), by_case, n=1, cutoff=_NEAR_ENOUGH)
    if near:
        return f"did you mean {by_case[near[0]]} instead of {mistake.written}?"
    if mistake.message.startswith(_NO_RULE):
        return "gatekeeper rules lists the names of all rules"
    more = len(mistake.names) - _MOST_LISTED
    listed = f"there are {', '.join(mistake.names[:_MOST_LISTED])}"
    return listed if more <= 0 else f"{listed} and {more} more"
