"""What is wrong with agents, phases and the rest, and where it is told."""

from __future__ import annotations

from itertools import pairwise

import pytest

from gatekeeper.config import Settings, load_settings
from gatekeeper.core.channels import EVENTS
from gatekeeper.errors import ConfigurationError


def load(text: str) -> Settings:
    return load_settings(text.encode(), where="g")


def refused(text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    return caught.value


AGENTS = "[agents.one]\n[agents.two]\n"
NO_SPAN = "a span of time is written like 90s, 60m, 2h, 1d or 1h30m"
NO_MEMORY = "an amount of memory is written like 512MB or 1.5GiB"
NO_ADDRESS = "it must be an address that begins with https:// or http://"
NOT_FOR_ALL = "no password may stand in a file that everybody reads; secret_env names a variable that has one"
NO_PRINCIPAL = "it must be one principal of allowed_signers or one agent, not a pattern or a list"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        # Names of agents and phases.
        ('[agents.""]\n', '1:1: agents."": it must not be empty', None),
        ('[agents."a b"]\n', "1:1: agents.\"a b\": git allows no ' ' in it", None),
        (
            '[agents."a/b"]\n',
            '1:1: agents."a/b": it must not hold a /, since files are named after it',
            None,
        ),
        ('[agents."a\\tb"]\n', '1:1: agents."a\\u0009b": no control character may be in it', None),
        ('[agents."a\\u202eb"]\n', '1:1: agents."a\\u202Eb": no control character may be in it', None),
        ('\n[agents."-x"]\n', "2:1: agents.-x: it must not begin with -", None),
        ('[agents."x.lock"]\n', '1:1: agents."x.lock": it must not end with . or .lock', None),
        ('[agents."x..y"]\n', '1:1: agents."x..y": git gives .. and @{ and @ meanings of their own', None),
        (f"[agents.{'x' * 201}]\n", f"1:1: agents.{'x' * 201}: it must not be longer than 200 bytes", None),
        ('[phases."a*"]\n', "1:1: phases.\"a*\": git allows no '*' in it", None),
        # Branches.
        ("[agents.a]\nbranch = ''\n", "2:1: agents.a.branch: it must not be empty", None),
        ("[agents.a]\nbranch = 'HEAD'\n", "2:1: agents.a.branch: git has no branch HEAD", None),
        (
            "[agents.a]\nbranch = 'x//y'\n",
            "2:1: agents.a.branch: no / may stand at its ends or beside another",
            None,
        ),
        (
            "[agents.a]\nbranch = 'refs/heads/x'\n",
            "2:1: agents.a.branch: it must be the short name of a branch, without refs/heads/",
            None,
        ),
        (
            "[agents.a]\n[agents.b]\nbranch = 'a'\n",
            "3:1: agents.b.branch: the branch a is that of a already",
            None,
        ),
        ("trunk = 'main'\n[agents.main]\n", "2:1: agents.main: the branch main is trunk itself", None),
        (
            "[agents.a]\n[agents.b]\nbranch = 'a/b'\n",
            "3:1: agents.b.branch: git cannot have both a, of a, and a/b",
            None,
        ),
        # Who is named.
        (
            f"{AGENTS}[agents.three]\ndepends_on = ['one', 'twoo']\n",
            "4:22: agents.three.depends_on[2]: there is no agent twoo",
            "did you mean two instead of twoo?",
        ),
        (
            f"{AGENTS}[agents.three]\nconflicts_with = [{{ agent = 'One' }}]\n",
            "4:19: agents.three.conflicts_with[1]: there is no agent One",
            "did you mean one instead of One?",
        ),
        (
            "[agents.one]\nconflicts_with = ['one']\n",
            "2:19: agents.one.conflicts_with[1]: it is the agent one itself",
            None,
        ),
        ("[agents.a]\ndepends_on = ['a']\n", "2:15: agents.a.depends_on[1]: it is the agent a itself", None),
        (
            "[agents.a]\ndepends_on = ['b', 'b']\n[agents.b]\n",
            "2:1: agents.a.depends_on: b stands there twice",
            None,
        ),
        (
            f"{AGENTS}[phases.p]\nagents = [\n  'one',\n  'twoo',\n]\n",
            "6:3: phases.p.agents[2]: there is no agent twoo",
            "did you mean two instead of twoo?",
        ),
        (f"{AGENTS}[phases.p]\nagents = ['one', 'one']\n", "4:1: phases.p.agents: one stands there twice", None),
        (
            "[phases.build]\n[phases.test]\nneeds = ['buidl']\n",
            "3:10: phases.test.needs[1]: there is no phase buidl",
            "did you mean build instead of buidl?",
        ),
        ("[phases.p]\nneeds = ['p']\n", "2:10: phases.p.needs[1]: it is the phase p itself", None),
        (
            "[agents.a]\n[phases.p]\nagents = ['a']\nneeds = ['p']\n",
            "4:10: phases.p.needs[1]: it is the phase p itself",
            None,
        ),
        (
            "[agents.a]\ndepends_on = ['x']\n" + "".join(f"[agents.n{n}]\n" for n in range(14)),
            "2:15: agents.a.depends_on[1]: there is no agent x",
            f"there are {', '.join(f'n{n}' for n in range(12))} and 2 more",
        ),
        # Words.
        (
            "[policy]\nprecedence = ['priorty']\n",
            "2:15: policy.precedence[1]: it must be one of priority, first-seen",
            "did you mean priority instead of priorty?",
        ),
        (
            "[policy.roles]\narchitekt = ['x']\n",
            "2:1: policy.roles.architekt: there is no such key",
            "did you mean architect instead of architekt?",
        ),
        ("[policy.roles]\nrunner = ['*@x.org']\n", f"2:11: policy.roles.runner[1]: {NO_PRINCIPAL}", None),
        (
            "[[notifications]]\nmail = ['a@b.org']\non = ['finding-open']\n",
            "3:7: notifications[1].on[1]: it must be one of " + ", ".join(EVENTS),
            "did you mean finding-opened instead of finding-open?",
        ),
        (
            "[[notifications]]\nmail = ['a@b.org']\nleast = 'mayor'\n",
            "3:1: notifications[1].least: it must be one of note, minor, major, critical",
            "did you mean major instead of mayor?",
        ),
        (
            "[agents.a]\nconflicts_with = [{ agnet = 'b' }]\n[agents.b]\n",
            "2:19: agents.a.conflicts_with[1].agent: field required",
            "did you mean agent instead of agnet?",
        ),
        (
            "[agents.a.budget]\ncore = 1\n",
            "2:1: agents.a.budget.core: there is no such key",
            "did you mean cores instead of core?",
        ),
        (
            "[phases.a]\ngates = { checkpiont = [] }\n",
            "2:11: phases.a.gates.checkpiont: there is no such key",
            "did you mean checkpoint instead of checkpiont?",
        ),
        # Quantities.
        ("[policy.limits]\nstale = '60'\n", f"2:1: policy.limits.stale: {NO_SPAN}", None),
        ("[policy.limits]\nstale = ''\n", f"2:1: policy.limits.stale: {NO_SPAN}", None),
        ("[policy.limits]\nstale = '30m1h'\n", f"2:1: policy.limits.stale: {NO_SPAN}", None),
        ("[policy.limits]\nstale = '0s'\n", "2:1: policy.limits.stale: it must be longer than no time at all", None),
        ("[ledger]\nretention = '99999d'\n", "2:1: ledger.retention: it must be 36500d at most", None),
        ("[policy.limits]\nstale = 60\n", "2:1: policy.limits.stale: input should be a valid string", None),
        (
            "[agents.a]\nbudget = { memory = '512mb' }\n",
            f"2:12: agents.a.budget.memory: {NO_MEMORY}",
            "did you mean MB instead of mb?",
        ),
        ("[agents.a]\nbudget = { memory = '512' }\n", f"2:12: agents.a.budget.memory: {NO_MEMORY}", None),
        (
            "[agents.a]\nbudget = { cores = 0 }\n",
            "2:12: agents.a.budget.cores: input should be greater than 0",
            None,
        ),
        (
            "[agents.a]\nbudget = { cores = inf }\n",
            "2:12: agents.a.budget.cores: input should be a finite number",
            None,
        ),
        # Places.
        (
            "[agents.a]\nscope = ['crates/x/**', './y']\n",
            "2:25: agents.a.scope[2]: the path must be as git spells it, from the top: Cargo.toml, not ./Cargo.toml",
            None,
        ),
        (
            "[agents.a]\nscope = ['Cargo.toml#a..b']\n",
            "2:10: agents.a.scope[1]: the key a..b: not a dotted key from column 3 on",
            None,
        ),
        # Around.
        (
            "[ledger]\nremote = ''\n",
            "2:1: ledger.remote: string should have at least 1 character",
            None,
        ),
        (
            "[ledger]\nremote = 'https://x.org/y.git'\n",
            "2:1: ledger.remote: it must be the name of a remote, as git remote lists it",
            None,
        ),
        (
            "[worktrees]\ndirectory = '../{repo}'\n",
            "2:1: worktrees.directory: only {repository} has a meaning in braces",
            None,
        ),
        (
            "[[notifications]]\ntimeout = '1s'\n",
            "1:1: notifications[1]: it must have exactly one of command, webhook and mail",
            None,
        ),
        (
            "[[notifications]]\ncommand = ['x']\nmail = ['a@b.org']\n",
            "1:1: notifications[1]: it must have exactly one of command, webhook and mail",
            None,
        ),
        (
            "[[notifications]]\ncommand = ['x']\n" * 2,
            "3:1: notifications[2]: notifications[1] leads to the same place: give one of them a name",
            None,
        ),
        (
            "[[notifications]]\nname = 'n'\ncommand = ['x']\n" * 2,
            "5:1: notifications[2].name: notifications[1] has the same name",
            None,
        ),
        (
            "[[notifications]]\ncommand = ['x']\nsecret_env = 'X'\n",
            "3:1: notifications[1].secret_env: only a webhook is signed",
            None,
        ),
        ("[[notifications]]\nwebhook = 'ftp://x.org'\n", f"2:1: notifications[1].webhook: {NO_ADDRESS}", None),
        ("[[notifications]]\nwebhook = 'https://x.org:99999'\n", f"2:1: notifications[1].webhook: {NO_ADDRESS}", None),
        (
            "[[notifications]]\nwebhook = 'https://u:p@x.org'\n",
            f"2:1: notifications[1].webhook: {NOT_FOR_ALL}",
            None,
        ),
        (
            "[[notifications]]\nmail = ['-oQ/tmp@x']\n",
            "2:9: notifications[1].mail[1]: it must be the address of a mailbox: somebody@example.org",
            None,
        ),
        (
            "[[notifications]]\ncommand = ['x']\ntimeout = '11m'\n",
            "3:1: notifications[1].timeout: it must be 10m at most: a poll waits for it",
            None,
        ),
        # Shapes.
        ("agents = []\n", "1:1: agents: input should be a table", None),
        ("[agents]\na = 1\n", "2:1: agents.a: input should be a table", None),
        ("[notifications]\n", "1:1: notifications: input should be a valid list", None),
        ("[policy]\nauto_integrate = 1\n", "2:1: policy.auto_integrate: input should be a valid boolean", None),
    ],
)
def test_what_is_wrong_is_told_where_it_is(text: str, message: str, hint: str | None) -> None:
    error = refused(text)
    assert error.message.splitlines()[0] == f"g:{message}"
    assert error.hint == hint


