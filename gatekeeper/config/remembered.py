"""Settings by the id of the blob that they stand in: what has been checked once is not checked again.

Checking takes pydantic and the catalogue of rules, which are slow to load. What is kept is the checked document as
plain data; a file in which something is wrong is never kept, and its mistakes are told anew each time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Protocol

from gatekeeper.config.building import settings_of
from gatekeeper.config.settings import Settings
from gatekeeper.core.names import Oid

KIND = "settings"
_MOST_IN_MEMORY = 8
_read: dict[Oid, Settings] = {}
"""What this process has read: one run asks for the same file more than once, and not always with a cache at hand."""


class Answers(Protocol):
    """What ``gatekeeper.cache.Cache`` does."""

    def get(self, kind: str, key: str) -> bytes | None:
        """Return what is known for ``key``."""

    def put_many(self, kind: str, answers: Mapping[str, bytes]) -> None:
        """Keep ``answers``."""


def load_settings_cached(
    blob: Oid | None, source: Callable[[], bytes | None], *, answers: Answers, where: str
) -> Settings:
    """Return the settings in a blob; None means that there is no such file.

    Args:
        blob: the id of the file as it stands on trunk.
        source: returns the bytes of that blob; called only if they have to be read.
        answers: where checked documents are kept.
        where: how messages call the file.

    Raises:
        ConfigurationError: the text is not TOML, or says something that means nothing here.
    """
    if blob is None:
        return Settings()
    if blob not in _read:
        if len(_read) >= _MOST_IN_MEMORY:
            _read.clear()
        _read[blob] = _kept(answers.get(KIND, blob)) or _checked(blob, source(), answers, where)
    return _read[blob]


def _kept(entry: bytes | None) -> Settings | None:
    """Return the settings in an entry; None where there is none, or none that this program has written."""
    if entry is None:
        return None
    try:
        return settings_of(json.loads(entry))
    except (ArithmeticError, AttributeError, LookupError, RecursionError, StopIteration, TypeError, ValueError):
        return None


def _checked(blob: Oid, source: bytes | None, answers: Answers, where: str) -> Settings:
    if source is None:
        return Settings()
    from gatekeeper.config.checks import read  # noqa: PLC0415 - what this module is there to avoid

    plain = read(source, where)
    answers.put_many(KIND, {blob: json.dumps(plain).encode()})
    return settings_of(plain)
