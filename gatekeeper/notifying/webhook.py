"""A POST of the document to an address of the web, signed if there is a secret."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from gatekeeper.core.channels import Channel
from gatekeeper.notifying.message import Message, one_line

if TYPE_CHECKING:
    import httpx2

_MAX_ANSWER = 4096


def send(channel: Channel, message: Message, *, env: Mapping[str, str], cwd: str) -> str | None:
    """POST the document; it has arrived when the answer is a 2xx. Redirects are not followed."""
    del cwd
    import httpx2  # noqa: PLC0415 - slow to load, and most notifications do not need it

    headers = {
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "User-Agent": "gatekeeper",
        "X-Gatekeeper-Event": _header(message.event),
        "X-Gatekeeper-Delivery": _header(message.delivery),
    }
    if channel.secret_env is not None:
        secret = env.get(channel.secret_env, "")
        if not secret:
            return f"the environment has no {channel.secret_env}, which holds the secret to sign with"
        headers["X-Gatekeeper-Signature-256"] = signature(secret, message.document)
    try:
        url = httpx2.URL(channel.target[0])
    except (IndexError, httpx2.InvalidURL):
        # Not the address itself, here and below: for many services it is the secret.
        return "the address of the webhook is none"
    if url.scheme not in {"http", "https"} or not url.host:
        return "the address of the webhook is none of http or https"
    return _Attempt(url, message.document, headers).within(channel.timeout.total_seconds())


def signature(secret: str, body: bytes) -> str:
    """Return what the signature header says of ``body``."""
    digest = hmac.new(secret.encode("utf-8", "surrogateescape"), body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


class _Attempt:
    """One request. A server that sends a byte now and then keeps every timeout of the client, but not that of all."""

    def __init__(self, url: httpx2.URL, body: bytes, headers: Mapping[str, str]) -> None:
        self._url = url
        self._body = body
        self._headers = headers
        self._failure: str | None = None

    def within(self, seconds: float) -> str | None:
        """Return what went wrong; None where the server has accepted the request within ``seconds``."""
        import httpx2  # noqa: PLC0415 - as above

        try:
            client = httpx2.Client(timeout=seconds, follow_redirects=False)
        except Exception as error:  # noqa: BLE001 - proxies and certificates of the environment, in whatever state
            return f"the request cannot be made: {error}"
        # A thread can be left alone where it waits for a name server, of which nothing can rid it.
        thread = threading.Thread(target=self._run, args=(client,), daemon=True)
        thread.start()
        thread.join(seconds)
        if thread.is_alive():
            with suppress(Exception):
                client.close()
            return f"{self._url.host} has not answered within {seconds:g} s"
        return self._failure

    def _run(self, client: httpx2.Client) -> None:
        try:
            with client, client.stream("POST", self._url, content=self._body, headers=self._headers) as response:
                if not response.is_success:
                    self._failure = self._refusal(response)
        except Exception as error:  # noqa: BLE001 - whatever the outside does is a reason, and never a traceback
            self._failure = f"{self._url.host} cannot be reached: {str(error) or type(error).__name__}"

    def _refusal(self, response: httpx2.Response) -> str:
        answer = f"{self._url.host} answers {response.status_code} {response.reason_phrase}"
        if response.is_redirect:
            return f"{answer}; redirects are not followed"
        said = b""
        for part in response.iter_raw(_MAX_ANSWER):
            said += part
            if len(said) >= _MAX_ANSWER:
                break
        words = one_line(said)
        return f"{answer}: {words}" if words else answer


def _header(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")
