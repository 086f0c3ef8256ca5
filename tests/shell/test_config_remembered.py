"""A file that has been checked is not checked again, and what is kept says what the file says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest
import rtoml
import tomlkit
from hypothesis import given

from gatekeeper.cache import Cache
from gatekeeper.config import Settings, load_settings, load_settings_cached
from gatekeeper.config.building import settings_of
from gatekeeper.config.checks import read
from gatekeeper.config.published_schema import schema_text
from gatekeeper.config.remembered import KIND
from gatekeeper.core.names import Oid, Severity
from gatekeeper.errors import ConfigurationError
from tests.cli.run import python
from tests.kit import RepositoryBuilder
from tests.shell.config_documents import documents
from tests.shell.json_schema import check

IDS = count(1)


def fresh_id() -> Oid:
    """Return an id that no test has asked for: a process reads each one once."""
    return Oid(f"{next(IDS):040x}")


class Kept(dict[str, bytes]):
    """A cache in memory."""

    def get(self, kind: str, key: str) -> bytes | None:  # type: ignore[override]
        """Return what is known for ``key``."""
        assert kind == KIND
        return super().get(key)

    def put_many(self, kind: str, answers: Mapping[str, bytes]) -> None:
        """Keep ``answers``."""
        assert kind == KIND
        self.update(answers)


def never() -> bytes:
    pytest.fail("it has been read again")


def test_no_file_is_the_defaults() -> None:
    assert load_settings_cached(None, never, answers=Kept(), where="g") == Settings()


def test_what_has_been_checked_is_kept_in_process_and_cache() -> None:
    blob, kept = fresh_id(), Kept()
    first = load_settings_cached(blob, lambda: b"fail_on = 'note'\n", answers=kept, where="g")
    assert first.fail_on is Severity.NOTE
    assert load_settings_cached(blob, never, answers=Kept(), where="g") is first
    other = fresh_id()
    kept[other] = kept[blob]
    assert load_settings_cached(other, never, answers=kept, where="g") == first


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"\xff",
        b"{}",
        b"[]",
        b"null",
        b'"x"',
        b"[" * 100_000,
        b'{"fail_on": "note"}',
        b'{"fail_on": "mayor", "policy": {}, "ledger": {}}',
    ],
)
def test_a_damaged_entry_is_checked_anew(entry: bytes) -> None:
    blob = fresh_id()
    kept = Kept({blob: entry})
    settings = load_settings_cached(blob, lambda: b"trunk = 'x'\n", answers=kept, where="g")
    assert settings == load_settings(b"trunk = 'x'\n", where="g")
    assert kept[blob] != entry


def test_an_entry_that_lacks_something_is_never_a_fault() -> None:
    plain = read(rtoml.dumps(WHOLE).encode(), "g")
    for path in paths_of(plain):
        blob = fresh_id()
        kept = Kept({blob: json.dumps(without(plain, path)).encode()})
        settings = load_settings_cached(blob, lambda: rtoml.dumps(WHOLE).encode(), answers=kept, where="g")
        assert isinstance(settings, Settings)


def test_what_is_wrong_is_told_each_time_and_never_kept() -> None:
    blob, kept = fresh_id(), Kept()
    for where in ("one", "other"):
        with pytest.raises(ConfigurationError, match=f"{where}:1:1: trunc: there is no such key"):
            load_settings_cached(blob, lambda: b"trunc = 'x'\n", answers=kept, where=where)
    assert kept == {}


def test_a_run_with_a_known_file_loads_neither_pydantic_nor_the_rules(repository: RepositoryBuilder) -> None:
    text = (
        'fail_on = "minor"\n[agents.one]\nconflicts_with = ["two"]\n[agents.two]\n[policy.severity.rules]\n'
        'text-conflict = "minor"\n[[notifications]]\ncommand = ["x"]\n'
    )
    repository.commit("main", {"gatekeeper.toml": text})
    program = f"""
import sys
from gatekeeper.cache import Cache
from gatekeeper.repository import open_repository
from gatekeeper.trunk import trunk_and_settings

repository = open_repository({str(repository.root)!r})
cache = Cache(repository.common_directory)
trunk, settings = trunk_and_settings(repository, cache)
cache.close()
assert len(settings.roster.agents) == len(settings.expected) + 1 == 2
print([name in sys.modules for name in ("pydantic", "gatekeeper.core.rules.registry", "tomlkit")])
"""
    assert python(program).stdout == "[True, True, False]\n"
    assert python(program).stdout == "[False, False, False]\n"


def test_a_known_scan_loads_neither(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"gatekeeper.toml": 'fail_on = "minor"\n[agents.one]\n'})
    repository.branch("one")
    repository.commit("one", {"x": "1"})
    program = f"""
import sys
from gatekeeper.cli.main import run

code = run(["scan", "-C", {str(repository.root)!r}, "--format", "json"])
print(code, [name in sys.modules for name in ("pydantic", "gatekeeper.core.rules.registry")], file=sys.stderr)
"""
    assert python(program).stderr == "0 [True, True]\n"
    assert python(program).stderr == "0 [False, False]\n"


def test_the_cache_on_disk(repository: RepositoryBuilder) -> None:
    blob = fresh_id()
    cache = Cache(repository.git_dir)
    load_settings_cached(blob, lambda: b"[agents.a]\n", answers=cache, where="g")
    cache.close()
    again = Cache(repository.git_dir)
    entry = again.get(KIND, blob)
    again.close()
    assert entry is not None
    assert settings_of(json.loads(entry)) == load_settings(b"[agents.a]\n", where="g")


@given(documents())
def test_any_document_comes_back_from_the_cache_as_the_same_settings(document: dict[str, Any]) -> None:
    source = rtoml.dumps(document).encode()
    settings = load_settings(source, where="g")
    blob, kept = fresh_id(), Kept()
    assert load_settings_cached(blob, lambda: source, answers=kept, where="g") == settings
    other = fresh_id()
    assert load_settings_cached(other, never, answers=Kept({other: kept[blob]}), where="g") == settings


@given(documents())
def test_any_document_spelled_out_says_the_same(document: dict[str, Any]) -> None:
    source = rtoml.dumps(document).encode()
    shown = tomlkit.dumps(read(source, "g")).encode()
    assert load_settings(shown, where="shown") == load_settings(source, where="g")


@given(documents())
def test_any_document_fits_the_published_schema(document: dict[str, Any]) -> None:
    check(document, SCHEMA)
    for row in document.get("notifications", ()):
        row["mail"] = row["command"] = []
        with pytest.raises(AssertionError):
            check(document, SCHEMA)


SCHEMA: dict[str, Any] = json.loads(schema_text())

WHOLE: dict[str, Any] = {
    "trunk": "main",
    "agents": {
        "a": {"conflicts_with": ["b"], "scope": ["x#y"], "budget": {"cores": 1, "memory": "1MB"}, "contact": "c"},
        "b": {},
    },
    "phases": {"p": {"agents": ["a"]}},
    "policy": {"expected": [{"reason": "r", "path": "x"}], "severity": {"places": [{"severity": "note"}]}},
    "notifications": [{"command": ["x"]}, {"webhook": "https://x.org", "secret_env": "X"}],
}


def paths_of(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, one in inner for path in ((*here, key), *paths_of(one, (*here, key)))]


def without(value: Any, path: tuple[Any, ...]) -> Any:
    copy = json.loads(json.dumps(value))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return copy
