"""Signatures by the real ssh-keygen: which key signs, and that nobody is asked for a passphrase."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from gatekeeper.core.roster import Principal
from gatekeeper.errors import BadInputError, SigningError
from gatekeeper.repository import open_repository
from gatekeeper.signing import Key, Outcome, Signers, sign, signing_key
from tests.kit import RepositoryBuilder
from tests.kit.ssh import give_to_agent, needs_openssh, new_key, public_half, running_agent

pytestmark = needs_openssh

LEAD = Principal("lead@example.org")
SESAME = "open sesame"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return new_key(tmp_path / "keys of mine" / "id")


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where temporary files go; there is no agent unless a test starts one."""
    room = tmp_path / "scratch"
    room.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(room))
    for name in ("SSH_AUTH_SOCK", "GATEKEEPER_SIGNING_KEY"):
        monkeypatch.delenv(name, raising=False)
    return room


def configured(repository: RepositoryBuilder, **settings: str) -> None:
    for name, value in settings.items():
        repository.git("config", name.replace("_", "."), value)


def is_signed_by(key: Path, signature: str, at: datetime) -> bool:
    return Signers(f"{LEAD} {public_half(key)}\n".encode()).verify(b"event", signature, LEAD, at).is_good


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_a_key_file_signs_and_leaves_nothing_behind(tmp_path: Path, scratch: Path, now: datetime, kind: str) -> None:
    key = new_key(tmp_path / kind, kind=kind)
    signature = sign(b"event", key)
    assert signature.startswith("-----BEGIN SSH SIGNATURE-----\n")
    assert is_signed_by(key, signature, now)
    assert sorted(scratch.iterdir()) == []


def test_the_public_half_stands_for_the_key(key: Path, now: datetime) -> None:
    assert is_signed_by(key, sign(b"event", Path(f"{key}.pub")), now)


def test_a_passphrase_is_given_to_the_agent_and_never_asked_for(
    tmp_path: Path, scratch: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key(tmp_path / "locked", passphrase=SESAME)
    trap = tmp_path / "askpass"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/asked'\nexec sleep 600\n")
    trap.chmod(0o700)
    for name, value in {"SSH_ASKPASS": str(trap), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SigningError, match="has a passphrase, and no agent holds it") as raised:
        sign(b"event", key)
    assert raised.value.hint == f"ssh-add {key}, and try again"
    assert not (tmp_path / "asked").exists()
    with running_agent(scratch / "agent") as agent:
        give_to_agent(key, agent, tmp_path, SESAME)
        monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
        assert is_signed_by(key, sign(b"event", key), now)


def test_a_key_that_only_an_agent_has(
    repository: RepositoryBuilder, key: Path, scratch: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(repository, gpg_format="ssh", user_signingKey=f"key::{public_half(key)} lead's key")
    chosen = signing_key(open_repository(str(repository.root)))
    assert chosen.name == public_half(key)
    with pytest.raises(SigningError, match=r"no private key for ssh-ed25519 .*: no agent holds it"):
        sign(b"event", chosen)
    with running_agent(scratch / "agent") as agent:
        give_to_agent(key, agent, scratch)
        monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
        key.unlink()
        assert is_signed_by(key, sign(b"event", chosen), now)


def test_which_key_signs(
    repository: RepositoryBuilder, tmp_path: Path, fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_repository(str(repository.root))
    with pytest.raises(SigningError, match="there is no key to sign with") as raised:
        signing_key(opened)
    assert "git config user.signingKey" in str(raised.value.hint)
    configured(repository, user_signingKey="DEADBEEF")
    with pytest.raises(SigningError):
        signing_key(opened)
    configured(repository, gpg_format="ssh", user_signingKey="~/.ssh/id.pub")
    with pytest.raises(BadInputError, match="there is no signing key"):
        signing_key(opened)
    new_key(fresh_home / ".ssh" / "id")
    assert signing_key(opened) == Key(fresh_home / ".ssh" / "id.pub")
    configured(repository, user_signingKey="mine")
    mine = new_key(repository.root / "mine")
    assert signing_key(opened) == Key(mine)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEKEEPER_SIGNING_KEY", "other")
    other = new_key(tmp_path / "other")
    assert signing_key(opened) == Key(other)
    assert signing_key(opened, new_key(tmp_path / "named")) == Key(tmp_path / "named")
    assert signing_key(opened, "ssh-ed25519 AAAA").literal == "ssh-ed25519 AAAA"


@pytest.mark.parametrize("named", ["key::nonsense", "key::", "~nobody-of-this-name/x", "no\0thing", ".", "-f"])
def test_a_name_that_is_no_key(repository: RepositoryBuilder, named: str) -> None:
    with pytest.raises(BadInputError):
        signing_key(open_repository(str(repository.root)), named)


def test_git_without_a_key_of_its_own_and_a_bare_repository(tmp_path: Path) -> None:
    bare = RepositoryBuilder(tmp_path / "bare", bare=True)
    configured(bare, gpg_format="ssh")
    with pytest.raises(SigningError, match=r"user\.signingKey is not set"):
        signing_key(open_repository(str(bare.root)))
    configured(bare, user_signingKey="mine")
    mine = new_key(bare.root / "mine")
    assert signing_key(open_repository(str(bare.root))) == Key(mine)


def test_the_program_that_signs_for_git_signs(repository: RepositoryBuilder, key: Path, now: datetime) -> None:
    program = repository.root / "signer"
    program.write_text('#!/bin/sh\nexec ssh-keygen "$@"\n')
    program.chmod(0o755)
    configured(repository, gpg_format="ssh", user_signingKey=str(key), gpg_ssh_program=str(program))
    chosen = signing_key(open_repository(str(repository.root)))
    assert chosen.program == str(program)
    assert is_signed_by(key, sign(b"event", chosen), now)


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        ("no key at all", 0o600, "there is none in the file"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0IHRleHQ=\n", 0o600, "there is none in the file"),
        (None, 0o644, "Permissions 0644 .* too open"),
    ],
)
def test_a_key_that_cannot_be_used(tmp_path: Path, content: str | None, mode: int, said: str) -> None:
    key = new_key(tmp_path / "id")
    if content is not None:
        key.write_text(content)
    else:
        Path(f"{key}.pub").unlink()
    private = key.read_text()
    key.chmod(mode)
    with pytest.raises(SigningError, match=said) as raised:
        sign(b"event", key)
    assert private not in f"{raised.value.message}{raised.value.hint}"


def test_without_openssh(key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SigningError, match="cannot start ssh-keygen") as raised:
        sign(b"event", key)
    assert raised.value.hint == "install OpenSSH (openssh-client)"


def test_one_that_hangs_is_given_up(key: Path, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ssh-keygen").write_text("#!/bin/sh\nexec sleep 600\n")
    (tmp_path / "ssh-keygen").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr("gatekeeper.signing.ssh_keygen.SECONDS", 0.2)
    with pytest.raises(SigningError, match="has not ended within"):
        sign(b"event", key)
    assert Signers(b"").verify(b"", "", LEAD, now).outcome is Outcome.NOT_CHECKED


def test_git_accepts_what_is_signed_in_the_same_way(key: Path, tmp_path: Path) -> None:
    (tmp_path / "signature").write_text(sign(b"event", key))
    command = ["ssh-keygen", "-Y", "check-novalidate", "-n", "gatekeeper", "-s", str(tmp_path / "signature")]
    assert subprocess.run(command, input=b"event", capture_output=True, check=False).returncode == 0
    command[4] = "git"
    assert subprocess.run(command, input=b"event", capture_output=True, check=False).returncode != 0
