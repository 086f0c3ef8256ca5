from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.config import Settings, load_settings
from gatekeeper.config.document import ConfigDocument
from gatekeeper.config.expectations import expected_because
from gatekeeper.core.names import AgentName, RuleId, Severity, TreePath
from gatekeeper.core.rules.model import Family
from gatekeeper.errors import ConfigurationError
from tests.shell.made_rules import RULES

TEXT_CONFLICT = RuleId("text-conflict")


@pytest.fixture(autouse=True)
def few_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatekeeper.config.checks.all_rules", lambda: RULES)


def load(text: str) -> Settings:
    return load_settings(text.encode(), where="gatekeeper.toml")


def refused(text: str | bytes) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(text.encode() if isinstance(text, str) else text, where="main:gatekeeper.toml")
    return caught.value


def severity(settings: Settings, path: str = "Cargo.toml", *key: str, rule: RuleId = TEXT_CONFLICT) -> Severity:
    return settings.severity_for(rule, Family.TEXT, Severity.MAJOR, [(TreePath(path), key)])


def test_no_file_means_the_defaults() -> None:
    settings = load_settings(None, where="gatekeeper.toml")
    assert settings == Settings() == load("")
    assert settings.trunk is None
    assert settings.fail_on is Severity.MAJOR
    assert settings.agents.include == settings.agents.exclude == ()
    assert severity(settings) is Severity.MAJOR


