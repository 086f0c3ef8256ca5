"""``gatekeeper memory``: what agents leave for later ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.cli.actor import as_option
from gatekeeper.errors import BadInputError

if TYPE_CHECKING:
    from gatekeeper.core.ledger.state import Records
    from gatekeeper.core.watch.memory_keys import MemoryKey, ValueKind
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.report.memory import Version


@click.group("memory")
def command() -> None:
    """Leave values for later agents, by key, read them, and drop what is no longer needed."""


@command.command("put")
@options.repository_option
@as_option
@click.option("--json", "kind", flag_value="json", help="It has to be JSON.")
@click.option("--text", "kind", flag_value="text", help="It is text, whatever it looks like.")
@options.format_option("text", "json")
@click.argument("key")
@click.argument("file", required=False, metavar="[FILE]")
def put(*, path: str, actor: str | None, kind: ValueKind | None, output: str, key: str, file: str | None) -> None:
    """Keep FILE (default: standard input) under KEY, such as swarm/build/baseline-metrics.

    At most 64 KiB of UTF-8. What stood there before stays in the history: see gatekeeper memory get KEY --history.
    """
    from gatekeeper.cli.actor import writer
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.core.ledger.events import MemoryPut
    from gatekeeper.core.watch.memory_keys import check_value, kind_of
    from gatekeeper.ledger.ledger import Ledger, new_event
    from gatekeeper.report.memory import put_done
    from gatekeeper.repository import open_repository

    name = _key(key)
    data = _read(file)
    media = kind or ("json" if name.endswith(".json") else kind_of(data))
    try:
        check_value(data, media)
    except ValueError as error:
        raise BadInputError(f"{file or 'standard input'}: {error}") from error
    repository = open_repository(path)
    ledger, now = Ledger(repository), now_utc()
    by = writer(actor, repository, ledger.state())
    event = new_event(MemoryPut(name, media, data.decode()), at=now, by=by)
    ledger.append(lambda _state: [event], subject=f"memory: {name}", at=now)
    sys.stdout.write(put_done(event, name, media, len(data), output=output))


@command.command("get")
@options.repository_option
@click.option("--history", is_flag=True, help="List all that has stood there, the newest first.")
@options.format_option("text", "json")
@click.argument("key")
def get(*, path: str, history: bool, output: str, key: str) -> None:
    """Print what stands under KEY, byte for byte; for a terminal, control characters are written out."""
    from gatekeeper.core.ledger.records import MemoryRecord
    from gatekeeper.core.safe_text import safe
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.report.memory import history_text, value_text
    from gatekeeper.repository import open_repository

    ledger = Ledger(open_repository(path))
    name = _key(key)
    state = ledger.state()
    record = state.get(MemoryRecord, name)
    if history and (versions := _versions(ledger, name)):
        sys.stdout.write(history_text(name, versions, output=output))
        return
    if record is None:
        raise _nothing_under(name, state)
    if output == "json":
        sys.stdout.write(value_text(record))
    elif sys.stdout.isatty():
        sys.stdout.write("\n".join(map(safe, record.text.split("\n"))))
    else:
        sys.stdout.buffer.write(record.text.encode())


@command.command("drop")
@options.repository_option
@as_option
@options.format_option("text", "json")
@click.argument("key")
def drop(*, path: str, actor: str | None, output: str, key: str) -> None:
    """Take away what stands under KEY. The history keeps it: see gatekeeper memory get KEY --history."""
    from gatekeeper.cli.actor import writer
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.core.ledger.events import MemoryDropped
    from gatekeeper.core.ledger.records import MemoryRecord
    from gatekeeper.ledger.ledger import Ledger, new_event
    from gatekeeper.report.memory import drop_done
    from gatekeeper.repository import open_repository

    name = _key(key)
    repository = open_repository(path)
    ledger, now = Ledger(repository), now_utc()
    state = ledger.state()
    if state.get(MemoryRecord, name) is None:
        raise _nothing_under(name, state)
    event = new_event(MemoryDropped(name), at=now, by=writer(actor, repository, state))
    ledger.append(lambda _state: [event], subject=f"memory: {name} dropped", at=now)
    sys.stdout.write(drop_done(event, name, output=output))


@command.command("list")
@options.repository_option
@options.format_option("text", "json")
@click.argument("prefix", required=False, default="")
def list_command(*, path: str, output: str, prefix: str) -> None:
    """List the keys below PREFIX, or that fit a glob (* within a part, ** for any parts)."""
    from gatekeeper.core.ledger.records import MemoryRecord
    from gatekeeper.core.watch.memory_keys import MemoryKey, fits, parse_key_glob
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.report.memory import list_text
    from gatekeeper.repository import open_repository

    whole = prefix.rstrip("/")
    try:
        globs = [parse_key_glob(whole), *([] if "*" in whole else [parse_key_glob(f"{whole}/**")])] if whole else []
    except ValueError as error:
        raise BadInputError(f"{prefix}: {error}") from error
    state = Ledger(open_repository(path)).state()
    found = [
        record
        for key, record in state.each(MemoryRecord)
        if not globs or any(fits(glob, MemoryKey(key)) for glob in globs)
    ]
    sys.stdout.write(list_text(found, output=output))


def _key(text: str) -> MemoryKey:
    from gatekeeper.core.watch.memory_keys import parse_key

    try:
        return parse_key(text)
    except ValueError as error:
        raise BadInputError(f"{text} is no key: {error}") from error


def _read(file: str | None) -> bytes:
    from gatekeeper.core.watch.memory_keys import MOST_BYTES

    if file is None or file == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        with Path(file).open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror}") from error


def _versions(ledger: Ledger, key: MemoryKey) -> list[Version]:
    """Return all that has stood under a key, the newest first."""
    from gatekeeper.core.ledger.events import MemoryDropped, MemoryPut
    from gatekeeper.ledger import history
    from gatekeeper.report.memory import Version

    tip = ledger.tip()
    found: list[Version] = []
    for event in history.events_after(ledger.objects, tip, None) if tip is not None else ():
        said = event.payload
        if isinstance(said, MemoryPut) and said.key == key:
            found.append(Version(event.at.isoformat(), event.by, said.media, said.text))
        elif isinstance(said, MemoryDropped) and said.key == key:
            found.append(Version(event.at.isoformat(), event.by))
    return found[::-1]


def _nothing_under(key: MemoryKey, state: Records) -> BadInputError:
    from gatekeeper.core.ledger.records import MemoryRecord
    from gatekeeper.core.nearest import did_you_mean

    known = (other for other, _ in state.each(MemoryRecord))
    hint = did_you_mean(key, known, "gatekeeper memory list shows the keys that there are")
    return BadInputError(f"nothing stands under {key}", hint)
