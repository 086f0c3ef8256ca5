from __future__ import annotations

import datetime as dt
import gzip
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.document import MAX_BYTES, MAX_DEPTH, Document, ParseFailure, comparable, parse, same
from gatekeeper.core.schema import CARGO, CARGO_MAKE, GENERIC
from tests.core.toml_texts import TREES, Tree, document, generic, spellings

_CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "merges.jsonl.gz"

# Each line was given to cargo 1.95 in [package.metadata] of a package.
_CARGO_READS = [
    "a = {\n b = 1, # c\n c = 2,\n}",
    "a = { b\n= 1 }",
    'a = "\\e \\x41"',
    "a = 07:32",
    "a = 1979-05-27T07:32Z",
    "a = -9223372036854775808",
    "a = 9223372036854775807",
    "a = [nan, +nan, -inf]",
    'a = """x"""""',
    'a = "\\u0000"',
    '"" = 1',
    "x.y = 1\n[x.z]\nq = 1",
    "[x.y]\n[x]",
]
_CARGO_REFUSES = [
    "x = 1\nx = 2",
    "[a]\n[a]",
    "a.b = 1\n[a]",
    "a = { b = 1 }\na.c = 2",
    "a = { b = 1 }\n[a.c]",
    "x = []\n[[x]]",
    "[x]\n[[x]]",
    "[[x]]\n[x]",
    "x.y.z = 1\n[x.y]",
    "[q.r]\nz = 1\n[q]\nr.y = 2",
    "a = { , b = 1 }",
    "a = 1.",
    "a = 01",
    "a = 1__0",
    "a = 1e400",
    "a = 9223372036854775808",
    "a = -9223372036854775809",
    "a = 0xFFFFFFFFFFFFFFFF",
    "a = 99999999999999999999999999999999999999999999",
    "a = 1979-02-30",
    "a = 24:00:00",
    'a = "\\uD800"',
    'a = "\x01"',
    "a = 1 # \x7f",
    "é = 1",
    "a = 1\rb = 2",
    "a = 1 b = 2",
    "y = 1\n\ufeffx = 1",
]


@pytest.mark.parametrize("text", _CARGO_READS)
def test_reads_what_cargo_reads(text: str) -> None:
    assert isinstance(parse(text.encode(), GENERIC), Document)


@pytest.mark.parametrize("text", _CARGO_REFUSES)
def test_refuses_what_cargo_refuses(text: str) -> None:
    assert isinstance(parse(text.encode(), GENERIC), ParseFailure)


@given(st.data(), TREES)
def test_every_spelling_gives_the_same_tree(data: st.DataObject, tree: Tree) -> None:
    text = data.draw(spellings(tree))
    spelled, plain = document(text, GENERIC), generic(tree)
    assert same(spelled.tree, plain.tree)
    assert same(plain.tree, tree)
    assert spelled.tree == plain.tree
    assert comparable(spelled, plain)


def test_byte_order_mark_and_line_ends() -> None:
    assert document("\ufeff[package]\r\nname = 'a'\r\n").tree == {"package": {"name": "a"}}


def test_line_ends_inside_strings_are_kept_as_by_cargo() -> None:
    assert document('a = """x\r\ny"""').tree == {"a": "x\r\ny"}


