"""Where each record stands in the ledger's tree. A key is spelled so that it is one path and no other key's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote, unquote

from gatekeeper.core.ledger import case_records, phase_records, records
from gatekeeper.core.ledger.record_kinds import Record
from gatekeeper.core.ledger.state import THE_ONLY

_SUFFIX = ".json"
_FAN = 2
_NOTHING = "%"
"""How an empty part is spelled; a percent sign itself is spelled with the digits of its code."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A directory of records, or the file of the only one. ``fanned``: by their first two characters."""

    path: str
    is_single: bool = False
    fanned: bool = False
    nested: bool = False


_PLACES: Mapping[type[Record], _Place] = MappingProxyType(
    {
        records.AgentRecord: _Place("agents"),
        records.FindingRecord: _Place("findings", fanned=True),
        records.ClosedFinding: _Place("closed", fanned=True),
        records.MonthSummary: _Place("months"),
        records.ClaimRecord: _Place("claims"),
        records.WaiverRecord: _Place("waivers"),
        records.MemoryRecord: _Place("memory", nested=True),
        records.WorkRecord: _Place("work"),
        records.BaselineRecord: _Place("baselines"),
        records.CheckpointRecord: _Place("checkpoint.json", is_single=True),
        records.NoticeRecord: _Place("notices", fanned=True),
        case_records.CaseRecord: _Place("cases"),
        case_records.ClosedCase: _Place("closed-cases"),
        case_records.PrecedenceRecord: _Place("precedence"),
        case_records.IntegrationRecord: _Place("integrations"),
        case_records.QuarantineRecord: _Place("quarantine"),
        case_records.ApprovalRecord: _Place("approvals"),
        phase_records.PhaseRecord: _Place("phases"),
        phase_records.ReleaseRecord: _Place("release.json", is_single=True),
        records.TrunkRecord: _Place("trunk.json", is_single=True),
        records.LedgerRecord: _Place("ledger.json", is_single=True),
    }
)


def path_of(kind: type[Record], key: str) -> tuple[str, ...]:
    """Return the path of a record, part by part."""
    place = _PLACES[kind]
    if place.is_single:
        return (place.path,)
    parts = [_spelled(part) for part in key.split("/")] if place.nested else [_spelled(key)]
    if place.fanned:
        parts = [parts[0][:_FAN], parts[0][_FAN:]]
    return (place.path, *parts[:-1], parts[-1] + _SUFFIX)


def directory_of(kind: type[Record]) -> str:
    """Return the directory in which records of a kind stand, or the file of the only one."""
    return _PLACES[kind].path


def key_of(kind: type[Record], path: tuple[str, ...]) -> str:
    """Return the key of the record at a path below its directory."""
    place = _PLACES[kind]
    if place.is_single:
        return THE_ONLY
    parts = [*path[:-1], path[-1].removesuffix(_SUFFIX)]
    return _read("".join(parts)) if place.fanned else "/".join(map(_read, parts))


def _read(spelled: str) -> str:
    return "" if spelled == _NOTHING else unquote(spelled)


def _spelled(part: str) -> str:
    """A part that ends like a file's name, is hidden, or is nothing, is told apart from those that gatekeeper adds.

    Git takes no empty name, and none that some file system takes for ``.git``, as NTFS does ``git~1``.
    """
    if not part:
        return _NOTHING
    spelled = quote(part, safe=" @+=,").replace("~", "%7E")
    if spelled.startswith("."):
        spelled = "%2E" + spelled[1:]
    return spelled.removesuffix(_SUFFIX) + "%2Ejson" if spelled.endswith(_SUFFIX) else spelled
