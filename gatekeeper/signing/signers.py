"""Checks signatures against ``allowed_signers``, as it stands on trunk."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from gatekeeper.core.names import Oid
from gatekeeper.core.roster import Principal
from gatekeeper.errors import GitCommandError, SigningError
from gatekeeper.process import Completed
from gatekeeper.signing.listed_keys import is_listed_for
from gatekeeper.signing.ssh_keygen import NAMESPACE, last_line, private_files, ssh_keygen

MAX_SIGNATURE: Final = 64 * 1024
"""In bytes. The largest keys need a tenth of that."""

_LISTED = "allowed_signers"
_SIGNATURE = "signature"
_FINGERPRINT = re.compile(r"\bSHA256:[A-Za-z0-9+/]{43}")
_OUT_OF_TIME = ("key has expired", "key is not yet valid")


class Outcome(enum.Enum):
    """What became of a check."""

    GOOD = "good"
    BAD_SIGNATURE = "bad-signature"
    UNKNOWN_KEY = "unknown-key"
    WRONG_PRINCIPAL = "wrong-principal"
    EXPIRED = "expired"
    NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a check, why, and the fingerprint of the key where the signature is one of it."""

    outcome: Outcome
    reason: str = ""
    fingerprint: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether the principal has signed this; nothing else is said by any other outcome."""
        return self.outcome is Outcome.GOOD


@dataclass(frozen=True, slots=True)
class Signers:
    """Whose signatures count: the text of ``allowed_signers``, and the blob that it is."""

    text: bytes
    blob: Oid | None = None

    def verify(self, payload: bytes, signature: str, principal: Principal, at: datetime) -> Verdict:
        """Return whether ``principal`` has signed ``payload`` with a key that was theirs at that time.

        Whatever is in the signature, the principal and the list, the answer is a verdict. ``at`` has a time zone.
        """
        if len(signature) > MAX_SIGNATURE:
            return Verdict(Outcome.BAD_SIGNATURE, "it is too long for a signature")
        if not principal or not principal.isprintable():
            return Verdict(Outcome.WRONG_PRINCIPAL, "that is no name of a principal")
        try:
            return self._verdict(payload, signature, principal, _time(at))
        except OverflowError:
            return Verdict(Outcome.EXPIRED, "the time is none that a key can have")
        except (GitCommandError, SigningError, OSError) as error:
            return Verdict(Outcome.NOT_CHECKED, str(error))

    def principals_of(self, signature: str, at: datetime | None = None) -> tuple[Principal, ...]:
        """Return the principals whose key made the signature, of whatever that is, if they were valid at that time.

        They stand in the file's words: patterns stay patterns. Empty where there are none, or none can be found out.
        """
        if len(signature) > MAX_SIGNATURE:
            return ()
        try:
            done = _ask(self.text, "find-principals", signature, () if at is None else _time(at))
        except (GitCommandError, SigningError, OSError, OverflowError):
            return ()
        lines = done.stdout.decode("utf-8", "replace").splitlines() if done.code == 0 else []
        return tuple(dict.fromkeys(Principal(name) for line in lines for name in line.split(",") if name))

    def lists(self, fingerprint: str, principal: Principal) -> bool:
        """Return whether the key is that of ``principal`` as well, now or at any other time."""
        return is_listed_for(self.text, fingerprint, principal)

    def _verdict(self, payload: bytes, signature: str, principal: Principal, time: tuple[str, ...]) -> Verdict:
        done = _ask(self.text, "verify", signature, ("-n", NAMESPACE, "-I", principal, *time), payload)
        if done.code == 0:
            return Verdict(Outcome.GOOD, fingerprint=_fingerprint(done))
        if (lacking := _lacking()) is not None:
            return Verdict(Outcome.NOT_CHECKED, lacking)
        intact = _ask(self.text, "check-novalidate", signature, ("-n", NAMESPACE), payload)
        if intact.code != 0:
            return Verdict(Outcome.BAD_SIGNATURE, last_line(intact.stderr))
        outcome, reason = self._objection(done, signature, time)
        return Verdict(outcome, reason, _fingerprint(intact))

    def _objection(self, done: Completed, signature: str, time: tuple[str, ...]) -> tuple[Outcome, str]:
        """Return what is wrong with a signature that somebody has made of just this."""
        said = done.stderr.decode("utf-8", "replace")
        for line in said.splitlines():
            if any(words in line for words in _OUT_OF_TIME):
                return Outcome.EXPIRED, line
            if "signature namespace" in line:
                return Outcome.UNKNOWN_KEY, line
        found = _ask(self.text, "find-principals", signature, time)
        if found.code == 0:
            whose = found.stdout.decode("utf-8", "replace").strip().replace("\n", ", ")
            return Outcome.WRONG_PRINCIPAL, f"the key is that of {whose}"
        if any(words in found.stderr.decode("utf-8", "replace") for words in _OUT_OF_TIME):
            return Outcome.WRONG_PRINCIPAL, last_line(found.stderr)
        return Outcome.UNKNOWN_KEY, said.strip().splitlines()[-1] if said.strip() else "no line lists the key"


def _ask(text: bytes, what: str, signature: str, options: tuple[str, ...], payload: bytes = b"") -> Completed:
    listed = () if what == "check-novalidate" else ("-f", _LISTED)
    with private_files(**{_LISTED: text, _SIGNATURE: signature.encode("utf-8", "replace")}) as room:
        return ssh_keygen(("-Y", what, *listed, "-s", _SIGNATURE, *options), cwd=room, stdin=payload)


def _time(at: datetime) -> tuple[str, ...]:
    return ("-O", f"verify-time={at.astimezone(UTC).strftime('%Y%m%d%H%M%S').zfill(14)}")


def _fingerprint(done: Completed) -> str | None:
    # The principal stands before it, and can look like one.
    found = _FINGERPRINT.findall(done.stdout.decode("utf-8", "replace"))
    return found[-1] if found else None


_SAMPLE = (
    b'sample valid-before="20200102" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKe+/2F5j9tGxmHjN4/I50P5K0BnJx0RDownVcdsTeHM\n'
)
_SAMPLE_TIME = ("-O", "verify-time=20200101000000")
_SAMPLE_SIGNATURE = """\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgp77/YXmP20bGYeM3j8jnQ/krQG
cnHREOjCdVx2xN4cwAAAAKZ2F0ZWtlZXBlcgAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gt
ZWQyNTUxOQAAAEAJzhK5uKl2WcjHx5dJZFQZU5LHonpko/yYCJf9mhCz0fbE7np/sr4Zbp
nCr9LX/vKng7BNMBCzvFIsy5VGcdQN
-----END SSH SIGNATURE-----
"""


@lru_cache(maxsize=1)
def _lacking() -> str | None:
    """Return why a refusal of this machine's ssh-keygen says nothing; None where it says something.

    It has to find the signature good that it finds good if it knows all that is asked of it. Before OpenSSH 8.8 it does
    not know of times.
    """
    done = _ask(_SAMPLE, "verify", _SAMPLE_SIGNATURE, ("-n", NAMESPACE, "-I", "sample", *_SAMPLE_TIME), b"sample")
    return None if done.code == 0 else f"ssh-keygen is too old, OpenSSH 8.8 is needed: {last_line(done.stderr)}"
