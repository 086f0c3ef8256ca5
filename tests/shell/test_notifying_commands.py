"""Commands that are told, and mail through a sendmail that keeps what it gets; both are real processes."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.channels import Channel, ChannelKind
from gatekeeper.core.names import Severity
from gatekeeper.notifying import deliver
from gatekeeper.notifying.message import one_line

DOCUMENT = '{"schema": "a", "what": "Gefährliches"}\n'.encode()


def channel(kind: ChannelKind, *target: str, seconds: float = 60) -> Channel:
    return Channel("team", kind, target, frozenset(), Severity.MAJOR, timedelta(seconds=seconds), None)


def told(*command: str, cwd: Path | str = "/", seconds: float = 60, document: bytes = DOCUMENT) -> str | None:
    where = channel(ChannelKind.COMMAND, *command, seconds=seconds)
    return deliver(where, document, "subject", env=os.environ, cwd=str(cwd), event="finding-opened", delivery="d-1")


def test_a_command_reads_the_document_where_it_should_run(tmp_path: Path) -> None:
    script = 'cat > document; echo "$GATEKEEPER_EVENT $GATEKEEPER_DELIVERY $1" > about; echo ignored'
    assert told("sh", "-c", script, "name", "an argument; no shell", cwd=tmp_path) is None
    assert (tmp_path / "document").read_bytes() == DOCUMENT
    assert (tmp_path / "about").read_text() == "finding-opened d-1 an argument; no shell\n"


def test_one_that_reads_nothing_has_been_told() -> None:
    assert told("true", document=b"x" * 1_000_000) is None


def test_the_last_complaint_is_the_reason() -> None:
    assert told("sh", "-c", "echo one >&2; printf 'two \\033[2J\\303\\n\\n' >&2; exit 3") == (
        "sh failed with exit code 3: two [2J\ufffd"
    )
    assert told("sh", "-c", "exit 1") == "sh failed with exit code 1"
    assert told("sh", "-c", "kill -9 $$") == "sh was ended by signal 9"


def test_one_that_hangs_is_stopped_with_its_children(tmp_path: Path) -> None:
    script = f"setsid sh -c 'echo $$ > {tmp_path}/pid; exec sleep 600' & echo waiting >&2; wait"
    noted = tmp_path / "pid"
    # However slow the machine is, one of these is long enough for it to get that far.
    failures = (told("sh", "-c", script, seconds=seconds) for seconds in (0.3, 1, 4, 16, 64))
    failure = next(
        said for said in failures if str(said).endswith(": waiting") and noted.exists() and noted.read_text()
    )
    assert str(failure).startswith("sh was stopped after ")
    if Path("/proc/self/stat").exists():
        pid = noted.read_text().strip()
        assert not Path("/proc", pid).exists() or b") Z" in Path("/proc", pid, "stat").read_bytes()


def test_one_that_talks_too_much_is_heard_out() -> None:
    assert told("sh", "-c", "head -c 50000000 /dev/zero; head -c 9000000 /dev/zero >&2; echo end >&2") is None


@pytest.mark.parametrize("command", [(), ("gatekeeper-no-such-program",), ("",), ("a\0b",), ("/",), ("./missing",)])
def test_one_that_cannot_be_started(command: tuple[str, ...], tmp_path: Path) -> None:
    failure = told(*command, cwd=tmp_path)
    assert failure is not None
    assert failure.startswith(("cannot start", "there is no command"))
    assert failure.isprintable()
    assert told("true", cwd=tmp_path / "gone") is not None


def sent(room: Path) -> EmailMessage:
    return message_from_bytes((room / "mail").read_bytes(), policy=policy.default)


@pytest.fixture
def sendmail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a sendmail on PATH that keeps the mail and its own arguments."""
    program = tmp_path / "bin" / "sendmail"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho \"$*\" > '{tmp_path}/arguments'\ncat > '{tmp_path}/mail'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return tmp_path


