"""The text of ``gatekeeper.toml`` to checked plain data; every mistake is told with its place and the nearest name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from gatekeeper.config.document import ConfigDocument
from gatekeeper.config.gate_checks import wrong_gates
from gatekeeper.config.mistakes import Mistake, ToldMistake, as_error, shape_mistake, told
from gatekeeper.config.places import Location
from gatekeeper.config.policy import ExpectedRow, PlaceRow
from gatekeeper.config.references import target_of, wrong_references
from gatekeeper.core.channels import ChannelKind, channel_name
from gatekeeper.core.document import ParseFailure, parse
from gatekeeper.core.rules.model import Family
from gatekeeper.core.rules.registry import all_rules
from gatekeeper.core.schema import GENERIC


def read(source: bytes, where: str) -> dict[str, Any]:
    """Return what the file says as plain data, defaults and all; raises ConfigurationError."""
    plain, mistakes = examine(source)
    if plain is None:
        raise as_error(mistakes, where)
    return plain


def examine(source: bytes) -> tuple[dict[str, Any] | None, list[ToldMistake]]:
    """Return what the file says as plain data, None where something is wrong, and all that is wrong."""
    parsed = parse(source, GENERIC)
    if isinstance(parsed, ParseFailure):
        return None, [ToldMistake(parsed.line, parsed.column, "", parsed.message)]
    try:
        document = ConfigDocument.model_validate(parsed.tree)
    except ValidationError as error:
        mistakes = [shape_mistake(detail) for detail in error.errors(include_url=False)]
    else:
        mistakes = [*_meaningless_names(document), *wrong_references(document), *wrong_gates(document)]
        if not mistakes:
            return _plain(document), []
    text = source.decode("utf-8").removeprefix("\ufeff")
    return None, list(told(mistakes, text))


def _plain(document: ConfigDocument) -> dict[str, Any]:
    """Return the document in what JSON has, with everything spelled out that a reader would have to work out."""
    plain: dict[str, Any] = document.model_dump(mode="json", exclude_none=True)
    for name, agent in plain["agents"].items():
        agent.setdefault("branch", name)
        for row in agent["conflicts_with"]:
            row.setdefault("reason", f"{name} and {row['agent']} are declared to conflict")
    for row in plain["policy"]["expected"]:
        if not row["agents"]:
            # Said, an empty list would be a mistake.
            del row["agents"]
    for row, declared in zip(plain["notifications"], document.notifications, strict=True):
        kind = next(kind for kind in ChannelKind if kind.value in row)
        row.setdefault("name", channel_name(kind, target_of(declared, kind)))
    return plain


def _meaningless_names(document: ConfigDocument) -> Iterator[Mistake]:
    """Yield names of rules and families that the program does not know."""
    overrides = document.policy.severity
    # The rules are loaded only for a file that names any.
    rows: list[tuple[Location, PlaceRow | ExpectedRow]] = [
        *((("policy", "severity", "places", number), row) for number, row in enumerate(overrides.places)),
        *((("policy", "expected", number), row) for number, row in enumerate(document.policy.expected)),
    ]
    names_rules = overrides.rules or any(row.rule is not None for _, row in rows)
    rules: tuple[str, ...] = tuple(all_rules()) if names_rules else ()
    families = {family.value.casefold(): family for family in Family}
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
        if row.rule is not None and row.rule not in rules:
            yield Mistake((*place, "rule"), f"there is no rule {row.rule}", row.rule, rules)
        if isinstance(row, ExpectedRow):
            yield from _meaningless_expectation(place, row, tuple(families))


def _meaningless_expectation(place: Location, row: ExpectedRow, families: tuple[str, ...]) -> Iterator[Mistake]:
    if row.family is not None and row.family.casefold() not in families:
        yield Mistake((*place, "family"), f"there is no family {row.family}", row.family, families)
    if not row.model_fields_set - {"reason"}:
        yield Mistake(place, "it must name a rule, a family, a path, a key or agents")
