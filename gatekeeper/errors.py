"""Every error that Gatekeeper raises on purpose.

GatekeeperError
├── UsageError                 the command line asks for something impossible
├── ConfigurationError         gatekeeper.toml is wrong: file, line, key, nearest valid name
├── BadInputError              a file or revision that cannot be read as what it should be
│   └── UnknownRevisionError
├── SigningError               what needs a signature cannot be signed
├── RepositoryError            git cannot give what is needed
│   ├── NotARepositoryError
│   ├── UnsupportedRepositoryError
│   ├── RemoteError            a remote cannot be reached, or refuses what is pushed
│   └── GitCommandError        a git process failed; the hint carries what it said
└── LedgerError                what refs/gatekeeper/ledger holds cannot be used
    ├── UnknownEventError      a newer program wrote to it
    └── DamagedLedgerError     somebody has edited or truncated it: a person must decide

"Blocked" is a result, never an exception. One map, ``EXIT_CODES`` in ``gatekeeper.cli.main``, turns these
into exit codes; nothing else does.
"""

from __future__ import annotations


class GatekeeperError(Exception):
    """A failure that a person can act on: what happened, and apart from it what to do."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GatekeeperError):
    """The command line asks for something impossible."""


class ConfigurationError(GatekeeperError):
    """``gatekeeper.toml`` is wrong."""


class BadInputError(GatekeeperError):
    """A file or revision cannot be read as what it should be."""


class UnknownRevisionError(BadInputError):
    """A revision names nothing in the repository."""


class SigningError(GatekeeperError):
    """What needs a signature cannot be signed."""


class RepositoryError(GatekeeperError):
    """Git cannot give what is needed."""


class NotARepositoryError(RepositoryError):
    """There is no git repository at the path."""


class UnsupportedRepositoryError(RepositoryError):
    """The repository is of a kind that cannot be read (SHA-256 objects, unknown extensions)."""


class GitCommandError(RepositoryError):
    """A git process failed."""


class RemoteError(RepositoryError):
    """A remote cannot be reached, or refuses what is pushed."""


class LedgerError(GatekeeperError):
    """What ``refs/gatekeeper/ledger`` holds cannot be used."""


class UnknownEventError(LedgerError):
    """A newer program wrote to the ledger."""


class DamagedLedgerError(LedgerError):
    """Somebody has edited or truncated the ledger."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint or "gatekeeper log --verify says since when, and how to go on")
