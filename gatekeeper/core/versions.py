"""Versions and version requirements, as cargo reads them, with the exact intersection of two requirements."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, TypeAlias

Numbers: TypeAlias = tuple[int, int, int]
_Parts: TypeAlias = tuple[tuple[int, int, str], ...]
_Point: TypeAlias = tuple[Numbers, _Parts, int]

_LOWEST: _Parts = ()
_RELEASE: _Parts = ((2, 0, ""),)
_FIRST: _Parts = ((0, 0, ""),)
_BEFORE, _AT, _AFTER = range(3)
_KEPT = 4096
_LARGEST = 2**64 - 1

_NUMBER = r"(?:0|[1-9]\d{0,19})"
_PLACE = rf"({_NUMBER}|[*xX])"
_REST = r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
_VERSION = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER}){_REST}\Z", re.ASCII)
_COMPARATOR = re.compile(rf"(=|>=|<=|>|<|~|\^|)\s*({_NUMBER})(?:\.{_PLACE}(?:\.{_PLACE}({_REST}))?)?\Z", re.ASCII)
_WILDCARDS = frozenset("*xX")
_MOST_COMPARATORS = 32
_WHOLE = 3


class Version(NamedTuple):
    """A version; build metadata is no part of it. Versions compare as semantic versioning says."""

    numbers: Numbers
    parts: _Parts

    @property
    def is_release(self) -> bool:
        """Whether nothing follows the three numbers."""
        return self.parts == _RELEASE


class Span(NamedTuple):
    """What lies between two points."""

    lower: _Point
    upper: _Point

    def holds(self, version: Version) -> bool:
        """Return whether ``version`` lies in here."""
        return self.lower < (*version, _AT) < self.upper

    def within(self, other: Span) -> Span:
        """Return what lies in both."""
        return Span(max(self.lower, other.lower), min(self.upper, other.upper))


class Requirement(NamedTuple):
    """Releases in one span, pre-releases in another, and these only of the versions that are ``named`` with one."""

    releases: Span
    previews: Span
    named: frozenset[Numbers] = frozenset()

    def accepts(self, version: Version) -> bool:
        """Return whether ``version`` meets the requirement."""
        if version.is_release:
            return self.releases.holds(version)
        return version.numbers in self.named and self.previews.holds(version)

    def meets(self, other: Requirement) -> bool:
        """Return whether some version meets both requirements."""
        return self.narrowed(other, self.named & other.named).lowest is not None

    def narrowed(self, other: Requirement, named: frozenset[Numbers]) -> Requirement:
        """Return what lies in the spans of both."""
        return Requirement(self.releases.within(other.releases), self.previews.within(other.previews), named)

    @property
    def lowest(self) -> Version | None:
        """The lowest version that meets the requirement; None when there is none."""
        candidates = [_first_release(self.releases), *(_first_preview(self.previews, one) for one in self.named)]
        return min((one for one in candidates if self.accepts(one)), default=None)

    @property
    def compatible_range(self) -> tuple[int, ...] | None:
        """What all accepted versions begin with, if they are all compatible with each other; None if not.

        Cargo takes only one version of a package from each such range.
        """
        lowest = self.lowest
        if lowest is None:
            return None
        start = compatible_range(lowest)
        major, minor, patch = (*start[:-1], start[-1] + 1, 0, 0)[:_WHOLE]
        above = Span(((major, minor, patch), _LOWEST, _BEFORE), _EVERYTHING.upper)
        return start if self.narrowed(Requirement(above, above), self.named).lowest is None else None


def _first_release(span: Span) -> Version:
    (major, minor, patch), parts, side = span.lower
    after = parts == _RELEASE and side == _AFTER
    return Version((major, minor, patch + 1 if after else patch), _RELEASE)


def _first_preview(span: Span, numbers: Numbers) -> Version:
    at, parts, side = max(span.lower, (numbers, _LOWEST, _BEFORE))
    if at != numbers or parts == _LOWEST:
        return Version(numbers, _FIRST)
    return Version(numbers, parts if side == _BEFORE else (*parts, *_FIRST))


def compatible_range(version: Version) -> tuple[int, ...]:
    """Return what all versions begin with that cargo takes for compatible with ``version``."""
    major, minor, _ = version.numbers
    if major:
        return (major,)
    return (0, minor) if minor else version.numbers


@lru_cache(_KEPT)
def parse_version(text: str) -> Version | None:
    """Return the version that ``text`` spells in full; None when it is none."""
    match = _VERSION.match(text.strip())
    if match is None:
        return None
    numbers = (int(match[1]), int(match[2]), int(match[3]))
    parts = _parts(match[4])
    return None if parts is None or max(numbers) > _LARGEST else Version(numbers, parts)


@lru_cache(_KEPT)
def parse_requirement(text: str) -> Requirement | None:
    """Return what the requirement ``text`` accepts; None when it is none."""
    pieces = text.split(",")
    if text.strip() in _WILDCARDS:
        return _ANY
    found = _ANY
    for piece in pieces:
        one = _comparator(piece.strip())
        if one is None or len(pieces) > _MOST_COMPARATORS:
            return None
        found = found.narrowed(one, found.named | one.named)
    return found


_EVERYTHING = Span(((0, 0, 0), _LOWEST, _BEFORE), ((_LARGEST + 1, 0, 0), _LOWEST, _BEFORE))
_ANY = Requirement(_EVERYTHING, _EVERYTHING)


class _Given(NamedTuple):
    """The numbers that a comparator names, and what follows them."""

    numbers: tuple[int, ...]
    parts: _Parts

    @property
    def is_whole(self) -> bool:
        return len(self.numbers) == _WHOLE

    def point(self, side: int) -> _Point:
        """Return the point at the version that is given, or below all versions that begin with it."""
        numbers = _padded(self.numbers)
        return (numbers, self.parts, side) if self.is_whole else (numbers, _LOWEST, _BEFORE)

    def end(self) -> _Point:
        """Return the point above the version that is given, or above all versions that begin with it."""
        return self.point(_AFTER) if self.is_whole else self.beyond(len(self.numbers))

    def beyond(self, kept: int) -> _Point:
        """Return the point above all versions that begin with the first ``kept`` of the numbers."""
        return _padded((*self.numbers[: kept - 1], self.numbers[kept - 1] + 1)), _LOWEST, _BEFORE


def _padded(numbers: tuple[int, ...]) -> Numbers:
    major, minor, patch = (*numbers, 0, 0)[:_WHOLE]
    return major, minor, patch


def _comparator(text: str) -> Requirement | None:
    match = _COMPARATOR.match(text)
    if match is None:
        return None
    operator, *places, rest, preview = match.groups()
    given = [place for place in places if place is not None]
    numbers = tuple(int(place) for place in given if place not in _WILDCARDS)
    if any(place not in _WILDCARDS for place in given[len(numbers) :]) or (rest and len(numbers) < _WHOLE):
        return None
    parts = _parts(preview)
    if parts is None or max(numbers) > _LARGEST:
        return None
    starred = len(numbers) < len(given)
    return _bounds("=" if starred and not operator else operator, _Given(numbers, parts))


def _bounds(operator: str, given: _Given) -> Requirement:
    lower, upper = _EVERYTHING
    if operator == "=":
        lower, upper = given.point(_BEFORE), given.end()
    elif operator == ">":
        lower = given.end()
    elif operator == ">=":
        lower = given.point(_BEFORE)
    elif operator == "<":
        upper = given.point(_BEFORE)
    elif operator == "<=":
        upper = given.end()
    else:
        lower, upper = given.point(_BEFORE), given.beyond(_kept(operator, given.numbers))
    releases = Span(lower, upper)
    if given.is_whole:
        return Requirement(
            releases, releases, frozenset() if given.parts == _RELEASE else frozenset({_padded(given.numbers)})
        )
    return Requirement(releases, _of_previews(operator, releases, given))


def _of_previews(operator: str, releases: Span, given: _Given) -> Span:
    """Return where pre-releases may lie: not below what ``=``, ``~``, ``>=`` or ``<=`` name in part."""
    if operator in {"=", "~"}:
        return Span(releases.lower, releases.lower)
    if operator == ">=":
        return Span(given.end(), releases.upper)
    return Span(releases.lower, given.point(_BEFORE)) if operator == "<=" else releases


def _kept(operator: str, numbers: tuple[int, ...]) -> int:
    """Return how many numbers stay: two at most for a tilde, for a caret those up to the first that is not 0."""
    if operator == "~":
        return min(len(numbers), 2)
    return next((index for index, number in enumerate(numbers, start=1) if number), len(numbers))


def _parts(text: str | None) -> _Parts | None:
    """Return what follows the numbers in the order of semantic versioning; None when it is malformed."""
    if text is None:
        return _RELEASE
    found = []
    for part in text.split("."):
        if not part.isdecimal():
            found.append((1, 0, part))
        elif part == "0" or not part.startswith("0"):
            found.append((0, int(part), ""))
        else:
            return None
    return tuple(found)
