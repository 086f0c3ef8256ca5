"""R-26: what agents leave for later ones."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from gatekeeper.core.ledger.events import AgentAdopted
from gatekeeper.core.names import AgentName, RefName
from gatekeeper.core.watch.memory_keys import MOST_BYTES
from gatekeeper.report.memory import MemoryDocument
from tests.cli.ledger_commands import document, refused, told
from tests.cli.run import gatekeeper
from tests.kit import RepositoryBuilder
from tests.shell.ledgers import by_hand, ledger_of, record


@pytest.fixture
def here(repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch) -> RepositoryBuilder:
    repository.commit("main", {"a": "a"})
    monkeypatch.chdir(repository.root)
    return repository


def put(capsys: pytest.CaptureFixture[str], key: str, text: str, *more: str) -> str:
    Path("value").write_text(text)
    return told(capsys, "memory", "put", key, "value", *more)


@pytest.mark.usefixtures("here")
def test_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert put(capsys, "swarm/build/baseline", '{"build": "120s"}\n') == "swarm/build/baseline: 18 bytes of json\n"
    assert told(capsys, "memory", "get", "swarm/build/baseline") == '{"build": "120s"}\n'
    found = document(capsys, MemoryDocument, "memory", "get", "swarm/build/baseline")
    (value,) = found["values"]
    assert (found["schema"], value["by"], value["media"]) == ("gatekeeper.memory/1", "test@gatekeeper.invalid", "json")
    assert json.loads(value["text"]) == {"build": "120s"}


@pytest.mark.usefixtures("here")
def test_by_glob(capsys: pytest.CaptureFixture[str]) -> None:
    for key in ("swarm/build/a", "swarm/build/deep/b", "swarm/test/a", "other"):
        put(capsys, key, "x")
    for glob, wanted in {
        "": ["other", "swarm/build/a", "swarm/build/deep/b", "swarm/test/a"],
        "swarm/build": ["swarm/build/a", "swarm/build/deep/b"],
        "swarm/build/": ["swarm/build/a", "swarm/build/deep/b"],
        "swarm/*/a": ["swarm/build/a", "swarm/test/a"],
        "**/b": ["swarm/build/deep/b"],
        "nothing": [],
    }.items():
        assert told(capsys, "memory", "list", glob).splitlines() == wanted
        found = document(capsys, MemoryDocument, "memory", "list", glob)
        assert [value["key"] for value in found["values"]] == wanted
        assert all(value["text"] is None for value in found["values"])


@pytest.mark.usefixtures("here")
def test_the_history_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("one", "two \x1b[2J"):
        put(capsys, "k", text, "--as", "coder")
    put(capsys, "other", "x")
    newest, oldest = told(capsys, "memory", "get", "k", "--history").splitlines()
    assert newest.endswith("Z  coder  two \\x1b[2J")
    assert oldest.endswith("Z  coder  one")
    found = document(capsys, MemoryDocument, "memory", "get", "k", "--history")
    assert [value["text"] for value in found["values"]] == ["two \x1b[2J", "one"]
    put(capsys, "k", "[1]")
    found = document(capsys, MemoryDocument, "memory", "get", "k", "--history")
    assert [value["media"] for value in found["values"]] == ["json", "text", "text"]


@pytest.mark.usefixtures("here")
def test_what_put_says(capsys: pytest.CaptureFixture[str]) -> None:
    Path("value").write_text("text")
    found = document(capsys, MemoryDocument, "memory", "put", "k", "value", "--as", "coder")
    (value,) = found["values"]
    assert (value["key"], value["by"], value["media"], value["text"]) == ("k", "coder", "text", None)
    assert value["at"]


@pytest.mark.usefixtures("here")
def test_what_is_dropped_is_in_the_history_only(capsys: pytest.CaptureFixture[str]) -> None:
    #
    put(capsys, "k", "one")
    put(capsys, "kept", "x")
    assert told(capsys, "memory", "drop", "k", "--as", "coder") == "k: dropped\n"
    assert told(capsys, "memory", "list") == "kept\n"
    assert "nothing stands under k" in refused(capsys, "memory", "get", "k")
    newest, oldest = document(capsys, MemoryDocument, "memory", "get", "k", "--history")["values"]
    assert (newest["by"], newest["media"], newest["text"], oldest["text"]) == ("coder", "", None, "one")
    assert told(capsys, "memory", "get", "k", "--history").splitlines()[0].endswith("Z  coder  dropped")
    assert told(capsys, "log", "-n", "1").endswith("[coder] dropped k\n")
    put(capsys, "k", "two")
    assert told(capsys, "memory", "get", "k") == "two"


@pytest.mark.usefixtures("here")
def test_what_drop_says(capsys: pytest.CaptureFixture[str]) -> None:
    put(capsys, "k", "one")
    found = document(capsys, MemoryDocument, "memory", "drop", "k", "--as", "coder")
    (value,) = found["values"]
    assert (found["schema"], value["key"], value["by"], value["text"]) == ("gatekeeper.memory/1", "k", "coder", None)
    assert value["at"]


def test_nothing_is_dropped_where_nothing_stands(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    assert "memory list shows" in refused(capsys, "memory", "drop", "k")
    assert ledger_of(here).tip() is None
    put(capsys, "baseline-metrics", "x")
    assert "did you mean baseline-metrics?" in refused(capsys, "memory", "drop", "baseline-metric")
    told(capsys, "memory", "drop", "baseline-metrics")
    tip = ledger_of(here).tip()
    assert "nothing stands under" in refused(capsys, "memory", "drop", "baseline-metrics")
    assert ledger_of(here).tip() == tip


@pytest.mark.parametrize("text", ["", "x\n", "[1]", "é\n\n", "\x1b[2J"])
@pytest.mark.usefixtures("here")
def test_byte_for_byte(text: str) -> None:
    done = gatekeeper("memory", "put", "k", input=text)
    assert (done.returncode, done.stderr) == (0, "")
    assert gatekeeper("memory", "get", "k").stdout == text


@pytest.mark.usefixtures("here")
def test_a_terminal_gets_no_control_characters(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(capsys, "k", "one\n\x1b[2Jtwo\n")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert told(capsys, "memory", "get", "k") == "one\n\\x1b[2Jtwo\n"


@pytest.mark.parametrize(
    "key",
    ["", "a//b", "/a", "a/", ".", "a/..", ".git", "a.json/b", "-a", "a b", "é", "x" * 65, "a/" * 8 + "a", "a\udce9"],
)
@pytest.mark.usefixtures("here")
def test_no_key(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["put", "--", key, "value"], ["get", "--", key], ["drop", "--", key]):
        assert "is no key: " in refused(capsys, "memory", *arguments)


@pytest.mark.parametrize(
    ("data", "options", "reason"),
    [
        (b"x" * (MOST_BYTES + 1), [], "65,537 bytes, and 65,536 are the most"),
        (b"x\xff", [], "the byte at offset 1 is not UTF-8"),
        (b"a\0b", [], "NUL"),
        (b'{"a": 1,\n}', ["--json"], "line 2, column 1"),
        (b'{"a": 1, "a": 2}', ["--json"], "one key twice"),
        (b"NaN", ["--json"], "no number"),
        (b"[" * 60_000, ["--json"], "nested too deeply"),
    ],
)
def test_no_value(
    here: RepositoryBuilder, data: bytes, options: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("value").write_bytes(data)
    said = refused(capsys, "memory", "put", "k", "value", *options)
    assert reason in said
    assert said.startswith("gatekeeper: value: ")
    assert ledger_of(here).tip() is None


@pytest.mark.usefixtures("here")
def test_a_key_that_ends_like_json_holds_json(capsys: pytest.CaptureFixture[str]) -> None:
    Path("value").write_text("{")
    assert "not valid JSON" in refused(capsys, "memory", "put", "k.json", "value")
    assert "json" in put(capsys, "k.json", "{}")


@pytest.mark.usefixtures("here")
def test_unknown_names(capsys: pytest.CaptureFixture[str]) -> None:
    put(capsys, "baseline-metrics", "x")
    for more in ([], ["--history"]):
        assert "did you mean baseline-metrics?" in refused(capsys, "memory", "get", "baseline-metric", *more)
        assert "memory list shows" in refused(capsys, "memory", "get", "zzz", *more)
    assert "cannot read nowhere" in refused(capsys, "memory", "put", "k", "nowhere")
    assert "cannot read ." in refused(capsys, "memory", "put", "k", ".")
    assert "its parts are made of" in refused(capsys, "memory", "list", "[a]")


def test_who_writes(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # R-26: --as, else the environment, else whose branch is checked out, else the person.
    def writer(*arguments: str) -> str:
        Path("value").write_text("x")
        found = document(capsys, MemoryDocument, "memory", "put", "k", "value", *arguments)
        by: str = found["values"][0]["by"]
        return by

    assert writer() == "test@gatekeeper.invalid"
    record(ledger_of(here), AgentAdopted(AgentName("optimizer"), RefName("refs/heads/main"), None, None))
    assert writer() == "optimizer"
    here.git("checkout", "-q", "--detach")
    assert writer() == "test@gatekeeper.invalid"
    monkeypatch.setenv("GATEKEEPER_AGENT", "from-the-environment")
    assert writer() == "from-the-environment"
    assert writer("--as", "named") == "named"
    assert writer("--as", "caf\udce9 \x1b") == "caf\\xe9 \x1b"
    assert "\x1b" not in told(capsys, "log")
    monkeypatch.delenv("GATEKEEPER_AGENT")
    for name in ("GIT_AUTHOR_EMAIL", "GIT_AUTHOR_NAME"):
        monkeypatch.delenv(name)
    assert writer() == "unknown"
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "caf\udce9@example.org")
    assert writer() == "caf@example.org"


def test_where_there_is_no_commit_yet(
    repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The memory needs no trunk.
    monkeypatch.chdir(repository.root)
    assert put(capsys, "k", "x") == "k: 1 bytes of text\n"
    assert told(capsys, "memory", "get", "k") == "x"


def test_a_ledger_that_was_edited_stops_writers(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    put(capsys, "k", "x")
    by_hand(here, "A note")
    told(capsys, "memory", "put", "k", "value", code=3)
    assert told(capsys, "memory", "get", "k") == "x"


def test_closed_input_is_empty(here: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert gatekeeper("memory", "put", "k", cwd=here.root, input="").returncode == 0
