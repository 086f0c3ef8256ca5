"""Running the commands of the ledger in this process, and holding their JSON against its schema."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from gatekeeper.cli.main import run
from tests.shell.json_schema import check


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Run a command that ends with ``code``, and return what it printed."""
    capsys.readouterr()
    assert run(arguments) == code
    return capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], kind: type, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run a command with ``--format json`` and return its document, which fits the schema of ``kind``."""
    text = told(capsys, *arguments, "--format", "json", code=code)
    assert text.isascii()
    found: dict[str, Any] = json.loads(text)
    check(found, TypeAdapter(kind).json_schema(mode="serialization"))
    return found


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that cannot be carried out, and return its message and hint."""
    capsys.readouterr()
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("gatekeeper: ")
    assert "failed unexpectedly" not in said.err
    return said.err
