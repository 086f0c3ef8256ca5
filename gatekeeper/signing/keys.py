"""Which key signs: the one that is named, else the one with which this user signs commits."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from gatekeeper import process
from gatekeeper.errors import BadInputError, SigningError
from gatekeeper.repository import Repository
from gatekeeper.signing.ssh_keygen import PROGRAM

VARIABLE = "GATEKEEPER_SIGNING_KEY"

_LITERAL = "key::"
_LITERAL_TYPES = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")
_SET_UP = (
    f"name one with --key or {VARIABLE}, or let git have one: "
    "git config gpg.format ssh && git config user.signingKey ~/.ssh/id_ed25519.pub"
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key file, private or public, or a public key as text; the private half may be with an ssh-agent."""

    file: Path | None
    literal: str | None = None
    program: str = PROGRAM

    @property
    def name(self) -> str:
        """How messages call it; never what is in a file."""
        return str(self.file) if self.file is not None else " ".join((self.literal or "").split()[:2])


def signing_key(repository: Repository, explicit: str | Path | None = None) -> Key:
    """Return the key to sign with: ``explicit``, else the environment's, else git's.

    Raises:
        SigningError: none is set up.
        BadInputError: there is no such file.
    """
    if explicit is not None:
        return key_named(str(explicit), Path.cwd())
    if named := os.environ.get(VARIABLE):
        return key_named(named, Path.cwd())
    if _git_setting(repository, "gpg.format") != "ssh":
        raise SigningError("there is no key to sign with", _SET_UP)
    named = _git_setting(repository, "user.signingKey")
    if not named:
        raise SigningError(
            "there is no key to sign with: git signs with ssh keys, and user.signingKey is not set", _SET_UP
        )
    # Git signs at the top of the worktree, whatever is the current directory.
    top = Path(repository.worktree or repository.git_directory)
    return key_named(named, top, program=_git_setting(repository, "gpg.ssh.program") or PROGRAM)


def key_named(name: str, directory: Path, *, program: str = PROGRAM) -> Key:
    """Return the key that ``name`` stands for: ``key::ssh-ed25519 ...`` or a path, relative to ``directory``."""
    literal = name.removeprefix(_LITERAL).strip()
    if name.startswith(_LITERAL) or name.startswith(_LITERAL_TYPES):
        if "\n" in literal or not literal.startswith(_LITERAL_TYPES):
            raise BadInputError("the signing key after key:: is no public ssh key", _SET_UP)
        return Key(None, literal, program)
    try:
        file = directory / Path(name).expanduser()
    except RuntimeError as error:
        raise BadInputError(f"there is no signing key {name}: {error}", _SET_UP) from error
    if "\0" in name or not file.is_file():
        raise BadInputError(f"there is no signing key {name}", _SET_UP)
    return Key(file.absolute(), None, program)


def _git_setting(repository: Repository, key: str) -> str | None:
    env = dict(os.environ) | {"GIT_DIR": str(repository.git_directory)}
    kind = ["--type=path"] if key != "gpg.format" else []
    done = process.run(["git", "config", *kind, "--get", key], env=env)
    return os.fsdecode(done.stdout.removesuffix(b"\n")) if done.code == 0 else None
