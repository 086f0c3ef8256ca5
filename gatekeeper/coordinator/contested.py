"""The contested place of a case as each party's branch holds it, and what could stand there instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from gatekeeper.core.document import ParseFailure, parse
from gatekeeper.core.ledger.case_events import Choice
from gatekeeper.core.ledger.case_records import CaseMatter
from gatekeeper.core.names import AgentName, KeyPath, Oid, TreePath, format_key
from gatekeeper.core.proposals import Choice as Preference
from gatekeeper.core.proposals import content_digest
from gatekeeper.core.schema import profile_for
from gatekeeper.core.toml_scan import key_parts
from gatekeeper.errors import GatekeeperError
from gatekeeper.merging.proposing import Proposal, propose
from gatekeeper.repository import Repository

MOST_READ: Final = 1 << 20
"""In bytes. Of a larger file only the digest is taken, of all of it: nobody proposes anything for it."""

MOST_SIDES: Final = 16
"""Of more that differ nobody proposes one text: no person could say whether it is what they all want."""

_TOO_LARGE = Proposal(None, ("the file is too large to be merged here",))
_UNREADABLE = "not every party has a branch that can be read"
_ELSEWHERE = "no two of them change the same place"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a ruling comes to: the text of the file and the digest of the place; with ``problems`` it does not apply."""

    text: str | None
    result: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """What a commit holds at the path, None: no such file; ``base``: what it held where the branch left trunk."""

    content: bytes | None
    base: bytes | None
    fork: Oid | None


Forks = dict[Oid, Oid | None]
"""Commit -> where it left trunk: the same for all places, and dear to ask where hundreds meet at each."""


class ContestedPlace:
    """One place, read from the branches; whatever stands there, asking raises nothing."""

    def __init__(
        self,
        repository: Repository,
        matter: CaseMatter,
        heads: Mapping[AgentName, Oid],
        trunk: Oid,
        forks: Forks | None = None,
    ) -> None:
        self._repository = repository
        self._matter = matter
        self._trunk = trunk
        self._forks: Forks = {} if forks is None else forks
        self._digests: dict[bytes | None, str] = {}
        self.heads = {party: heads[party] for party in sorted(matter.parties) if party in heads}
        self.path = TreePath(matter.path)
        self.at = _key(matter.key)

    @cached_property
    def versions(self) -> Mapping[AgentName, Version]:
        """What the parties' branches hold, and started from; a party whose branch cannot be read is left out."""
        return {party: version for party, head in self.heads.items() if (version := self._version(head)) is not None}

    @cached_property
    def before(self) -> bytes | None:
        """What trunk held where the last of the branches left it: so what comes of them does not change with trunk."""
        database = self._repository.database()
        forks = [(version.fork, version.base) for version in self.versions.values() if version.fork is not None]
        if not forks:
            return None
        newest = forks[0]
        for fork in forks[1:]:
            newest = fork if database.is_ancestor(newest[0], fork[0]) else newest
        return newest[1]

    def digest(self, content: bytes | None) -> str:
        """Return what tells one content of the place from others."""
        known = self._digests.get(content)
        if known is None:
            profile = profile_for(self.path) if content is not None and len(content) <= MOST_READ else None
            known = self._digests[content] = content_digest(content, profile, self.at)
        return known

    def is_changed(self, version: Version) -> bool:
        """Return whether a branch changes the place."""
        return self.digest(version.content) != self.digest(version.base)

    @cached_property
    def union(self) -> Proposal:
        """What the place could hold by the word of all parties, merged by their names."""
        if set(self.versions) < set(self._matter.parties):
            return Proposal(None, (_UNREADABLE,))
        if sum(map(self.is_changed, self.versions.values())) < 2:  # noqa: PLR2004 - there is nothing to unite
            return Proposal(None, (_ELSEWHERE,))
        # Many agents that do the same are one side.
        sides = {(version.base, version.content): version for version in self.versions.values()}
        if len(sides) > MOST_SIDES:
            return Proposal(None, (f"there are {len(sides)} different sides, too many to be one text",))
        merged = Proposal(self.before)
        for version in sides.values():
            if merged.clashes:
                break
            merged = self._proposed(version.base, merged.content, version.content, Preference.UNION)
        return merged

    def taken(self, party: AgentName) -> Proposal:
        """Return the file with one party's word at the place, and what the others have changed besides."""
        chosen = self.versions.get(party)
        if chosen is None:
            return Proposal(None, (f"{party} has no branch that can be read",))
        merged = Proposal(chosen.content)
        others = [version for other, version in self.versions.items() if other != party]
        for other in (Version(self.before, chosen.base, None), *others):
            if merged.clashes:
                break
            merged = self._proposed(other.base, merged.content, other.content, Preference.OURS)
        return merged

    def _proposed(
        self, base: bytes | None, ours: bytes | None, theirs: bytes | None, preference: Preference
    ) -> Proposal:
        if theirs in {base, ours}:
            return Proposal(ours)
        if ours == base and preference is Preference.UNION:
            return Proposal(theirs)
        if any(side is not None and len(side) > MOST_READ for side in (base, ours, theirs)):
            return _TOO_LARGE
        try:
            return propose(base, ours, theirs, path=self.path, at=self.at, choice=preference)
        except GatekeeperError as error:
            return Proposal(None, (error.message,))

    def _version(self, head: Oid) -> Version | None:
        with suppress(GatekeeperError, ValueError):
            if head not in self._forks:
                self._forks[head] = self._repository.database().merge_base(head, self._trunk)
            fork = self._forks[head]
            return Version(self._read(head), None if fork is None else self._read(fork), fork)
        return None

    def _read(self, commit: Oid) -> bytes | None:
        return self._repository.blob(commit, self.path) if self.path else None