@pytest.mark.parametrize(
    ("source", "message", "line", "column"),
    [
        (b"a = 1\nb = 2\nb = 3\n", "duplicate key", 3, 1),
        (b"[a]\nx = 1\n[a]\n", "duplicate key", 3, 2),
        ("a = 'éé' x\n".encode(), "unexpected key or value, expected newline, `#`", 1, 10),
        (b"a = 1\nb = '\xc3\xa9' # \xff\n", "the byte 0xff is not UTF-8", 2, 11),
        (b"\xef\xbb\xbfa = \xff", "the byte 0xff is not UTF-8", 1, 5),
        (b"\xff\xfea\x00", "the byte 0xff is not UTF-8", 1, 1),
        (b"a = 1\nb = \x00", "the file holds a NUL byte", 2, 5),
        (b"a = 1\nb = [\n 99999999999999999999]", "integer out of range (64 bits)", 3, 2),
        (b"a = '99999999999999999999'\nb = 0xFFFFFFFFFFFFFFFF", "integer out of range (64 bits)", 2, 5),
        (b"# 99999999999999999999\n9223372036854775807 = 9223372036854775808", "integer out of range (64 bits)", 2, 23),
        (
            b"a = 1_000_000_000_000_000_000\nb = -0\nc = 9_223_372_036_854_775_808",
            "integer out of range (64 bits)",
            3,
            5,
        ),
        (b"a = 1\nb = " + b"[" * 81 + b"]" * 81, "nested more than 64 levels deep", 2, 69),
        (b"a = 1\nb = " + b"[" * 65 + b"]" * 65, "nested more than 64 levels deep", 2, 69),
        (b"] a.b = 1 ]\n[[x]]\n" + b"a.b" * 65, "nested more than 64 levels deep", 3, 194),
        (b"a = 1\n<<<<<<< HEAD\nb = 1\n", "conflict markers committed (<<<<<<< HEAD)", 2, 1),
        (b"a = [\n<<<<<<< x\x1b[31m\n]\n", "conflict markers committed (<<<<<<< x [31m)", 2, 1),
        (b'a = """\n<<<<<<< HEAD\n\\\n"""\n=======\n', "conflict markers committed (=======)", 5, 1),
        (b"a = 1\r\n=======\r\n>>>>>>> b\r\n", "conflict markers committed (=======)", 2, 1),
        (b"# <<<<<<< HEAD\na\n", "key with no value, expected `=`", 2, 2),
    ],
)
def test_failures_say_what_and_where(source: bytes, message: str, line: int, column: int) -> None:
    assert parse(source, CARGO) == ParseFailure(message, line, column)


def test_conflict_markers_inside_a_string_are_its_text() -> None:
    assert document('a = """\n<<<<<<< HEAD\n"""').tree == {"a": "<<<<<<< HEAD\n"}


def test_a_huge_file_is_refused() -> None:
    assert parse(b"#" * (MAX_BYTES + 1), CARGO) == ParseFailure("the file is larger than 8 MiB", 1, 1)


_DEEP = {
    "arrays": "a = " + "[" * 10_000 + "]" * 10_000,
    "arrays with brackets in strings": "a = " + '["]", ' * 10_000 + '"[" ]' * 10_000,
    "open arrays": "a = " + "[" * 100_000,
    "inline tables": "a = " + "{ b = " * 10_000 + "1" + "}" * 10_000,
    "dotted key": ".".join(["a"] * 10_000) + " = 1",
    "dotted header": "[" + ".".join(["a"] * 10_000) + "]",
    "dotted keys of inline tables": "a = " + ("{" + ".".join(["b"] * 79) + " = ") * 79 + "1" + "}" * 79,
    "quoted dotted keys of inline tables": "a = " + ("{" + ".".join(['"="'] * 79) + " = ") * 79 + "1" + "}" * 79,
    "dotted keys of inline tables on many lines": "a = " + ("{\n" + ".".join(["b"] * 16) + " = ") * 79 + "1" + "}" * 79,
    "header and key": "[" + ".".join(["a"] * 40) + "]\n" + ".".join(["b"] * 40) + " = 1",
}


@pytest.mark.parametrize("text", _DEEP.values(), ids=_DEEP.keys())
def test_deep_nesting_is_refused(text: str) -> None:
    # In a process of its own: what goes wrong here is a crash, not an exception.
    program = (
        "import sys; from gatekeeper.core.document import parse; from gatekeeper.core.schema import GENERIC\n"
        "print(parse(sys.stdin.buffer.read(), GENERIC).message)"
    )
    done = subprocess.run([sys.executable, "-c", program], input=text.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stdout.decode().strip()) == (0, "nested more than 64 levels deep")