ACROSS = """[agents.a]
depends_on = ["b"]
[agents.b]
[phases.p]
agents = ["a"]
[phases.q]
agents = ["b"]
needs = ["p"]
"""
ROUND = "a depends on b; b works in q, which needs p; p waits for its agent a"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[agents.a]\ndepends_on = ['c']\n[agents.b]\ndepends_on = ['a']\n[agents.c]\ndepends_on = ['b']\n",
            "2:1: agents.a.depends_on: nobody could start: a depends on c; c depends on b; b depends on a",
        ),
        (
            "[phases.x]\n[phases.y]\nneeds = ['z', 'x']\n[phases.z]\nneeds = ['y']\n",
            "3:1: phases.y.needs: nobody could start: y needs z; z needs y",
        ),
        (
            ACROSS,
            f"2:1: agents.a.depends_on: nobody could start: {ROUND}",
        ),
    ],
)
def test_circles_are_refused_and_spelled_out(text: str, message: str) -> None:
    """R-18."""
    assert refused(text).message == f"g:{message}"


def test_a_long_chain_is_no_circle() -> None:
    names = [f"n{n}" for n in range(2000)]
    rows = [f"[agents.{name}]\ndepends_on = ['{other}']\n" for name, other in pairwise(names)]
    settings = load("".join(rows) + f"[agents.{names[-1]}]\n")
    assert len(settings.roster.agents) == 2000


def test_an_agent_of_several_phases_waits_for_none_of_its_own() -> None:
    text = "[agents.a]\n[phases.p]\nagents = ['a']\n[phases.q]\nagents = ['a']\nneeds = ['p']\n"
    assert load(text).roster.phases_in_order() == ("p", "q")
