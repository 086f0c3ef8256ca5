"""One notification to one channel."""

from __future__ import annotations

from collections.abc import Mapping

from gatekeeper.core.channels import Channel, ChannelKind
from gatekeeper.notifying import command, mail, webhook
from gatekeeper.notifying.message import Message, delivery_id, one_line

_WAYS = {ChannelKind.COMMAND: command.send, ChannelKind.WEBHOOK: webhook.send, ChannelKind.MAIL: mail.send}


def deliver(
    channel: Channel,
    document: bytes,
    subject: str,
    *,
    env: Mapping[str, str],
    cwd: str,
    event: str = "notification",
    delivery: str | None = None,
) -> str | None:
    """Return None when the notification has arrived, else in one line why not; what the outside does raises nothing.

    Args:
        channel: where it goes.
        document: JSON, what programs receive.
        subject: one line for people, and as in a commit's message, more lines after it, which mails show as text.
        env: the environment of commands, and where ``secret_env`` is looked up.
        cwd: where commands run.
        event: what has happened, for receivers that sort by it.
        delivery: by what receivers know that they have had it, the same for every try; by default it follows from the
            document.
    """
    first, _, more = subject.partition("\n")
    message = Message(
        document=document,
        subject=one_line(first),
        text=more.strip("\n") or first,
        event=one_line(event),
        delivery=one_line(delivery_id(document) if delivery is None else delivery),
    )
    failure = _WAYS[channel.kind](channel, message, env=env, cwd=cwd)
    return None if failure is None else one_line(failure, longest=400)
