"""Mail by the sendmail of this machine, which knows where mail goes from here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import default as unix_lines

from gatekeeper.core.channels import Channel
from gatekeeper.notifying.command import run
from gatekeeper.notifying.message import Message, one_line

_ALSO_IN = ("/usr/sbin", "/usr/lib")
"""Where sendmail is for those who have not it on their PATH, as cron has not."""


def send(channel: Channel, message: Message, *, env: Mapping[str, str], cwd: str) -> str | None:
    """Hand the mail to sendmail; it has arrived when that takes it."""
    program = shutil.which("sendmail", path=os.pathsep.join((env.get("PATH", os.defpath), *_ALSO_IN)))
    if program is None:
        return f"there is no sendmail on PATH, in {' or in '.join(_ALSO_IN)}"
    if not channel.target:
        return "there is nobody to send mail to"
    for address in channel.target:
        if not address.isprintable() or not address.strip():
            return f"{one_line(address)!r} is no mail address"
    try:
        mail = _mail(channel.target, message)
    except (ValueError, IndexError, AttributeError) as error:
        # The address parser of the standard library does not always say it in one way.
        return f"no mail can be made of it: {error}"
    return run((program, "-t", "-i"), mail, channel.timeout.total_seconds(), env=env, cwd=cwd)


def _mail(addresses: tuple[str, ...], message: Message) -> bytes:
    mail = EmailMessage(policy=unix_lines)
    mail["To"] = ", ".join(addresses)
    mail["Subject"] = _encodable(message.subject)
    # Answers of absence are not wanted (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Gatekeeper-Event"] = _encodable(message.event)
    mail["X-Gatekeeper-Delivery"] = _encodable(message.delivery)
    mail.set_content(_readable(message.text))
    mail.add_attachment(message.document, maintype="application", subtype="json", filename="notification.json")
    return mail.as_bytes()


def _readable(text: str) -> str:
    lines = (one_line(line, longest=2000) for line in text.splitlines())
    return _encodable("\n".join(lines)) + "\n"


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
