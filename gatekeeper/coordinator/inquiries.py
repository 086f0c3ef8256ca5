"""What a case is about as the branches stand: what each party holds, what could be done, and whom it affects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from gatekeeper.coordinator.contested import ContestedPlace, Forks
from gatekeeper.core.changes import ABSENT
from gatekeeper.core.document import ParseFailure, parse
from gatekeeper.core.ledger.case_records import CaseMatter
from gatekeeper.core.names import AgentName, Oid, format_key
from gatekeeper.core.safe_text import without_surrogates
from gatekeeper.core.schema import profile_for
from gatekeeper.core.slots import look_up
from gatekeeper.core.toml_text import inline
from gatekeeper.errors import GatekeeperError
from gatekeeper.repository import Repository

if TYPE_CHECKING:
    from gatekeeper.core.compat.items import CompatItem
    from gatekeeper.scanning.remembered_facts import RememberedFacts

UNKNOWN: Final = "compatibility"
"""The name of what is broken where that cannot be told: nothing proceeds by itself that nobody could look at."""

_Broken: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""Who relies on what goes, and the names of what goes."""

_MOST_TOLD = 200
_LONGEST_VALUE = 400


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked once for all cases of a look: where branches left trunk, and what a reorganisation breaks.

    ``facts`` returns what scans have read of manifests.
    """

    facts: Callable[[], RememberedFacts] | None = None
    forks: Forks = field(default_factory=dict)
    broken: dict[tuple[Oid, frozenset[Oid]], _Broken] = field(default_factory=dict)


def inquired(
    repository: Repository,
    matter: CaseMatter,
    heads: Mapping[AgentName, Oid],
    trunk: Oid,
    asked: Asked | None = None,
) -> CaseMatter:
    """Return the matter with what the branches say of it; raises nothing, whatever their files hold.

    A party whose branch is gone or cannot be read is not among ``contents``. ``proposed`` is empty where there is no
    union of all sides.
    """
    asked = asked or Asked()
    place = ContestedPlace(repository, matter, heads, trunk, asked.forks)
    contents = {party: place.digest(version.content) for party, version in place.versions.items()}
    united = place.union
    effect, broken = _reorganisation(repository, matter, heads, trunk, asked)
    return replace(
        matter,
        heads=dict(place.heads),
        contents=contents,
        proposal=matter.proposal if united.clashes else _told(place, united.content),
        proposed="" if united.clashes else place.digest(united.content),
        effect=effect,
        broken=broken,
    )


def value_text(place: ContestedPlace, content: bytes | None) -> str:
    """Return in one line what a file holds at the place."""
    if content is None:
        return "no such file"
    profile = profile_for(place.path)
    read = None if profile is None or not place.at else parse(content, profile)
    if read is None:
        return f"a file of {len(content)} bytes"
    if isinstance(read, ParseFailure):
        return f"no TOML: line {read.line}, column {read.column}: {read.message}"
    value = look_up(read.tree, place.at)
    told = "nothing" if value is ABSENT else inline(value)
    return told if len(told) <= _LONGEST_VALUE else f"{told[:_LONGEST_VALUE]} ..."


def _told(place: ContestedPlace, content: bytes | None) -> str:
    where = format_key(place.at)
    return without_surrogates(f"{where} = {value_text(place, content)}" if where else f"the union of {place.path}")


def _reorganisation(
    repository: Repository, matter: CaseMatter, heads: Mapping[AgentName, Oid], trunk: Oid, asked: Asked
) -> _Broken:
    authors = [author for author in matter.authors if author in heads] if matter.kind == "reorganisation" else []
    everybody = frozenset(heads[party] for party in matter.parties if party in heads)
    for author in authors:
        if (heads[author], everybody) not in asked.broken:
            asked.broken[heads[author], everybody] = _taken_away(repository, author, heads, trunk, asked)
    return _united([asked.broken[heads[author], everybody] for author in authors])


def losses(repository: Repository, matter: CaseMatter, trunk: Oid) -> _Broken:
    """Return who relies on what any of the parties takes away, and what would no longer be compatible by name (R-42).

    Raises nothing, whatever their files hold.
    """
    parties = [party for party in matter.parties if party in matter.heads]
    return _united([_taken_away(repository, party, matter.heads, trunk, Asked()) for party in parties])


def _united(each: Sequence[_Broken]) -> _Broken:
    effects = dict.fromkeys(line for effect, _ in each for line in effect)
    return tuple(effects), tuple(dict.fromkeys(name for _, broken in each for name in broken))


def _taken_away(
    repository: Repository, author: AgentName, heads: Mapping[AgentName, Oid], trunk: Oid, asked: Asked
) -> _Broken:
    """Return who relies on what the author takes away, and by which names it would no longer be compatible (R-42)."""
    from gatekeeper.scanning import compat  # noqa: PLC0415 - few cases need it
    from gatekeeper.scanning.forks import base_tree, forks  # noqa: PLC0415 - as above

    head = heads[author]
    others = [compat.Branch(party, tip) for party, tip in heads.items() if party != author]
    try:
        with closing(repository.object_store()) as store:
            bases = forks(store, trunk, head)
            if not bases:
                return (f"{author} shares no history with trunk",), (UNKNOWN,)
            around = compat.Surroundings(lambda base: compat.changes_of_others(store, trunk, base, others))
            if asked.facts is not None:
                around = replace(around, facts=asked.facts)
            found = compat.compatibility(store, base_tree(store, bases), head, around)
    except GatekeeperError as error:
        return (without_surrogates(f"it cannot be told: {error.message}"),), (UNKNOWN,)
    told = list(_effects(found.items))
    more = [f"and {len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else []
    return (*told[:_MOST_TOLD], *more), tuple(without_surrogates(name) for name in found.names)


def _effects(items: Sequence[CompatItem]) -> Iterator[str]:
    """Yield what relies on each item, what is on other branches first: its agents do not see it go."""
    for item in items:
        for use in sorted(item.used_by, key=lambda use: not use.trees):
            where = f" ({', '.join(use.trees)})" if use.trees else ""
            place = " ".join(part for part in (use.path, use.place) if part)
            yield without_surrogates(f"{item.name}: {place}{where} {use.what}")
