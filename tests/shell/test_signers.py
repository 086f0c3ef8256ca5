"""Whose signature counts: ``allowed_signers`` as the real ssh-keygen reads it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.core.roster import Principal
from gatekeeper.signing import Outcome, Signers, Verdict, sign
from gatekeeper.signing.signers import _lacking
from tests.kit.ssh import needs_openssh, new_key, public_half

pytestmark = needs_openssh

LEAD = Principal("lead@example.org")
OPS = Principal("ops@example.org")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    room = tmp_path_factory.mktemp("keys")
    return new_key(room / "lead"), new_key(room / "ops")


@pytest.fixture(scope="module")
def signed(keys: tuple[Path, Path]) -> str:
    """Return the lead's signature of ``event``."""
    return sign(b"event", keys[0])


def listing(keys: tuple[Path, Path], line: str = "{lead}", *, before: str = "", after: str = "") -> Signers:
    mine = line.format(lead=f"{LEAD} {public_half(keys[0])}", key=public_half(keys[0]))
    return Signers(f"{before}{mine}\n{OPS} {public_half(keys[1])}\n{after}".encode())


def outcome(signers: Signers, signature: str, at: datetime = NOW, *, who: Principal = LEAD) -> Outcome:
    return signers.verify(b"event", signature, who, at).outcome


def test_a_good_one_names_the_key(keys: tuple[Path, Path], signed: str) -> None:
    verdict = listing(keys).verify(b"event", signed, LEAD, NOW)
    assert verdict.is_good
    assert str(verdict.fingerprint).startswith("SHA256:")


def test_another_payload_another_principal_another_key(keys: tuple[Path, Path], signed: str) -> None:
    signers = listing(keys)
    changed = signers.verify(b"another event", signed, LEAD, NOW)
    assert (changed.outcome, changed.is_good) == (Outcome.BAD_SIGNATURE, False)
    other = signers.verify(b"event", signed, OPS, NOW)
    assert (other.outcome, other.reason) == (Outcome.WRONG_PRINCIPAL, f"the key is that of {LEAD}")
    assert outcome(signers, signed, who=Principal("nobody@example.org")) is Outcome.WRONG_PRINCIPAL
    nobody = Signers(f"{OPS} {public_half(keys[1])}\n".encode()).verify(b"event", signed, LEAD, NOW)
    assert nobody.outcome is Outcome.UNKNOWN_KEY
    assert nobody.fingerprint is not None
    assert outcome(Signers(b""), signed) is Outcome.UNKNOWN_KEY


def test_a_key_counts_while_it_is_valid(keys: tuple[Path, Path], signed: str) -> None:
    signers = listing(keys, f'{LEAD} valid-after="20260101",valid-before="20260201" {{key}}')
    february = datetime(2026, 2, 1, tzinfo=UTC)
    assert outcome(signers, signed, NOW - timedelta(seconds=1)) is Outcome.EXPIRED
    assert outcome(signers, signed, NOW) is Outcome.GOOD
    assert outcome(signers, signed, february - timedelta(seconds=1)) is Outcome.GOOD
    assert outcome(signers, signed, february + timedelta(seconds=1)) is Outcome.EXPIRED
    # The same moment, told in another zone.
    west = timezone(timedelta(hours=-11))
    assert outcome(signers, signed, NOW.astimezone(west)) is Outcome.GOOD
    assert outcome(signers, signed, february, who=OPS) is not Outcome.GOOD


