from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.safe_text import safe, without_surrogates


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("plain ünïcode 漢字", "plain ünïcode 漢字"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\tb\r\nc", "a\\tb\\r\\nc"),
        ("\x7f", "\\x7f"),
        ("abc\u202etxt.exe", "abc\\u202etxt.exe"),
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("line\u2028separator", "line\\u2028separator"),
        ("tag\U000e0041", "tag\\U000e0041"),
        (b"not utf-8: \xff".decode("utf-8", "surrogateescape"), "not utf-8: \\xff"),
        ("\ud83d alone", "\\ud83d alone"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(hostile: str, harmless: str) -> None:
    assert safe(hostile) == harmless


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Ll"])))
def test_nothing_unprintable_gets_through(text: str) -> None:
    assert safe(text).isprintable()
    safe(text).encode()


@given(st.binary())
def test_any_name_becomes_valid_unicode(name: bytes) -> None:
    text = name.decode("utf-8", "surrogateescape")
    without_surrogates(text).encode()
    assert without_surrogates(text) == text or "\\x" in without_surrogates(text)
