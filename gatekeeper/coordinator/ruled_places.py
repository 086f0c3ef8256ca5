"""The rulings that a merge has to follow: of all cases, open or closed, those whose place it contests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from gatekeeper.coordinator.trusting import Judge
from gatekeeper.core.ledger.case_records import CaseRecord, ClosedCase
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import KeyPath, Oid, TreePath, format_key
from gatekeeper.core.policy.trusted import Ruling
from gatekeeper.core.proposals import NOTHING
from gatekeeper.core.toml_scan import key_parts
from gatekeeper.errors import GatekeeperError
from gatekeeper.merging.ruled import RuledPlace, contested_paths
from gatekeeper.repository import Repository
from gatekeeper.repository.objects import ObjectStore

_ON_CONTENT = frozenset({"proposal", "take", "file"})


def ruled_places(
    repository: Repository, store: ObjectStore, state: Records, judge: Callable[[], Judge], merge: tuple[Oid, Oid]
) -> tuple[RuledPlace, ...]:
    """Return the rulings on files that both sides of a merge have changed, as far as somebody with the right signed.

    ``judge`` is asked for only if there are any: a signature takes a process of its own. Raises BadInputError where
    objects are missing.
    """
    open_ones = (case for _, case in state.each(CaseRecord))
    closed = (record.case for _, record in state.each(ClosedCase))
    cases = [case for case in (*open_ones, *closed) if case.rulings and case.matter.path]
    if not cases:
        return ()
    contested = contested_paths(store, *merge, (TreePath(case.matter.path) for case in cases))
    found = [case for case in cases if case.matter.path in contested]
    if not found:
        return ()
    counting = judge()
    return tuple(place for case in found for place in _places(repository, case, counting.ruling_of(case)))


def _places(repository: Repository, case: CaseRecord, rulings: tuple[Ruling, ...]) -> Iterator[RuledPlace]:
    path, at = TreePath(case.matter.path), _key(case.matter.key)
    for ruling in rulings:
        said = ruling.said
        if said.choice not in _ON_CONTENT:
            continue
        content = None if said.text is None else said.text.encode("utf-8", "surrogateescape")
        if content is None and said.result != NOTHING:
            # A side that was taken although it could not be merged with the rest: its own file has the ruled value.
            head = said.heads.get(said.agent) if said.agent is not None else None
            content = None if head is None else _blob(repository, head, path)
            if content is None:
                continue
        yield RuledPlace(case.id, ruling.id, path, at, content, frozenset({*said.contents.values(), said.result}))


def _blob(repository: Repository, head: Oid, path: TreePath) -> bytes | None:
    with suppress(GatekeeperError):
        return repository.blob(head, path)
    return None


def _key(spelled: str) -> KeyPath:
    """Return the key; of one that cannot be read back, as of none, the place is the whole file."""
    try:
        key = key_parts(spelled) if spelled else ()
    except ValueError:
        return ()
    return key if format_key(key) == spelled else ()