def resolution(
    repository: Repository,
    matter: CaseMatter,
    choice: Choice,
    agent: AgentName | None,
    text: str | None,
    trunk: Oid,
) -> Resolution:
    """Return what a ruling comes to on the branches as ``matter`` says that they stand."""
    place = ContestedPlace(repository, matter, matter.heads, trunk)
    if choice == "proposal":
        return _resolved(place, place.union, "there is no union of all sides to accept")
    if choice == "take" and agent is not None:
        taken = place.taken(agent)
        if agent not in place.versions:
            return Resolution(None, "", taken.clashes)
        # Who takes a side need not be able to merge it with the rest: then the text is left to the one who does it.
        own = place.digest(place.versions[agent].content)
        return Resolution(None if taken.clashes else _text(taken.content), own)
    if choice == "file":
        return _of_text(place, text or "")
    author = place.versions.get(matter.author) if matter.author is not None else None
    if author is None:
        return Resolution(None, "", (f"{matter.author or 'nobody'} has no branch that can be read",))
    return Resolution(None, place.digest(author.base if choice == "take-back" else author.content))


def _resolved(place: ContestedPlace, found: Proposal, lacking: str) -> Resolution:
    if found.clashes:
        return Resolution(None, "", (lacking, *found.clashes))
    return Resolution(_text(found.content), place.digest(found.content))


def _of_text(place: ContestedPlace, text: str) -> Resolution:
    content, profile = text.encode("utf-8", "surrogateescape"), profile_for(place.path)
    read = None if profile is None else parse(content, profile)
    if isinstance(read, ParseFailure):
        return Resolution(None, "", (f"{read.line}:{read.column}: {read.message}",))
    return Resolution(text, place.digest(content))


def _text(content: bytes | None) -> str | None:
    """Return a file's text; None for what the ledger cannot hold: nothing at all, and what is not UTF-8."""
    with suppress(UnicodeDecodeError):
        return None if content is None else content.decode("utf-8")
    return None


def _key(spelled: str) -> KeyPath:
    """Return the key; of one that cannot be read back, as of none, the place is the whole file."""
    key = tuple(_parts(spelled)) if spelled else ()
    return key if format_key(key) == spelled else ()


def _parts(spelled: str) -> Iterator[str]:
    with suppress(ValueError):
        yield from key_parts(spelled)
