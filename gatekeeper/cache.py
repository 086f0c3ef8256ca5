"""A cache of computed answers under the git directory: safe to delete, to share between runs, and to lose.

Keys are made of object ids and of everything else that an answer depends on, so an entry is never out of date. A
different version of the program, a damaged file or a damaged entry drops what is there; any failure of the cache (a
full disk, a read-only or locked directory) turns it off for the run and is never an error.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

FILE = Path("gatekeeper", "cache.sqlite3")
MOST_BYTES = 256 * 1024 * 1024
"""Beyond this the older half is dropped."""

_CHECKSUM_BYTES = 4
_WORTH_DEFLATING = 1024
_DEFLATED = b"\x78"
_AT_ONCE = 500
_WAIT_SECONDS = 1.0


class Cache:
    """Answers by kind and key. A cache that cannot be opened answers nothing and keeps nothing."""

    def __init__(self, common_directory: Path | None) -> None:
        self.hits = 0
        self._database: sqlite3.Connection | None = None
        self._path = FILE if common_directory is None else common_directory / FILE
        if common_directory is not None:
            self._open(self._path)

    def _open(self, path: Path) -> None:
        for attempt in ("as it is", "made anew"):
            try:
                path.parent.mkdir(exist_ok=True)
                if attempt == "made anew":
                    path.unlink(missing_ok=True)
                self._database = _connect(path)
            except sqlite3.OperationalError:
                # Locked or not writable: it may be in good use elsewhere.
                return
            except (OSError, sqlite3.DatabaseError):
                self._database = None
            else:
                return

    @property
    def is_on(self) -> bool:
        """Whether anything can be kept."""
        return self._database is not None

    def get_many(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:
        """Return what is known for ``keys``."""
        found: dict[str, bytes] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._run(f"SELECT key, value FROM entries WHERE kind = ? AND key IN ({marks})", [kind, *part])  # noqa: S608 -- only marks are put in
            for key, value in rows:
                data = _checked(value)
                if data is not None:
                    found[key] = data
        self.hits += len(found)
        return found

    def get(self, kind: str, key: str) -> bytes | None:
        """Return what is known for ``key``."""
        return self.get_many(kind, [key]).get(key)

    def put_many(self, kind: str, answers: Mapping[str, bytes]) -> None:
        """Keep ``answers``; on any failure the cache is off for the rest of the run."""
        if self._database is None or not answers:
            return
        rows = [(kind, key, _sealed(data)) for key, data in answers.items()]
        try:
            with self._database:
                self._database.executemany("INSERT OR REPLACE INTO entries (kind, key, value) VALUES (?, ?, ?)", rows)
        except sqlite3.Error:
            self._give_up()

    def close(self) -> None:
        """Keep the file within its bound, and let go of it."""
        if self._database is not None and self._size() > MOST_BYTES:
            try:
                with self._database:
                    self._database.execute(
                        "DELETE FROM entries WHERE rowid <= (SELECT (MIN(rowid) + MAX(rowid)) / 2 FROM entries)"
                    )
            except sqlite3.Error:
                self._give_up()
        if self._database is not None:
            self._database.close()
            self._database = None

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            # Somebody has deleted it meanwhile, as anybody may.
            return 0

    def _run(self, statement: str, values: list[str]) -> list[tuple[str, bytes]]:
        if self._database is None:
            return []
        try:
            return self._database.execute(statement, values).fetchall()
        except sqlite3.Error:
            self._give_up()
            return []

    def _give_up(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_WAIT_SECONDS)
    database.execute("PRAGMA auto_vacuum = FULL")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = OFF")
    program = _program()
    database.execute("CREATE TABLE IF NOT EXISTS made_by (program TEXT)")
    database.execute("CREATE TABLE IF NOT EXISTS entries (kind TEXT, key TEXT, value BLOB, UNIQUE (kind, key))")
    if database.execute("SELECT program FROM made_by").fetchall() != [(program,)]:
        with database:
            database.execute("DELETE FROM entries")
            database.execute("DELETE FROM made_by")
            database.execute("INSERT INTO made_by VALUES (?)", (program,))
    return database


def _program() -> str:
    """Return what tells this program, and the git whose answers it keeps, from any other: names, sizes and times."""
    found = dict(_sources(Path(__file__).parent))
    git = shutil.which("git")
    if git is not None:
        found[git] = Path(git).stat()
    described = "\n".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in sorted(found.items()))
    return hashlib.sha256(described.encode()).hexdigest()


def _sources(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Not ``Path.rglob``, which takes ten times as long: every run of the program does this."""
    waiting = [root.as_posix()]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    yield entry.path, entry.stat()
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def _sealed(data: bytes) -> bytes:
    # Most entries are too small for it to pay; what is not deflated is known by its first byte.
    packed = data if len(data) < _WORTH_DEFLATING and data[:1] != _DEFLATED else zlib.compress(data, 1)
    return zlib.crc32(packed).to_bytes(_CHECKSUM_BYTES, "big") + packed


def _checked(value: bytes) -> bytes | None:
    """Return the data of an entry, None when it is damaged."""
    packed = value[_CHECKSUM_BYTES:]
    if zlib.crc32(packed) != int.from_bytes(value[:_CHECKSUM_BYTES], "big"):
        return None
    try:
        return zlib.decompress(packed) if packed[:1] == _DEFLATED else packed
    except zlib.error:
        return None
