"""Definitions of gates, and the hash that tells one definition from another."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import timedelta

    from gatekeeper.core.roster import RoleName

_DIGITS = 12


@dataclass(frozen=True, slots=True)
class CommandGate:
    """A program that has to exit with 0, in time, and to print none of ``fail_on_output``."""

    command: tuple[str, ...]
    timeout: timedelta
    fail_on_output: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class FilesGate:
    """Files that have to be there and what has to be in them: each glob of ``files`` has to fit one.

    Each text of ``contains`` has to be in one of them, none of ``forbids`` in any; ``min_lines`` is of all together.
    """

    files: tuple[str, ...]
    min_lines: int = 0
    contains: tuple[str, ...] = ()
    forbids: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class ManifestGate:
    """Places (``PATHGLOB`` or ``PATHGLOB#KEYGLOB``) that must or must not hold something, and rules that find nothing.

    Each file that fits a place of ``keys`` has to hold something there. ``rules`` are globs.
    """

    keys: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalGate:
    """A signed approval by somebody of a role; ``files`` are globs of what is approved."""

    role: RoleName
    files: tuple[str, ...] = ()
    description: str = ""


GateSpec: TypeAlias = "CommandGate | FilesGate | ManifestGate | ApprovalGate"


def canonical_form(spec: GateSpec) -> str:
    """Return one text for all definitions that ask the same.

    A description is a remark, except where a person approves: there it is the question that was answered.
    """
    if isinstance(spec, CommandGate):
        said: list[object] = [spec.command, spec.timeout.total_seconds(), sorted(spec.fail_on_output)]
    elif isinstance(spec, FilesGate):
        said = [sorted(spec.files), spec.min_lines, sorted(spec.contains), sorted(spec.forbids)]
    elif isinstance(spec, ManifestGate):
        said = [sorted(spec.keys), sorted(spec.absent), sorted(spec.rules)]
    else:
        said = [spec.role, sorted(spec.files), spec.description]
    return json.dumps([type(spec).__name__, *said], separators=(",", ":"))


def definition_hash(spec: GateSpec) -> str:
    """Return 12 hexadecimal digits of what the gate asks: evidence for another definition is none for this one."""
    return hashlib.sha256(canonical_form(spec).encode()).hexdigest()[:_DIGITS]
