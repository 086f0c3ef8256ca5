"""The text of ``gatekeeper.toml`` to a checked document; every mistake is told with its place and the nearest name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from gatekeeper.config import PlaceOverride
from gatekeeper.config.document import ConfigDocument, ExpectedRow, PlaceRow
from gatekeeper.config.expectations import Expectation
from gatekeeper.core.document import ParseFailure, parse
from gatekeeper.core.names import RuleId, Severity, format_key
from gatekeeper.core.patterns import key_glob, path_glob
from gatekeeper.core.rules.model import Family
from gatekeeper.core.rules.registry import all_rules
from gatekeeper.core.schema import GENERIC
from gatekeeper.core.spans import SourceMap
from gatekeeper.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Location = tuple[str | int, ...]

_MOST_TOLD = 5
_MOST_LISTED = 12
_NEAR_ENOUGH = 0.7
_NO_PARTS = frozenset({"", ".", ".."})
"""No path of a tree has these between its slashes."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong. ``written`` is the word that was not understood, ``names`` those that would be."""

    location: Location
    message: str
    written: str = ""
    names: tuple[str, ...] = ()


def read(source: bytes, where: str) -> tuple[ConfigDocument, tuple[PlaceOverride, ...], tuple[Expectation, ...]]:
    """Return the checked document, its severity rows by place and its expectations; raises ConfigurationError."""
    parsed = parse(source, GENERIC)
    if isinstance(parsed, ParseFailure):
        raise ConfigurationError(f"{where}:{parsed.line}:{parsed.column}: {parsed.message}")
    try:
        document = ConfigDocument.model_validate(parsed.tree)
    except ValidationError as error:
        mistakes = [_mistake(detail) for detail in error.errors(include_url=False)]
    else:
        mistakes = list(_meaningless_names(document))
        if not mistakes:
            policy = document.policy
            return document, tuple(map(_place, policy.severity.places)), tuple(map(_expectation, policy.expected))
    raise _as_error(mistakes, source, where)


def _place(row: Any) -> PlaceOverride:
    rule = None if row.rule is None else RuleId(row.rule)
    return PlaceOverride(path_glob(row.path), key_glob(row.key), Severity.from_label(row.severity), rule)


def _expectation(row: ExpectedRow) -> Expectation:
    return Expectation(
        row.reason,
        path_glob(row.path),
        key_glob(row.key),
        None if row.rule is None else RuleId(row.rule),
        None if row.family is None else _families()[row.family.casefold()],
        tuple(row.agents),
    )


def _families() -> dict[str, Family]:
    return {family.value.casefold(): family for family in Family}


def _meaningless_names(document: ConfigDocument) -> Iterator[Mistake]:
    """Yield what the shape of the file allows and the program does not know."""
    overrides = document.policy.severity
    # The rules are loaded only for a file that names any.
    rows: list[tuple[Location, PlaceRow | ExpectedRow]] = [
        *((("policy", "severity", "places", number), row) for number, row in enumerate(overrides.places)),
        *((("policy", "expected", number), row) for number, row in enumerate(document.policy.expected)),
    ]
    names_rules = overrides.rules or any(row.rule is not None for _, row in rows)
    rules: tuple[str, ...] = tuple(all_rules()) if names_rules else ()
    families = _families()
    here: Location = ("policy", "severity")
    for rule in overrides.rules:
        if rule not in rules:
            yield Mistake((*here, "rules", rule), "there is no such rule", rule, rules)
    seen: dict[str, str] = {}
    for family in overrides.families:
        if family.casefold() not in families:
            yield Mistake((*here, "families", family), "there is no such family", family, tuple(families))
        elif (first := seen.setdefault(family.casefold(), family)) != family:
            yield Mistake((*here, "families", family), f"it is the same family as {first}")
    for place, row in rows:
        yield from _meaningless_in_row(place, row, rules)


def _meaningless_in_row(place: Location, row: PlaceRow | ExpectedRow, rules: tuple[str, ...]) -> Iterator[Mistake]:
    if row.rule is not None and row.rule not in rules:
        yield Mistake((*place, "rule"), f"there is no rule {row.rule}", row.rule, rules)
    try:
        key_glob(row.key)
    except ValueError as error:
        yield Mistake((*place, "key"), str(error))
    if not _NO_PARTS.isdisjoint(row.path.split("/")):
        yield Mistake((*place, "path"), "it must be as git spells it, from the top: Cargo.toml, not ./Cargo.toml")
    if isinstance(row, ExpectedRow):
        families = _families()
        if row.family is not None and row.family.casefold() not in families:
            yield Mistake((*place, "family"), f"there is no family {row.family}", row.family, tuple(families))
        if not row.model_fields_set - {"reason"}:
            yield Mistake(place, "it must name a rule, a family, a path, a key or agents")


def _mistake(detail: ErrorDetails) -> Mistake:
    location: Location = detail["loc"]
    kind = detail["type"]
    if kind == "extra_forbidden":
        return Mistake(location, "there is no such key", str(location[-1]), _keys_at(location[:-1]))
    if kind == "literal_error":
        names = tuple(severity.label for severity in Severity)
        return Mistake(location, f"it must be one of {', '.join(names)}", str(detail["input"]), names)
    return Mistake(location, detail["msg"][:1].lower() + detail["msg"][1:])


def _keys_at(location: Location) -> tuple[str, ...]:
    """Return the keys that the table at ``location`` may have."""
    table: Any = ConfigDocument
    for part in location:
        if isinstance(part, int):
            continue
        annotation = table.model_fields[part].annotation
        table = next(iter(getattr(annotation, "__args__", ())), annotation)
    return tuple(table.model_fields) if isinstance(table, type) and issubclass(table, BaseModel) else ()


def _as_error(mistakes: Iterable[Mistake], source: bytes, where: str) -> ConfigurationError:
    mistakes = list(mistakes)
    spans = SourceMap(source)
    told = [f"{where}{_position(spans, m.location)}: {_spelled(m.location)}: {m.message}" for m in mistakes]
    more = len(told) - _MOST_TOLD
    if more > 0:
        told[_MOST_TOLD:] = [f"and {more} more"]
    hints = [hint for mistake in mistakes[:_MOST_TOLD] if (hint := _nearest(mistake)) is not None]
    return ConfigurationError("\n".join(told), "; ".join(hints) or None)


def _position(spans: SourceMap, location: Location) -> str:
    """Return ``:LINE:COLUMN`` of a key; of the row around it where it stands in an array of tables."""
    key = tuple(str(part) for part in location)
    row = next((depth for depth, part in enumerate(location) if isinstance(part, int)), None)
    if row is not None:
        rows = spans.sites(key[:row])
        number = int(location[row])
        span = rows[number].span if number < len(rows) else spans.span(key[:row])
    else:
        span = spans.span(key)
    return f":{span.line}:{span.column}" if span is not None else ""


def _spelled(location: Location) -> str:
    spelled = ""
    for part in location:
        spelled += f"[{part + 1}]" if isinstance(part, int) else ("." if spelled else "") + format_key((part,))
    return spelled


def _nearest(mistake: Mistake) -> str | None:
    if not mistake.names:
        return None
    near = get_close_matches(mistake.written.casefold(), mistake.names, n=1, cutoff=_NEAR_ENOUGH)
    if near:
        return f"did you mean {near[0]} instead of {mistake.written}?"
    listed = f"there are {', '.join(mistake.names)}"
    return listed if len(mistake.names) <= _MOST_LISTED else "gatekeeper rules lists the names of all rules"