def test_times_are_the_same_in_every_zone(
    keys: tuple[Path, Path], signed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signers = listing(keys, f'{LEAD} valid-after="202601010000" {{key}}')
    for zone in ("Pacific/Kiritimati", "Pacific/Midway", "UTC-14", "UTC+11"):
        monkeypatch.setenv("TZ", zone)
        assert outcome(signers, signed, NOW) is Outcome.GOOD
        assert outcome(signers, signed, NOW - timedelta(minutes=1)) is Outcome.EXPIRED


def test_a_key_for_something_else_does_not_count(keys: tuple[Path, Path], signed: str) -> None:
    git_only = listing(keys, f'{LEAD} namespaces="git,file" {{key}}')
    verdict = git_only.verify(b"event", signed, LEAD, NOW)
    assert verdict.outcome is Outcome.UNKNOWN_KEY
    assert "namespace" in verdict.reason
    assert outcome(listing(keys, f'{LEAD} namespaces="git,gatekeeper" {{key}}'), signed) is Outcome.GOOD


def test_patterns_of_the_file_are_patterns_and_those_of_the_event_are_not(keys: tuple[Path, Path], signed: str) -> None:
    domain = listing(keys, "*@example.org,!ops@example.org {key}")
    assert outcome(domain, signed) is Outcome.GOOD
    assert outcome(domain, signed, who=OPS) is Outcome.WRONG_PRINCIPAL
    for who in ("*", "*@example.org", "lead@example.or?", "lead@example.org,ops@example.org", f" {LEAD}", "-n", "!x"):
        assert outcome(listing(keys), signed, who=Principal(who)) is Outcome.WRONG_PRINCIPAL


@pytest.mark.parametrize("who", ["", "a\0b", "a\nb", "\udcff", "\x1b[31m"])
def test_what_is_no_name_is_nobody(keys: tuple[Path, Path], signed: str, who: str) -> None:
    assert outcome(listing(keys), signed, who=Principal(who)) is Outcome.WRONG_PRINCIPAL


def test_who_signed(keys: tuple[Path, Path], signed: str) -> None:
    assert listing(keys).principals_of(signed, NOW) == (LEAD,)
    shared = listing(keys, f"{LEAD},second@example.org {{key}}")
    assert shared.principals_of(signed) == (LEAD, "second@example.org")
    lapsed = listing(keys, f'{LEAD} valid-before="20200101" {{key}}')
    assert lapsed.principals_of(signed, NOW) == ()
    assert lapsed.principals_of(signed, datetime(2019, 1, 1, tzinfo=UTC)) == (LEAD,)
    assert Signers(b"").principals_of(signed) == ()
    assert listing(keys).principals_of("nonsense") == ()
    assert listing(keys).principals_of("x" * 100_000) == ()


GARBAGE = (
    'lead@example.org ssh-ed25519 !!!!\n\0\0\0\nno key\nlead@example.org namespaces="open {\n\xff' + "x" * 9000 + "\r\n"
)


@pytest.mark.parametrize("place", ["before", "after"])
def test_lines_that_mean_nothing_do_not_hide_the_others(keys: tuple[Path, Path], signed: str, place: str) -> None:
    assert outcome(listing(keys, **{place: GARBAGE}), signed) is Outcome.GOOD
    assert outcome(Signers(GARBAGE.encode()), signed) is Outcome.UNKNOWN_KEY
    assert outcome(Signers(os.urandom(4096)), signed) is Outcome.UNKNOWN_KEY


def test_lines_as_they_end_elsewhere(keys: tuple[Path, Path], signed: str) -> None:
    text = f"# the architects\r\n\r\n{LEAD} {public_half(keys[0])} \r\n".encode()
    assert outcome(Signers(text), signed) is Outcome.GOOD


def test_a_time_that_is_none(keys: tuple[Path, Path], signed: str) -> None:
    last = datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))
    assert outcome(listing(keys), signed, last) is Outcome.EXPIRED
    assert listing(keys).principals_of(signed, last) == ()
    limited = listing(keys, f'{LEAD} valid-after="20260101" {{key}}')
    assert outcome(limited, signed, datetime(1, 1, 1, tzinfo=UTC)) is not Outcome.GOOD


@pytest.mark.parametrize("signature", ["", "\0", "nonsense", "\ud800\udc00 \udcff", "x" * 70_000])
def test_nonsense_is_no_signature(keys: tuple[Path, Path], signature: str) -> None:
    assert outcome(listing(keys), signature) is Outcome.BAD_SIGNATURE


@settings(max_examples=25)
@given(data=st.data())
def test_a_signature_with_anything_changed_never_counts_for_more(
    keys: tuple[Path, Path], signed: str, data: st.DataObject
) -> None:
    body = signed.splitlines()
    line = data.draw(st.integers(1, len(body) - 2))
    column = data.draw(st.integers(0, len(body[line]) - 1))
    new = data.draw(st.sampled_from("Aa0+/=!\0é"))
    body[line] = body[line][:column] + new + body[line][column + 1 :]
    verdict = listing(keys).verify(b"event", "\n".join(body) + "\n", LEAD, NOW)
    assert isinstance(verdict, Verdict)
    # The last digit of an encoded byte can be written in several ways.
    assert not verdict.is_good or body == signed.splitlines() or line == len(body) - 2


def stand_in(room: Path, script: str) -> None:
    room.mkdir(exist_ok=True)
    (room / "ssh-keygen").write_text(f"#!/bin/sh\n{script}\n")
    (room / "ssh-keygen").chmod(0o755)


def test_without_a_program_that_can_tell_nothing_is_told(
    keys: tuple[Path, Path], signed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signers = listing(keys)
    path = os.environ["PATH"]
    _lacking.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = signers.verify(b"event", signed, LEAD, NOW)
    assert missing.outcome is Outcome.NOT_CHECKED
    assert "cannot start ssh-keygen" in missing.reason
    assert signers.principals_of(signed) == ()
    # OpenSSH 7.9 has no -Y; 8.2 has it, and knows no times.
    stand_in(tmp_path / "old", "echo 'unknown option -- Y' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'old'}:{path}")
    old = signers.verify(b"event", signed, LEAD, NOW)
    assert old.outcome is Outcome.NOT_CHECKED
    assert "OpenSSH 8.8 is needed" in old.reason
    _lacking.cache_clear()
