"""Signatures of single ledger events, made and checked by OpenSSH's ``ssh-keygen -Y``."""

from __future__ import annotations

from gatekeeper.signing.keys import Key, signing_key
from gatekeeper.signing.sign import sign
from gatekeeper.signing.signers import Outcome, Signers, Verdict

__all__ = ["Key", "Outcome", "Signers", "Verdict", "sign", "signing_key"]
