"""What a fixture states about a command: the rows under ``"cargo"`` in its ``expected.json``."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_STATES = {"exit", "says", "lacks", "quiet"}
_KNOWN = _STATES | {"run", "unlike", "on"}
_CARGO_MAKE = re.compile(r"\b(cargo make|makers)\b")
_LONGEST_QUOTE = 3
_LONGEST_LINE = 300


@dataclass(frozen=True)
class Outcome:
    """What a command did; a signal counts as it does in a shell, as 128 and its number."""

    exit: int
    text: str


@dataclass(frozen=True)
class Statement:
    """A command, and what is true of it on the merge and on neither side nor their base alone.

    ``says`` is in what it writes. ``lacks`` is not, though it is on one of the sides. ``quiet``, or nothing but the
    ``exit`` 0, means that it succeeds, which it may do everywhere. ``unlike`` names the one side that the merge is to
    differ from, where the other side or the base do as the merge does. ``on`` names the only platform of which it is
    true. The command ``git merge`` is the merge itself.
    """

    run: tuple[str, ...]
    exit: int | None = None
    says: str | None = None
    lacks: str | None = None
    quiet: bool = False
    unlike: str | None = None
    on: str = ""

    @classmethod
    def of(cls, row: dict[str, Any]) -> Statement:
        """Return the statement of a row; raise ValueError where it states nothing or something unknown."""
        unknown, stated = row.keys() - _KNOWN, row.keys() & _STATES
        if unknown or not stated or not row.get("run"):
            message = f"not a statement about a command: {row}"
            raise ValueError(message)
        return cls(**(row | {"run": tuple(row["run"])}))

    @property
    def command(self) -> str:
        """The command as a shell takes it."""
        return shlex.join(self.run)

    @property
    def only_succeeds(self) -> bool:
        """Whether all that is stated is success: what is broken, no command tells."""
        return self.quiet or (self.exit == 0 and self.says is None and self.lacks is None)

    @property
    def is_the_merge(self) -> bool:
        """Whether it is about git's merge, and not about a command in what git has merged."""
        return self.run == ("git", "merge")

    @property
    def elsewhere(self) -> str:
        """Return the platform that it needs, if this is another."""
        return "" if sys.platform.startswith(self.on) else self.on

    @property
    def lets_the_file_choose(self) -> bool:
        """Whether the fixture's ``rust-toolchain.toml`` is to name the toolchain, which then has to be here."""
        return "RUSTUP_TOOLCHAIN" in self.run

    def needs_cargo_make(self, files: Mapping[str, bytes]) -> bool:
        """Whether the command starts cargo-make, itself or in one of the files that it names."""
        command = " ".join(self.run)
        named = (content.decode("utf-8", "replace") for path, content in files.items() if path in command)
        return any(_CARGO_MAKE.search(text) for text in (command, *named))

    def fault(self, merge: Outcome) -> str:
        """Return what the merge does otherwise than stated, empty if nothing."""
        wanted = 0 if self.quiet or (self.lacks and self.exit is None) else self.exit
        if wanted is not None and merge.exit != wanted:
            return f"exits {merge.exit}, not {wanted}"
        if self.says is not None and self.says not in merge.text:
            return f"does not say {self.says!r}"
        if self.lacks is not None and self.lacks in merge.text:
            return f"says {self.lacks!r}"
        return ""

    def fault_alone(self, alone: Mapping[str, Outcome]) -> str:
        """Return which of base, left and right does by itself what is stated of the merge, empty if none."""
        if self.only_succeeds:
            return ""
        if self.lacks is not None:
            found = any(self.lacks in outcome.text for outcome in alone.values())
            return "" if found else f"no side alone says {self.lacks!r}"
        same = [name for name, outcome in alone.items() if self._is_so(outcome)]
        return ", ".join(f"{name} alone does so too" for name in same if self.unlike in {None, name})

    def _is_so(self, outcome: Outcome) -> bool:
        return self.says in outcome.text if self.says is not None else outcome.exit == self.exit

    def words(self, outcome: Outcome) -> str:
        """Return the line or lines of the output that show it: those stated, else the first that tell of an error."""
        lines = [line.strip() for line in outcome.text.splitlines() if line.strip()]
        if self.says is not None:
            start = outcome.text.find(self.says)
            first = outcome.text.rfind("\n", 0, start) + 1
            end = outcome.text.find("\n", start + len(self.says))
            shown = outcome.text[first : end if end >= 0 else None].split("\n")
            quoted = " ".join(line.strip() for line in shown[:_LONGEST_QUOTE])
            return quoted if len(quoted) <= _LONGEST_LINE else f"… {self.says} …"
        if self.only_succeeds:
            return ""
        if self.lacks is not None:
            return f"(nothing of {self.lacks})"
        told = [line for line in lines if "error" in line.lower()]
        return (told or lines or [""])[0]
