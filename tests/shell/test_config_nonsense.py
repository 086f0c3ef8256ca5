"""Whatever stands in the file, it is settings or a refusal that says where."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

import rtoml
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.config import Settings, load_settings
from gatekeeper.config.places import position
from gatekeeper.errors import ConfigurationError
from tests.shell.config_documents import documents

WORDS = st.sampled_from(
    ["", "a", "A", "*", "a/b", "refs/heads/a", "-x", "60", "1h", "5mb", "\x1b", "ü", "x" * 1001, "**"]
)
VALUES = st.recursive(
    WORDS
    | st.integers(-5, 2**62)
    | st.floats()
    | st.booleans()
    | st.sampled_from([date(2026, 1, 1), datetime(2026, 1, 1), time(1)]),  # noqa: DTZ001 - TOML has moments without zone
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
TOLD = re.compile(r"g:[0-9]+:[0-9]+: |and [0-9]+ more")


def places_in(value: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in inner for place in ((*here, key), *places_in(one, (*here, key)))]


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """Return a document with one value replaced, or one key renamed or added."""
    document = draw(documents())
    places = places_in(document)
    if not places:
        return {draw(WORDS): draw(VALUES)}
    *way, last = draw(st.sampled_from(places))
    inner: Any = document
    for key in way:
        inner = inner[key]
    if isinstance(inner, dict) and draw(st.booleans()):
        inner[draw(WORDS)] = inner.pop(str(last)) if draw(st.booleans()) else draw(VALUES)
    else:
        inner[last] = draw(VALUES)
    return document


@given(damaged())
def test_any_damage_is_settings_or_a_refusal_that_says_where(document: dict[str, Any]) -> None:
    settings, said = None, ""
    try:
        settings = load_settings(rtoml.dumps(document).encode(), where="g")
    except ConfigurationError as error:
        said = error.message
    assert isinstance(settings, Settings) or all(map(TOLD.match, said.splitlines()))


@given(documents())
def test_every_value_is_found_where_it_stands(document: dict[str, Any]) -> None:
    text = rtoml.dumps(document)
    lines = text.split("\n")
    for place in places_in(document):
        found = position(text, place)
        assert found is not None
        line, column = found
        rest = lines[line - 1][column - 1 :]
        last = place[-1]
        # An entry of a list may stand on a line of its own; a key is what stands there, by itself or in a header.
        assert rest
        if isinstance(last, str) and re.fullmatch(r"[a-z_]+", last):
            assert last in rest
