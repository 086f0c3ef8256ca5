"""The tables of ``gatekeeper.toml`` that define gates, and name those of a release."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from gatekeeper.config.tables import (
    AtLeastOne,
    CommandWords,
    Component,
    Different,
    Duration,
    Line,
    Name,
    PathGlobText,
    PlaceText,
    Table,
)

RoleWord = Literal["architect", "coordinator", "validator", "runner", "security", "release"]

_MOST_LINES = 1_000_000_000

KEYS_BY_KIND = {
    "command": ("command", "timeout", "fail_on_output"),
    "files": ("files", "min_lines", "contains", "forbids"),
    "keys": ("keys", "absent", "rules"),
    "approval": ("approval", "files"),
}
"""What each kind of gate says of itself, besides its description."""

_Texts = Annotated[list[Line], AtLeastOne, Different]
_Places = Annotated[list[PlaceText], AtLeastOne, Different]


class GateTable(Table):
    """A check with a definition: exactly one of a command, files, keys of manifests, and an approval."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["command"]},
                {"required": ["files"], "not": {"required": ["approval"]}},
                {"anyOf": [{"required": [key]} for key in KEYS_BY_KIND["keys"]]},
                {"required": ["approval"]},
            ],
            "dependentRequired": {
                key: [kind] for kind in ("command", "files") for key in KEYS_BY_KIND[kind] if key != kind
            },
        }
    )

    description: Line | None = None
    """What it is for; people who are asked for an approval read it."""

    command: CommandWords | None = None
    """A program with its arguments, which exits with 0 where the gate is passed."""

    timeout: Duration | None = None
    """After so long the command has failed; without it, 30m."""

    fail_on_output: _Texts | None = None
    """Texts none of which the command may print, whatever it exits with."""

    files: Annotated[list[PathGlobText], AtLeastOne, Different] | None = None
    """Globs of paths, from the top of the tree, each of which has to fit a file; with approval, what is approved."""

    min_lines: Annotated[int, Field(ge=1, le=_MOST_LINES)] | None = None
    """How many lines the files have at least, together."""

    contains: _Texts | None = None
    """Texts each of which has to be in one of the files."""

    forbids: _Texts | None = None
    """Texts that may be in none of the files."""

    keys: _Places | None = None
    """Places that have to hold something: PATHGLOB#KEYGLOB, such as Makefile.toml#tasks.check, or PATHGLOB."""

    absent: _Places | None = None
    """Places that may hold nothing."""

    rules: Annotated[list[Name], AtLeastOne, Different] | None = None
    """Rules, or globs of rules, of which nothing may be open."""

    approval: RoleWord | None = None
    """The role that has to approve; a file of files that changes voids what was approved."""


class ReleaseTable(Table):
    """What a release has to pass."""

    gates: Annotated[list[Component], Different] = []
    """The gates that have to pass before it, besides those of the phases."""
