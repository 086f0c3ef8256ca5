"""Webhooks, by real requests to a real server on this machine."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import os
import shutil
import socket
import ssl
import subprocess
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from gatekeeper.core.channels import Channel, ChannelKind
from gatekeeper.core.names import Severity
from gatekeeper.notifying import deliver
from tests.kit.web import Asked, Web, answering, serving

DOCUMENT = '{"schema": "a", "what": "Gefährliches"}\n'.encode()
SECRET = "schlüssel"  # noqa: S105 - of nothing


def hook(*target: str, seconds: float = 20, secret_env: str | None = None) -> Channel:
    wait = timedelta(seconds=seconds)
    return Channel("hook", ChannelKind.WEBHOOK, target, frozenset(), Severity.MAJOR, wait, secret_env)


def told(channel: Channel, document: bytes = DOCUMENT, **more: str) -> str | None:
    return deliver(channel, document, "subject", env=os.environ, cwd="/", **more)


def only(web: Web) -> Asked:
    (asked,) = web.asked
    return asked


def test_the_document_arrives_as_it_is() -> None:
    with serving(answering(204)) as web:
        assert told(hook(f"{web.url}/in?x=1"), event="finding-opened", delivery="d-1") is None
    asked = only(web)
    assert (asked.method, asked.path, asked.body) == ("POST", "/in?x=1", DOCUMENT)
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers["X-Gatekeeper-Event"] == "finding-opened"
    assert asked.headers["X-Gatekeeper-Delivery"] == "d-1"
    assert "X-Gatekeeper-Signature-256" not in asked.headers


def test_a_second_try_has_the_same_id_and_another_document_another() -> None:
    with serving(answering(200)) as web:
        for document in (b"{}", b"{}", b"[]"):
            assert told(hook(web.url), document) is None
    first, second, third = (asked.headers["X-Gatekeeper-Delivery"] for asked in web.asked)
    assert first == second != third


def test_a_receiver_can_check_who_sent_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with serving(answering(200)) as web:
        assert told(hook(web.url, secret_env="HOOK_SECRET")) is None  # noqa: S106 - the name of a variable
    asked = only(web)
    expected = hmac.new(SECRET.encode(), asked.body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(asked.headers["X-Gatekeeper-Signature-256"], f"sha256={expected}")


def test_without_its_secret_nothing_is_sent() -> None:
    with serving(answering(200)) as web:
        failure = told(hook(web.url, secret_env="NOT_SET"))  # noqa: S106 - as above
        assert failure == "the environment has no NOT_SET, which holds the secret to sign with"
    assert web.asked == []


def test_a_refusal_is_told_in_one_line() -> None:
    with serving(answering(422, b"no\n\x1b[2Jsuch \xff channel\r\n" + b"x" * 500_000)) as web:
        failure = told(hook(f"{web.url}/secret-path"))
    assert failure is not None
    assert failure.startswith("127.0.0.1 answers 422 Unprocessable")
    assert ": no [2Jsuch \ufffd channel xxx" in failure
    assert failure.isprintable()
    assert "secret-path" not in failure
    assert len(failure) <= 400


def test_an_empty_refusal_and_a_packed_one() -> None:
    with serving(answering(500)) as web:
        assert told(hook(web.url)) == "127.0.0.1 answers 500 Internal Server Error"
    with serving(answering(500, gzip.compress(b"0" * 10_000_000), Content_Encoding="gzip")) as web:
        assert str(told(hook(web.url))).startswith("127.0.0.1 answers 500 ")
    assert only(web).headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    with serving(answering(200)) as other, serving(answering(status, Location=f"{other.url}/in")) as web:
        failure = told(hook(web.url))
    assert str(failure).endswith("; redirects are not followed")
    assert (len(web.asked), other.asked) == (1, [])


@pytest.mark.parametrize(
    "target",
    [
        (),
        ("",),
        ("ftp://127.0.0.1/x",),
        ("file:///etc/passwd",),
        ("127.0.0.1",),
        ("http://",),
        ("http://[::1",),
        ("http://127.0.0.1:99999/",),
        ("http://a\nb/",),
        ("http://\udcff/",),
    ],
)
def test_an_address_that_is_none(target: tuple[str, ...]) -> None:
    failure = told(hook(*target))
    assert failure is not None
    assert "webhook" in failure or "cannot be reached" in failure
    assert failure.isprintable()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    failure = told(hook(f"http://127.0.0.1:{port}/token"))
    assert str(failure).startswith("127.0.0.1 cannot be reached: ")
    assert "token" not in str(failure)


def test_one_that_hangs_up_and_one_that_speaks_something_else() -> None:
    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    def babble(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"220 mail.example.org ESMTP\r\n\r\n")
        handler.close_connection = True

    for answer in (hang_up, babble):
        with serving(answer) as web:
            assert "cannot be reached" in str(told(hook(web.url)))


@pytest.mark.parametrize("part", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 500 No\r\nContent-Length: 99999\r\n\r\n"])
def test_one_that_never_finishes_is_not_waited_for(part: bytes) -> None:
    over = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(part)
        while not over.wait(0.05):
            if part:
                handler.wfile.write(b"x")
                handler.wfile.flush()

    with serving(drip) as web:
        failure = told(hook(web.url, seconds=0.4))
        over.set()
    assert failure is not None
    assert "has not answered within 0.4 s" in failure or "timed out" in failure


def test_a_success_is_one_however_long_its_body() -> None:
    with serving(answering(200, b"x" * 3_000_000)) as web:
        assert told(hook(web.url)) is None


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_who_shows_no_certificate_that_counts_gets_nothing(tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.pem"
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 9 -subj /CN=localhost"
    files = ["-keyout", str(certificate), "-out", str(tmp_path / "public")]
    subprocess.run(["openssl", *made.split(), *files], check=True, capture_output=True)
    certificate.write_bytes(certificate.read_bytes() + (tmp_path / "public").read_bytes())
    heard: list[bytes] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(server: socket.socket) -> None:
        plain, _ = server.accept()
        try:
            with context.wrap_socket(plain, server_side=True) as secured:
                heard.append(secured.recv(1000))
        except (ssl.SSLError, OSError):
            plain.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        failure = told(hook(f"https://localhost:{server.getsockname()[1]}/"))
        thread.join()
    assert "certificate" in str(failure).lower()
    assert heard in ([], [b""])


def test_a_proxy_that_means_nothing_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "nonsense://127.0.0.1:1")
    with serving(answering(200)) as web:
        failure = told(hook(web.url))
    assert str(failure).startswith("the request cannot be made: ")