def mailed(subject: str, *addresses: str, **more: str) -> str | None:
    where = channel(ChannelKind.MAIL, *(addresses or ("a@example.org", "B <b@example.org>")))
    return deliver(where, DOCUMENT, subject, env=os.environ, cwd="/", **more)


def test_a_mail_has_a_subject_a_text_and_the_document(sendmail: Path) -> None:
    assert mailed("one critical finding\n\nCargo.toml: Gefährliches\n.\nFrom here\n", event="finding-opened") is None
    assert (sendmail / "arguments").read_text() == "-t -i\n"
    mail = sent(sendmail)
    assert mail["Subject"] == "one critical finding"
    assert [address.addr_spec for address in mail["To"].addresses] == ["a@example.org", "b@example.org"]
    assert (mail["Auto-Submitted"], mail["X-Gatekeeper-Event"]) == ("auto-generated", "finding-opened")
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content() == "Cargo.toml: Gefährliches\n.\nFrom here\n"
    (attached,) = mail.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("application/json", "notification.json")
    assert json.loads(attached.get_content())["what"] == "Gefährliches"
    assert b"\r" not in (sendmail / "mail").read_bytes()


@pytest.mark.parametrize("end", ["\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\0", "\n"])
def test_nothing_from_a_repository_becomes_a_header(sendmail: Path, end: str) -> None:
    nasty = f"branch{end}Bcc: victim@example.org{end}{end}body"
    assert mailed(nasty, event=nasty, delivery=nasty) is None
    mail = sent(sendmail)
    allowed = {"To", "Subject", "Auto-Submitted", "X-Gatekeeper-Event", "X-Gatekeeper-Delivery"}
    assert set(mail.keys()) == allowed | {"MIME-Version", "Content-Type"}
    assert mail["To"].addresses[-1].addr_spec == "b@example.org"


@given(subject=st.text(), event=st.text())
def test_any_text_makes_a_mail(subject: str, event: str) -> None:
    where = channel(ChannelKind.MAIL, "a@example.org")
    # Found by nobody else: the program is named sendmail, and reads to the end.
    failure = deliver(where, DOCUMENT, subject, env={"PATH": str(_reader())}, cwd="/", event=event)
    assert failure is None


def _reader() -> Path:
    room = Path(os.environ["HOME"])
    program = room / "sendmail"
    if not program.exists():
        program.write_text("#!/bin/sh\nexec /bin/cat\n")
        program.chmod(0o755)
    return room


@pytest.mark.parametrize("address", ["", " ", "a@example.org\nBcc: victim@example.org", "a\0b@example.org", "\udcff@x"])
def test_an_address_that_is_none(sendmail: Path, address: str) -> None:
    failure = mailed("subject", address)
    assert "is no mail address" in str(failure)
    assert not (sendmail / "mail").exists()


@pytest.mark.parametrize(
    "address", ["<", "a@", "@", '"', "a@b@c", ",", ";", "x:", "(", "[", "a@[", "<a", "é@ü", "root"]
)
def test_an_address_that_may_be_none_is_no_traceback(sendmail: Path, address: str) -> None:
    assert (failure := mailed("subject", address)) is None or failure.isprintable()
    assert (sendmail / "mail").exists() == (failure is None)


def test_nobody_to_write_to_and_nothing_to_write_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatekeeper.notifying.mail._ALSO_IN", (str(tmp_path),))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert mailed("subject") == f"there is no sendmail on PATH, in {tmp_path}"
    (tmp_path / "sendmail").write_text("#!/bin/sh\necho 'no route' >&2\nexit 75\n")
    (tmp_path / "sendmail").chmod(0o755)
    assert mailed("subject") == f"{tmp_path}/sendmail failed with exit code 75: no route"
    nobody = channel(ChannelKind.MAIL)
    assert deliver(nobody, DOCUMENT, "subject", env=os.environ, cwd="/") == "there is nobody to send mail to"


def test_lines_of_others_are_cut() -> None:
    assert one_line("a\r\nb\t\x1b[1mc") == "a b [1mc"
    assert len(one_line("x" * 10_000_000)) == 200