@pytest.mark.parametrize("spare", [0, 1])
def test_the_limit_counts_tables_and_arrays(spare: int) -> None:
    depth = MAX_DEPTH + spare
    texts = [
        "a = " + "[" * depth + "]" * depth,
        ".".join(["a"] * (depth + 1)) + " = 1",
        "[" + ".".join(["a"] * depth) + "]",
    ]
    found = {isinstance(parse(text.encode(), GENERIC), Document) for text in texts}
    assert found == {spare == 0}


def test_deep_nesting_in_a_thread_with_a_small_stack() -> None:
    results: list[Document | ParseFailure] = []
    text = "a = " + ("{" + ".".join(["b"] * 16) + " = ") * 79 + "1" + "}" * 79
    before = threading.stack_size(1024 * 1024)
    try:
        thread = threading.Thread(target=lambda: results.append(parse(text.encode(), GENERIC)))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert isinstance(results[0], ParseFailure)


@given(st.binary(max_size=200))
def test_never_raises_on_bytes(source: bytes) -> None:
    assert isinstance(parse(source, CARGO), (Document, ParseFailure))


@given(st.text("[]{}=.,#\"'\\\n\r abtn019-+:TZ_eEx<>", max_size=60))
def test_never_raises_on_what_looks_like_toml(text: str) -> None:
    for profile in (CARGO, CARGO_MAKE):
        parsed = parse(text.encode(), profile)
        if isinstance(parsed, ParseFailure):
            assert parsed.line <= text.count("\n") + 1
            assert parsed.column >= 1


@given(st.data(), TREES)
def test_never_raises_on_damaged_toml(data: st.DataObject, tree: Tree) -> None:
    source = bytearray(data.draw(spellings(tree)).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(source)))
        source[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=2))
    assert isinstance(parse(bytes(source), CARGO), (Document, ParseFailure))


def test_equality_of_numbers_booleans_and_moments() -> None:
    assert not same({"a": 1}, {"a": True})
    assert not same([1], [1.0])
    assert not same(0.0, -0.0)
    assert not same([1], [1, 2])
    assert not same({"a": 1}, {"b": 1})
    assert not same(*(document(f"a = 1979-05-27T{t}").tree for t in ("07:00:00Z", "08:00:00+01:00")))
    assert same(document("a = nan").tree, document("a = -nan").tree)
    assert not comparable(document("a = 1"), document("a = true"))
    assert not comparable(document("a = 1"), document("a = 1.0"))
    assert comparable(document("a = 1"), None, document("a=1 # b"))
    assert not comparable(Document(CARGO, {}))


def test_moments_have_standard_time_zones() -> None:
    tree = document("a = 1979-05-27T07:32:00-07:00\nb = 1979-05-27\nc = 07:32:00\nd = 1979-05-27T07:32:00").tree
    zone = dt.timezone(dt.timedelta(hours=-7))
    assert repr(tree["a"]) == repr(dt.datetime(1979, 5, 27, 7, 32, tzinfo=zone))
    assert tree["b"] == dt.date(1979, 5, 27)
    assert tree["c"] == dt.time(7, 32)


@pytest.mark.skipif(not _CORPUS.exists(), reason="../shared/corpus/merges.jsonl.gz is not here")
def test_corpus_validity_is_that_of_a_second_parser() -> None:
    texts: set[str] = set()
    with gzip.open(_CORPUS, "rt", encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            texts.update(case[side] for side in ("base", "ours", "theirs", "human") if case[side] is not None)
    disagreements = [text for text in texts if _valid_by_tomli(text) != _valid(text)]
    assert not disagreements, disagreements[0]


def _valid(text: str) -> bool:
    return isinstance(parse(text.encode("utf-8", "surrogatepass"), GENERIC), Document)


def _valid_by_tomli(text: str) -> bool:
    try:
        tomli.loads(text.removeprefix("\ufeff"))
    except ValueError:
        return False
    return True
