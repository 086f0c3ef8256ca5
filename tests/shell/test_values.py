from __future__ import annotations

from datetime import date

import pytest

from gatekeeper.report.values import change_text, value_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "absent"),
        ('say "hi"\\', '"say \\"hi\\"\\\\"'),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (float("inf"), "inf"),
        (date(1979, 5, 27), "1979-05-27"),
        ([], "[]"),
        ({}, "{}"),
        ([1, ["a"]], '[1, ["a"]]'),
        ({"a": {"b c": 1}}, '{ a = { "b c" = 1 } }'),
    ],
)
def test_values_are_written_as_in_toml(value: object, text: str) -> None:
    assert value_text(value) == text


@pytest.mark.parametrize("value", ["x" * 10**6, ["x"] * 10**6, {f"k{n}": n for n in range(10**5)}, [[["x" * 99]] * 99]])
def test_what_is_long_is_cut(value: object) -> None:
    text = value_text(value, longest=30)
    assert len(text) == 30
    assert text.endswith("…")


def test_of_two_tables_only_what_differs_is_told() -> None:
    before = {"command": "cargo", "args": ["check"], "env": {"A": "1"}}
    after = {"command": "cargo", "args": ["check", "-q"], "env": {"A": "1", "B": "2"}}
    assert change_text(before, after) == 'args: ["check"] → ["check", "-q"]; env.B: absent → "2"'
    assert change_text(before, before).count("→") == 1
    assert change_text({}, dict.fromkeys("abcde", 1)) == (
        "a: absent → 1; b: absent → 1; c: absent → 1; and 2 more keys"
    )
    assert change_text(None, before).startswith('absent → { command = "cargo"')
