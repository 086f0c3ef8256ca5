from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.versions import Requirement, Version, compatible_range, parse_requirement, parse_version

_SUFFIXES = ("", "-0", "-alpha", "-alpha.0", "-alpha.0.0", "-beta", "-beta.0", "-rc.1")
_GRID = [
    version
    for numbers, suffix in product(product(range(5), repeat=3), _SUFFIXES)
    if (version := parse_version(".".join(map(str, numbers)) + suffix)) is not None
]
_NUMBERS = st.lists(st.integers(0, 2).map(str), min_size=1, max_size=3)
_OPERATORS = st.sampled_from(["", "^", "~", "=", ">", ">=", "<", "<=", "= "])


@st.composite
def _comparators(draw: st.DrawFn) -> str:
    numbers = draw(_NUMBERS)
    if len(numbers) == 3:
        numbers[2] += draw(st.sampled_from(["", "", "-alpha", "-beta", "-alpha.0", "+build"]))
    elif draw(st.booleans()):
        numbers.append("*")
    return draw(_OPERATORS) + ".".join(numbers)


_REQUIREMENTS = st.one_of(st.just("*"), st.lists(_comparators(), min_size=1, max_size=3).map(", ".join))


def _requirement(text: str) -> Requirement:
    found = parse_requirement(text)
    assert found is not None, text
    return found


def _matches(text: str, version: Version) -> bool:
    """Return whether a version meets a requirement, comparator by comparator and number by number."""
    if text == "*":
        return version.is_release
    comparators = text.split(", ")
    if not all(_one_matches(one, version) for one in comparators):
        return False
    return version.is_release or any(_names_preview_of(one, version) for one in comparators)


def _split(comparator: str) -> tuple[str, list[int], str]:
    bare = comparator.lstrip("^~=<> ")
    operator = comparator[: len(comparator) - len(bare)].strip()
    release, _, preview = bare.partition("+")[0].partition("-")
    numbers = [part for part in release.split(".") if part != "*"]
    if release.endswith("*") and not operator:
        operator = "="
    return operator or "^", [int(part) for part in numbers], preview


def _names_preview_of(comparator: str, version: Version) -> bool:
    _, numbers, preview = _split(comparator)
    return bool(preview) and tuple(numbers) == version.numbers


def _one_matches(comparator: str, version: Version) -> bool:
    operator, numbers, preview = _split(comparator)
    begins = list(version.numbers[: len(numbers)])
    parsed = parse_version("0.0.0" + (f"-{preview}" if preview else ""))
    assert parsed is not None
    whole, parts = len(numbers) == 3, parsed.parts
    exact = begins == numbers and version.parts == parts
    greater = begins > numbers or (begins == numbers and whole and version.parts > parts)
    less = begins < numbers or (begins == numbers and whole and version.parts < parts)
    plain = {"=": exact, ">": greater, ">=": exact or greater, "<": less, "<=": exact or less}
    if operator in plain:
        return plain[operator]
    if operator == "~":
        if begins[:2] != numbers[:2]:
            return False
        return begins[2:] > numbers[2:] or (begins == numbers and version.parts >= parts)
    fixed = next((index for index, number in enumerate(numbers, start=1) if number), len(numbers))
    if begins[:fixed] != numbers[:fixed]:
        return False
    return begins > numbers or (begins == numbers and (not whole or version.parts >= parts))


@given(_REQUIREMENTS)
def test_a_requirement_accepts_what_each_comparator_does(text: str) -> None:
    requirement = _requirement(text)
    for version in _GRID:
        assert requirement.accepts(version) == _matches(text, version), version


@given(_REQUIREMENTS, _REQUIREMENTS)
def test_two_requirements_meet_where_one_version_does_for_both(one: str, other: str) -> None:
    first, second = _requirement(one), _requirement(other)
    assert first.meets(second) == any(first.accepts(version) and second.accepts(version) for version in _GRID)
    assert first.meets(second) == second.meets(first)


@given(_REQUIREMENTS)
def test_the_lowest_version_and_the_compatible_range_are_those_of_the_grid(text: str) -> None:
    requirement = _requirement(text)
    accepted = [version for version in _GRID if requirement.accepts(version)]
    assert requirement.lowest == min(accepted, default=None)
    ranges = {compatible_range(version) for version in accepted}
    assert requirement.compatible_range == (ranges.pop() if len(ranges) == 1 else None)


@pytest.mark.parametrize(
    "text", ["", "1,", "*, 1", "1.*.2", "1.2.*-rc", "01", "1.2.3-01", "a", ">", "1.2.3.4", "1 2", "=*", "9" * 30]
)
def test_nonsense_is_no_requirement(text: str) -> None:
    assert parse_requirement(text) is None


@pytest.mark.parametrize("text", ["1.2", "1", "v1.2.3", "1.2.3-", "1.2.3+", "1.2.03", f"1.2.{2**64}", "1.2.3-01"])
def test_nonsense_is_no_version(text: str) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", (1,)),
        ("0.3.1", (0, 3)),
        ("0.0.3", (0, 0, 3)),
        ("0.0", None),
        (">=1, <2", (1,)),
        (">=1", None),
        ("*", None),
    ],
)
def test_compatible_range(text: str, expected: tuple[int, ...] | None) -> None:
    assert _requirement(text).compatible_range == expected