def test_no_file_costs_no_pydantic() -> None:
    program = (
        "import sys; from gatekeeper.config import load_settings; load_settings(None, where='x'); "
        "sys.exit('pydantic' in sys.modules or 'rtoml' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_everything_said() -> None:
    settings = load(
        """
        trunk = "develop"
        fail_on = "critical"
        [branches]
        include = ["agent/*", "bot/**"]
        exclude = ["agent/old"]
        [policy.severity.rules]
        text-conflict = "minor"
        [policy.severity.families]
        cargo-make = "note"
        Features = "critical"
        [[policy.severity.places]]
        path = "crates/*/Cargo.toml"
        key = "features.**"
        severity = "note"
        """
    )
    assert settings.trunk == "develop"
    assert settings.fail_on is Severity.CRITICAL
    assert settings.agents.include == ("agent/*", "bot/**")
    assert settings.agents.exclude == ("agent/old",)
    assert settings.severity.rules == {"text-conflict": Severity.MINOR}
    assert settings.severity.families == {Family.CARGO_MAKE: Severity.NOTE, Family.FEATURES: Severity.CRITICAL}
    assert severity(settings, "crates/a/Cargo.toml", "features", "default") is Severity.NOTE
    assert severity(settings, "crates/a/Cargo.toml", "package") is Severity.MINOR


def test_a_place_beats_a_rule_beats_a_family() -> None:
    settings = load(
        """
        [policy.severity]
        families = { text = "note" }
        rules = { text-conflict = "minor" }
        places = [
            { key = "a.*", severity = "critical" },
            { key = "a.b", rule = "mk-dep-cycle", severity = "note" },
            { path = "**/special.toml", severity = "note" },
        ]
        """
    )
    assert severity(settings, "x.toml", "a", "b") is Severity.CRITICAL
    assert severity(settings, "deep/special.toml", "a", "b") is Severity.NOTE
    assert severity(settings, "x.toml", "z") is Severity.MINOR
    assert severity(settings, "x.toml", "z", rule=RuleId("text-only-conflict")) is Severity.NOTE
    assert severity(settings, "x.toml", "a", "b", rule=RuleId("mk-dep-cycle")) is Severity.NOTE


def test_a_finding_is_at_the_place_of_each_of_its_sides() -> None:
    settings = load("""
        [[policy.severity.places]]
        path = "Makefile.toml"
        key = "tasks.b.*"
        severity = "note"

        [[policy.expected]]
        path = "Makefile.toml"
        key = "tasks.b.*"
        reason = "so"
        """)
    rule, family = RuleId("mk-dep-removed"), Family.CARGO_MAKE
    removed, called, elsewhere = (
        (TreePath(path), ("tasks", *key))
        for path, key in (("common.toml", "a"), ("Makefile.toml", ("b", "dependencies")), ("x.toml", ("b", "cwd")))
    )
    assert settings.severity_for(rule, family, Severity.CRITICAL, [removed, called]) is Severity.NOTE
    assert settings.severity_for(rule, family, Severity.CRITICAL, [removed, elsewhere]) is Severity.CRITICAL
    [row] = settings.expected
    assert row.fits(rule, family, [removed, called])
    assert not row.fits(rule, family, [removed, elsewhere])


EXPECTED = """
[[policy.expected]]
path = "Cargo.toml"
key = "workspace.**"
agents = ["build-*", "incremental"]
reason = "both rework the workspace"
[[policy.expected]]
rule = "text-conflict"
agents = ["bot/*"]
reason = "the bot gives way"
[[policy.expected]]
family = "TOML"
reason = "cheap"
"""


@pytest.mark.parametrize(
    ("place", "sides", "reason"),
    [
        (("mk-dep-cycle", "cargo-make", "Cargo.toml", "workspace", "members"), "build-a|incremental", 0),
        (("mk-dep-cycle", "cargo-make", "Cargo.toml", "workspace"), "incremental|build-a build-b", 0),
        (("mk-dep-cycle", "cargo-make", "Cargo.toml", "workspace"), "incremental|build-a other", None),
        (("mk-dep-cycle", "cargo-make", "Cargo.toml", "workspace"), "build-a|build-b", None),
        (("mk-dep-cycle", "cargo-make", "a/Cargo.toml", "workspace"), "build-a|incremental", None),
        (("mk-dep-cycle", "cargo-make", "Cargo.toml", "package"), "build-a|incremental", None),
        (("text-conflict", "Text", "x"), "other|bot/1 bot/2", 1),
        (("text-conflict", "Text", "x"), "other more|bot/1 x", None),
        (("text-conflict", "Text", "x"), "bot/1", 1),
        (("text-conflict", "Text", "x"), "other|bot/1|bot/2", 1),
        (("text-conflict", "Text", "x"), "other|more|bot/1", None),
        (("text-conflict", "Text", "x"), "bot/1 x", None),
        (("text-conflict", "Text", "Cargo.toml", "workspace"), "build-a bot/1|incremental", (0, 1)),
        (("toml-exclusive-slot", "TOML", "x"), "a|b", 2),
    ],
)
def test_what_is_expected_covers_every_two_agents(
    place: tuple[str, ...], sides: str, reason: int | tuple[int, ...] | None
) -> None:
    settings = load(EXPECTED)
    reasons = [row.reason for row in settings.expected]
    rule, family, path, *key = place
    fitting = [
        row for row in settings.expected if row.fits(RuleId(rule), Family(family), [(TreePath(path), tuple(key))])
    ]
    told = expected_because(fitting, [[AgentName(name) for name in side.split()] for side in sides.split("|")])
    numbers = () if reason is None else reason if isinstance(reason, tuple) else (reason,)
    assert told == ("; ".join(reasons[number] for number in numbers) or None)


THIRD = "main:gatekeeper.toml:3:1: "
FROM_THE_TOP = "it must be as git spells it, from the top: Cargo.toml, not ./Cargo.toml"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("trunk = [\n", "main:gatekeeper.toml:1:10: unclosed array, expected `]`", None),
        (b'trunk = "\xff"', "main:gatekeeper.toml:1:10: the byte 0xff is not UTF-8", None),
        (
            '\ntrunc = "main"\n',
            "main:gatekeeper.toml:2:1: trunc: there is no such key",
            "did you mean trunk instead of trunc?",
        ),
        (
            "[branches]\ninclude = []\nexcludes = []\n",
            "main:gatekeeper.toml:3:1: branches.excludes: there is no such key",
            "did you mean exclude instead of excludes?",
        ),
        (
            "[zebra]\n",
            "main:gatekeeper.toml:1:1: zebra: there is no such key",
            f"there are {', '.join(ConfigDocument.model_fields)}",
        ),
        (
            'fail_on = "mayor"\n',
            "main:gatekeeper.toml:1:1: fail_on: it must be one of note, minor, major, critical",
            "did you mean major instead of mayor?",
        ),
        ("trunk = 1\n", "main:gatekeeper.toml:1:1: trunk: input should be a valid string", None),
        ('trunk = ""\n', "main:gatekeeper.toml:1:1: trunk: string should have at least 1 character", None),
        ("branches.include = 'x'", "main:gatekeeper.toml:1:1: branches.include: input should be a valid list", None),
        (
            "[policy.severity.rules]\ntext-conflict = 'minor'\ntext-conflit = 'minor'\n",
            "main:gatekeeper.toml:3:1: policy.severity.rules.text-conflit: there is no such rule",
            "did you mean text-conflict instead of text-conflit?",
        ),
        (
            "policy.severity.families.cargomake = 'minor'\n",
            "main:gatekeeper.toml:1:1: policy.severity.families.cargomake: there is no such family",
            "did you mean cargo-make instead of cargomake?",
        ),
        (
            "[[policy.severity.places]]\nseverity = 'note'\n" * 2 + "keys = 'a'\n",
            "main:gatekeeper.toml:5:1: policy.severity.places[2].keys: there is no such key",
            "did you mean key instead of keys?",
        ),
        (
            "[[policy.severity.places]]\nseverity = 'note'\nrule = 'mk-cycle'\n",
            "main:gatekeeper.toml:3:1: policy.severity.places[1].rule: there is no rule mk-cycle",
            "did you mean mk-dep-cycle instead of mk-cycle?",
        ),
        (
            "[policy.severity]\nplaces = [{ severity = 'note', key = 'a..b' }]\n",
            "main:gatekeeper.toml:2:32: policy.severity.places[1].key: not a dotted key from column 3 on",
            None,
        ),
        (
            "[[policy.severity.places]]\npath = 'x'\n",
            "main:gatekeeper.toml:1:1: policy.severity.places[1].severity: field required",
            None,
        ),
        (
            "[[policy.expected]]\nreason = 'so'\nrule = 'mk-cycle'\n",
            "main:gatekeeper.toml:3:1: policy.expected[1].rule: there is no rule mk-cycle",
            "did you mean mk-dep-cycle instead of mk-cycle?",
        ),
        (
            "[[policy.expected]]\nreason = 'so'\nfamily = 'cargomake'\n",
            "main:gatekeeper.toml:3:1: policy.expected[1].family: there is no family cargomake",
            "did you mean cargo-make instead of cargomake?",
        ),
        (
            "[[policy.expected]]\nreason = 'so'\nagent = ['x']\n",
            "main:gatekeeper.toml:3:1: policy.expected[1].agent: there is no such key",
            "did you mean agents instead of agent?",
        ),
        (
            "[[policy.expected]]\nrule = 'text-conflict'\n",
            "main:gatekeeper.toml:1:1: policy.expected[1].reason: field required",
            None,
        ),
        (
            "[[policy.expected]]\nreason = 'so'\n",
            "main:gatekeeper.toml:1:1: policy.expected[1]: it must name a rule, a family, a path, a key or agents",
            None,
        ),
        (
            "[[policy.expected]]\nreason = 'so'\nkey = 'a..b'\n",
            "main:gatekeeper.toml:3:1: policy.expected[1].key: not a dotted key from column 3 on",
            None,
        ),
        (
            "[[policy.expected]]\nreason = 'so'\nagents = []\n",
            f"{THIRD}policy.expected[1].agents: list should have at least 1 item after validation, not 0",
            None,
        ),
        (
            "[policy.severity.families]\ncargo-make = 'minor'\nCargo-Make = 'note'\n",
            "main:gatekeeper.toml:3:1: policy.severity.families.Cargo-Make: it is the same family as cargo-make",
            None,
        ),
        *(
            (
                f"[[policy.expected]]\nreason = 'so'\npath = '{path}'\n",
                f"{THIRD}policy.expected[1].path: {FROM_THE_TOP}",
                None,
            )
            for path in ("./Makefile.toml", "/Makefile.toml", "a/../Makefile.toml", "crates/")
        ),
    ],
)
def test_a_mistake_is_told_with_place_and_nearest_name(text: str | bytes, message: str, hint: str | None) -> None:
    error = refused(text)
    assert error.message == message
    assert error.hint == hint


def test_several_mistakes_are_told_together() -> None:
    error = refused("".join(f"wrong{n} = {n}\n" for n in range(8)))
    lines = error.message.splitlines()
    assert lines[0] == "main:gatekeeper.toml:1:1: wrong0: there is no such key"
    assert len(lines) == 6
    assert lines[-1] == "and 3 more"


@given(st.binary(max_size=60))
def test_any_bytes_are_settings_or_a_clear_refusal(source: bytes) -> None:
    settings, said = None, ""
    try:
        settings = load_settings(source, where="g")
    except ConfigurationError as error:
        said = error.message
    assert settings is not None or said.startswith("g:")
