"""The keys of an example's people and agents, made for the occasion, and the list of them that trunk goes by."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

DOMAIN = "quarry.invalid"
LEAD, OPERATIONS = "lead", "ops"


def can_sign() -> bool:
    """Return whether there is OpenSSH, by which everybody signs."""
    return shutil.which("ssh-keygen") is not None


@dataclass(frozen=True)
class People:
    """Two people, and the agents; each has a key."""

    keys: Path
    agents: tuple[str, ...]

    @classmethod
    def with_new_keys(cls, keys: Path, agents: Iterable[str]) -> People:
        """Make everybody's keys in a directory."""
        people = cls(keys, tuple(agents))
        keys.mkdir(parents=True)
        for name in (LEAD, OPERATIONS, *people.agents):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(keys / name)]
            subprocess.run(command, check=True)
        return people

    def allowed_signers(self) -> str:
        """Return the file that says whose signature counts: people by their address, agents by their name."""
        names = {LEAD: f"{LEAD}@{DOMAIN}", OPERATIONS: f"{OPERATIONS}@{DOMAIN}"} | {name: name for name in self.agents}
        return "".join(f'{signs_as} namespaces="gatekeeper" {self._public(name)}\n' for name, signs_as in names.items())

    def _public(self, name: str) -> str:
        kind, key, *_ = (self.keys / f"{name}.pub").read_text(encoding="utf-8").split()
        return f"{kind} {key}"

    def shell_of(self, name: str) -> Mapping[str, str]:
        """Return what the environment of somebody's shell has that others' have not."""
        signing = {"GATEKEEPER_SIGNING_KEY": str(self.keys / name)}
        return signing if name in self.agents else signing | {"GIT_AUTHOR_EMAIL": f"{name}@{DOMAIN}"}
