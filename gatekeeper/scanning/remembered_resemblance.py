"""Which files could be other names of which, in the cache: contents do not change, and few files are new in a scan."""

from __future__ import annotations

import json

from gatekeeper.cache import Cache
from gatekeeper.core.names import Oid
from gatekeeper.core.similarity import KnownResemblance


def remembered_resemblance(cache: Cache, trunk: Oid) -> KnownResemblance:
    """Return what the last scan over the same trunk found out; nothing where it left nothing."""
    data = cache.get("resemblance", trunk)
    try:
        files, answers = ([], {}) if data is None else json.loads(data)
        return KnownResemblance(
            frozenset(map(Oid, files)),
            {Oid(lost): frozenset(Oid(files[number]) for number in found) for lost, found in answers.items()},
        )
    except (ValueError, TypeError, AttributeError, IndexError, RecursionError):
        return KnownResemblance()


def remember_resemblance(cache: Cache, trunk: Oid, before: KnownResemblance, now: KnownResemblance) -> None:
    """Keep what was found out, where it is not what is kept already."""
    if not cache.is_on or (now.files == before.files and now.answers.keys() <= before.answers.keys()):
        return
    files = {oid: number for number, oid in enumerate(sorted(now.files))}
    answers = {lost: sorted(files[oid] for oid in found) for lost, found in now.answers.items()}
    cache.put_many("resemblance", {trunk: json.dumps([list(files), answers], separators=(",", ":")).encode()})
