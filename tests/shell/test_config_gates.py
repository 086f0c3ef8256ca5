"""Gates as ``gatekeeper.toml`` defines them, and what is wrong with definitions (R-19, R-20)."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest

from gatekeeper.config import Settings, load_settings
from gatekeeper.config.gates import KEYS_BY_KIND, GateTable, RoleWord
from gatekeeper.core.gates.spec import ApprovalGate, CommandGate, FilesGate, GateSpec, ManifestGate
from gatekeeper.core.names import AgentName
from gatekeeper.core.roster import ROLES, GateName, PhaseGates, RoleName
from gatekeeper.errors import ConfigurationError

ALL_KINDS = """
[gates.full-check]
command = ["cargo", "make", "check"]
timeout = "10m"
fail_on_output = ["FAIL"]
[gates.quick]
command = ["true"]
[gates.specification-closed]
description = "four documents"
files = ["docs/*.md"]
min_lines = 501
contains = ["Time Complexity: O("]
forbids = ["unsafe", ".expect("]
[gates.in-order]
keys = ["Makefile.toml#tasks.build-fast"]
absent = ["Cargo.toml#patch"]
rules = ["ws-*", "text-conflict", "agent-stale"]
[gates.approved]
approval = "architect"
files = ["docs/design.md"]
[policy.roles]
architect = ["lead@example.org", "builder"]
[agents.builder]
signs_as = "builder@example.org"
[agents.other]
[phases.build]
gates = { pre = ["approved", "in-order"], checkpoint = ["quick"], post = ["full-check"] }
[release]
gates = ["full-check", "approved"]
"""


def load(text: str) -> Settings:
    return load_settings(text.encode(), where="g")


def spec(body: str, *, name: str = "x") -> GateSpec:
    return load(f"[gates.{name}]\n{body}").roster.gates[GateName(name)]


def test_every_kind_is_read() -> None:
    roster = load(ALL_KINDS).roster
    assert dict(roster.gates) == {
        "full-check": CommandGate(("cargo", "make", "check"), timedelta(minutes=10), ("FAIL",)),
        "quick": CommandGate(("true",), timedelta(minutes=30)),
        "specification-closed": FilesGate(
            ("docs/*.md",), 501, ("Time Complexity: O(",), ("unsafe", ".expect("), "four documents"
        ),
        "in-order": ManifestGate(
            ("Makefile.toml#tasks.build-fast",), ("Cargo.toml#patch",), ("ws-*", "text-conflict", "agent-stale")
        ),
        "approved": ApprovalGate(RoleName("architect"), ("docs/design.md",)),
    }
    approved, in_order, quick, full = map(GateName, ("approved", "in-order", "quick", "full-check"))
    (build,) = roster.phases.values()
    assert build.gates == PhaseGates((approved, in_order), (quick,), (full,))
    assert roster.release == ("full-check", "approved")


def test_an_agent_signs_under_its_own_name_or_under_another_one() -> None:
    roster = load(ALL_KINDS).roster
    assert roster.agents[AgentName("builder")].principal == "builder@example.org"
    assert roster.agents[AgentName("other")].principal == "other"
    assert roster.holders() == {"architect": ("lead@example.org", "builder@example.org")}


def test_one_of_the_keys_of_a_manifest_gate_is_enough() -> None:
    assert spec('absent = ["a.toml"]\n') == ManifestGate(absent=("a.toml",))
    assert spec('rules = ["ws-nested-root"]\n') == ManifestGate(rules=("ws-nested-root",))


def test_the_words_are_those_of_the_core() -> None:
    assert get_args(RoleWord) == ROLES
    named = {key for keys in KEYS_BY_KIND.values() for key in keys}
    assert named == GateTable.model_fields.keys() - {"description"}


ONE_KIND = "it must have exactly one of command, files, keys (or absent, or rules) and approval"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[gates.a]\n", f"1:1: gates.a: {ONE_KIND}", None),
        ("[gates.a]\ndescription = 'x'\n", f"1:1: gates.a: {ONE_KIND}", None),
        ("[gates.a]\nmin_lines = 3\n", f"1:1: gates.a: {ONE_KIND}", None),
        ("[gates.a]\nfiles = ['x']\nkeys = ['x#y']\n", f"1:1: gates.a: {ONE_KIND}", None),
        ("[gates.a]\ncommand = ['x']\napproval = 'release'\n", f"1:1: gates.a: {ONE_KIND}", None),
        ("[gates.a]\ncommand = ['x']\nfiles = ['x']\n", f"1:1: gates.a: {ONE_KIND}", None),
        (
            "[gates.a]\ncommand = ['x']\nmin_lines = 3\n",
            "3:1: gates.a.min_lines: only a gate with files has it",
            None,
        ),
        ("[gates.a]\nkeys = ['x']\ntimeout = '3s'\n", "3:1: gates.a.timeout: only a gate with command has it", None),
        (
            "[gates.a]\nfile = ['x']\n",
            "2:1: gates.a.file: there is no such key",
            "did you mean files instead of file?",
        ),
        ("[gates.a]\ncommand = []\n", "2:1: gates.a.command: list should have at least 1 item", None),
        ("[gates.a]\ncommand = 'x'\n", "2:1: gates.a.command: input should be a valid list", None),
        ("[gates.a]\nfiles = []\n", "2:1: gates.a.files: list should have at least 1 item", None),
        ("[gates.a]\nfiles = ['./x']\n", "2:10: gates.a.files[1]: it must be as git spells it", None),
        ("[gates.a]\nfiles = ['x', 'x']\n", "2:1: gates.a.files: x stands there twice", None),
        ("[gates.a]\nfiles = ['x']\ncontains = ['']\n", "3:13: gates.a.contains[1]: string should have", None),
        ("[gates.a]\nfiles = ['x']\nforbids = [\"a\\u0007\"]\n", "3:12: gates.a.forbids[1]: no control", None),
        ("[gates.a]\nkeys = ['x#']\n", "2:9: gates.a.keys[1]: no key stands after the #", None),
        ("[gates.'a/b']\ncommand = ['x']\n", '1:1: gates."a/b": it must not hold a /', None),
        (
            "[gates.a]\napproval = 'architekt'\n",
            f"2:1: gates.a.approval: it must be one of {', '.join(ROLES)}",
            "did you mean architect instead of architekt?",
        ),
        (
            "[gates.a]\napproval = 'release'\n[policy.roles]\narchitect = ['a']\n",
            "2:1: gates.a.approval: nobody could approve: policy.roles names nobody who is release",
            None,
        ),
        (
            "[gates.a]\nrules = ['text-conflict', 'text-conflikt']\n",
            "2:27: gates.a.rules[2]: there is no rule text-conflikt",
            "did you mean text-conflict instead of text-conflikt?",
        ),
        (
            "[gates.a]\nrules = ['zz-*']\n",
            "2:10: gates.a.rules[1]: there is no rule that fits zz-*",
            "gatekeeper rules lists the names of all rules",
        ),
        (
            "[gates.check]\ncommand = ['x']\n[phases.p]\ngates = { pre = ['check'], post = ['chek'] }\n",
            "4:36: phases.p.gates.post[1]: there is no gate chek",
            "did you mean check instead of chek?",
        ),
        ("[release]\ngates = ['zebra']\n", "2:10: release.gates[1]: there is no gate zebra", None),
        (
            "[agents.a]\nsigns_as = 'b'\n[agents.b]\n",
            "2:1: agents.a.signs_as: b is what b signs as already",
            None,
        ),
        (
            "[agents.a]\nsigns_as = 'k'\n[agents.b]\nsigns_as = 'k'\n",
            "4:1: agents.b.signs_as: k is what a signs as already",
            None,
        ),
        ("[agents.a]\nsigns_as = '*@x'\n", "2:1: agents.a.signs_as: it must be one principal", None),
    ],
)
def test_what_is_wrong_is_told_where_it_is(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    assert caught.value.message.splitlines()[0].startswith(f"g:{message}")
    assert caught.value.hint == hint
