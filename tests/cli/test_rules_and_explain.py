from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatekeeper.cli.main import run
from tests.shell.made_rules import RULES


@pytest.fixture(autouse=True)
def few_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatekeeper.core.rules.registry.all_rules", lambda: RULES)


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules"]) == 0
    assert (
        capsys.readouterr().out
        == """\
Features
  major     feature-array-both-edited  Summary of feature-array-both-edited.

cargo-make
  critical  mk-dep-cycle               Summary of mk-dep-cycle.

Text
  major     text-conflict              Summary of text-conflict.
  note      text-only-conflict         Summary of text-only-conflict.

4 rules: 1 critical, 2 major, 1 note
"""
    )


@pytest.mark.parametrize("name", ["cargo-make", "Cargo-Make"])
def test_one_family(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert run(["rules", "--family", name, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "gatekeeper.rules/1"
    assert [rule["id"] for rule in document["rules"]] == ["mk-dep-cycle"]
    assert set(document["rules"][0]) == {
        "id", "family", "severity", "summary", "explanation", "tool_says", "settles", "fixtures",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "hint"), [("featurs", "did you mean features?"), ("zzz", "there are toml, features")])
def test_an_unknown_family(capsys: pytest.CaptureFixture[str], name: str, hint: str) -> None:
    assert run(["rules", "--family", name]) == 2
    assert hint in capsys.readouterr().err


def test_the_reference(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "--format", "markdown"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("# Rules\n")
    assert "## Features\n\n### feature-array-both-edited\n\n**major** · Summary of feature-array" in text
    assert "```text\nerror: " in text
    assert text.endswith("\n")


def test_a_rule_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "feature-array-both-edited"]) == 0
    assert (
        capsys.readouterr().out
        == """\
feature-array-both-edited  major  Features

Summary of feature-array-both-edited.

Explanation of feature-array-both-edited.
In two lines.

What the tool says
  error: \\x1b[31mno

What settles it
  What settles feature-array-both-edited.

Its page docs/rules/feature-array-both-edited.md
"""
    )


@pytest.mark.parametrize("layout", ["files", "folders"])
def test_its_example_is_shown_where_the_source_tree_is_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], layout: str
) -> None:
    contents = {"base": "[features]\nd = []\n", "left": '[features]\nd = ["x"]\n', "right": "[features]\nd = [\n"}
    for version, content in contents.items():
        name = f"{version}.toml" if layout == "files" else f"{version}/crates/a/Cargo.toml"
        file = tmp_path / "both-edited" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    (tmp_path / "both-edited" / "expected.json").write_text('{"path": "Makefile.toml", "findings": []}')
    monkeypatch.setattr("gatekeeper.report.explanation.write_explanation.__kwdefaults__", {"fixtures": tmp_path})
    assert run(["explain", "feature-array-both-edited"]) == 0
    shown = capsys.readouterr().out
    path = "Makefile.toml" if layout == "files" else "crates/a/Cargo.toml"
    assert f"  left: {path}\n    ~ features.d" in shown
    assert f"  right: {path}:3:1: " in shown or f"  right: {path}:2:6: " in shown


def test_a_finding_id_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "0123456789ab"]) == 0
    assert "gatekeeper scan --format json | grep 0123456789ab" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("mk-dep-cicle", "did you mean mk-dep-cycle?"),
        ("qqq", "gatekeeper rules lists them"),
        ("mk-nothing", "gatekeeper rules lists them"),
    ],
)
def test_an_unknown_rule(capsys: pytest.CaptureFixture[str], name: str, hint: str) -> None:
    assert run(["explain", name]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == f"gatekeeper: there is no rule {name}\n  hint: {hint}\n"
