"""Makes signatures."""

from __future__ import annotations

from pathlib import Path

from gatekeeper.errors import GitCommandError, SigningError
from gatekeeper.process import Completed
from gatekeeper.signing.keys import Key, key_named
from gatekeeper.signing.ssh_keygen import NAMESPACE, last_line, private_files, ssh_keygen

_PAYLOAD = "event"
_KEY = "key.pub"


def sign(payload: bytes, key: Key | str | Path) -> str:
    """Return the signature of ``payload``, armored.

    An agent is asked first, as ssh-keygen does; a passphrase is never asked for.

    Raises:
        SigningError: no signature came about, with the reason and what to do.
        BadInputError: there is no such key.
    """
    key = key if isinstance(key, Key) else key_named(str(key), Path.cwd())
    files = {_PAYLOAD: payload} | ({} if key.literal is None else {_KEY: f"{key.literal}\n".encode()})
    with private_files(**files) as room:
        named = str(key.file) if key.file is not None else _KEY
        # As git calls it, so that programs in its place (gpg.ssh.program) see nothing new.
        arguments = ["-Y", "sign", "-n", NAMESPACE, "-f", named, _PAYLOAD]
        try:
            done = ssh_keygen(arguments, cwd=room, program=key.program)
        except GitCommandError as error:
            raise SigningError(f"cannot sign: {error.message}", "install OpenSSH (openssh-client)") from error
        made = room / f"{_PAYLOAD}.sig"
        if done.code != 0 or not made.is_file():
            raise _failure(key, done)
        return made.read_text(encoding="ascii", errors="replace")


def _failure(key: Key, done: Completed) -> SigningError:
    said = done.stderr.decode("utf-8", "replace")
    if "incorrect passphrase" in said:
        return SigningError(
            f"the signing key {key.name} has a passphrase, and no agent holds it", f"ssh-add {key.name}, and try again"
        )
    if "No private key found" in said and "UNPROTECTED" not in said:
        lacking = "no agent holds it" if key.file is None else "there is none in the file, and no agent holds it"
        return SigningError(f"no private key for {key.name}: {lacking}", "ssh-add -L lists what the agent holds")
    telling = [line for line in said.splitlines() if "Permissions" in line]
    return SigningError(f"cannot sign with {key.name}: {telling[0] if telling else last_line(done.stderr)}")
