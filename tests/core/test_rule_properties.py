from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.document import ParseFailure
from gatekeeper.core.names import KeyPath, RuleId, Severity
from gatekeeper.core.rules.cases import dependency_entries, dependency_entry, value_at
from gatekeeper.core.rules.misplaced import misplaced
from gatekeeper.core.rules.model import GitVerdict, Hit, PathCase
from gatekeeper.core.rules.registry import PathRule, all_rules
from gatekeeper.core.rules.requirements import caret_range, same_caret_range
from tests.core.path_cases import CASES, Texts, case_of, found, merged_by_git, read_texts, severity_of
from tests.core.toml_texts import TREES, Tree, plain_text
from tests.kit import RepositoryBuilder

NewRepository = Callable[[], RepositoryBuilder]
Edit = tuple[str, str]

_CRATE = read_texts(CASES / "quiet--disjoint-edits")
_ROOT = read_texts(CASES / "quiet--reordering")
_MAKE = read_texts(CASES / "mk-env-same-key")

_CRATE_EDITS: tuple[Edit, ...] = (
    ('version = "0.4.2"', 'version = "0.4.3"'),
    ('version = "0.4.2"', "version.workspace = true"),
    ('default = ["std", "http"]', 'default = ["std", "http", "metrics"]'),
    ('default = ["std", "http"]', 'default = ["http"]'),
    ("std = []\n", 'std = []\nfast = ["std"]\n'),
    ('metrics = ["dep:prometheus"]\n', 'metrics = ["dep:prometheus"]\nfast = ["http"]\n'),
    ('bytes = "1.6"\n', 'bytes = "1.8"\n'),
    ('bytes = "1.6"\n', "bytes.workspace = true\n"),
    ('bytes = "1.6"\n', ""),
    ('bytes = "1.6"', 'bytes = { version = "1.6", features = ["serde"] }'),
    ('tracing = "0.1"\n', 'tracing = "0.1"\nbytes = "1.6"\n'),
    ('features = ["rt"]', 'features = ["rt", "net"]'),
    ('features = ["rt"]', 'features = ["macros"]'),
    ('path = "../core"', 'path = "../harbor-core"'),
    ('path = "../core"', 'git = "https://git.example.org/core"'),
    ('thiserror = "1.0"\n', 'thiserror = "1.0"\n\n[target."cfg(unix)".dependencies]\n'),
    ('tracing = "0.1"\n', 'tracing = "0.1"\nzeroize = "1.8"\n'),
    ("[dev-dependencies]", "[dev_dependencies]"),
    ("[dev-dependencies]\n", '[lints.rust]\nunsafe_code = "deny"\n\n[dev-dependencies]\n'),
    ('required-features = ["http"]\n', 'required-features = ["http"]\n\n[lints]\nworkspace = true\n'),
    ('required-features = ["http"]\n', 'required-features = ["http"]\n\n[[bin]]\nname = "replay"\n'),
    ("[lib]\n", '[[bin]]\nname = "replay"\npath = "src/replay.rs"\n\n[lib]\n'),
)
_ROOT_EDITS: tuple[Edit, ...] = (
    ('    "crates/tides",\n', '    "crates/tides",\n    "crates/weather",\n'),
    ('    "crates/core",\n', '    "crates/berths",\n    "crates/core",\n'),
    ('    "crates/notices",\n', ""),
    ('resolver = "2"', 'resolver = "3"'),
    ('uuid = "1.8"\n', 'uuid = "1.8"\nwalkdir = "2.5"\n'),
    ("clap = {", 'walkdir = "2.4"\nclap = {'),
    ("[profile.dev]\n", '[profile.release]\nlto = "thin"\n\n[profile.dev]\n'),
    ("[profile.bench]\n", "[profile.release]\ncodegen-units = 1\n\n[profile.bench]\n"),
    ('exclude = ["fuzz"]\n', 'exclude = ["fuzz"]\nlints.rust.unsafe_code = "deny"\n'),
    ("[profile.bench]\n", '[workspace.lints.rust]\nmissing_docs = "warn"\n\n[profile.bench]\n'),
    ("[profile.bench]\ndebug = true\n", ""),
    ("debug = true\n", "debug = 2\n"),
)
_MAKE_EDITS: tuple[Edit, ...] = (
    ('RUST_BACKTRACE = "1"', 'RUST_BACKTRACE = "full"'),
    ("[env]\n", '[env]\nci = "true"\n'),
    ("[tasks.fmt]\n", '[env.ci]\nRUSTFLAGS = "-D warnings"\n\n[tasks.fmt]\n'),
    ("[tasks.check]\n", '[tasks.bench]\ncommand = "cargo"\n\n[tasks.check]\n'),
    ("[tasks.ci]\n", '[tasks.bench]\nscript = "cargo bench"\n\n[tasks.ci]\n'),
    ('["fmt", "lint", "test"]', '["fmt", "lint", "test", "smoke"]'),
    ('["fmt", "lint", "test"]', '["lint", "fmt"]'),
    ('description = "Remove build results"\n', 'description = "Remove build results"\ncommand = "cargo"\n'),
    ('description = "Remove build results"\n', 'script = "rm -rf target"\ndescription = "Remove build results"\n'),
    ('args = ["check", "--workspace"]', 'args = ["check", "--workspace", "--all-targets"]'),
    ('command = "cargo"\nargs = ["check", "--workspace"]', 'script = "cargo check"'),
    ('description = "Type-check every crate"', 'description = "Check"'),
    ("./scripts/stop-gateway.sh\n", './scripts/stop-gateway.sh\nls "$OUT"\n'),
    ("OUT=target/smoke\n", "OUTDIR=target/smoke\n"),
    ("./scripts/stop-gateway.sh\n'''\n", "./scripts/stop-gateway.sh\n'''\nprivate = true\n"),
)


def _applied(text: str, edits: list[Edit]) -> str:
    for old, new in edits:
        if text.count(old) == 1:
            text = text.replace(old, new)
    return text


@st.composite
def two_sides(draw: st.DrawFn) -> Texts:
    example, edits = draw(st.sampled_from([(_CRATE, _CRATE_EDITS), (_ROOT, _ROOT_EDITS), (_MAKE, _MAKE_EDITS)]))
    assert example.base is not None
    left, right = (
        _applied(example.base, draw(st.lists(st.sampled_from(edits), min_size=1, max_size=4, unique=True)))
        for _ in range(2)
    )
    return Texts(example.path, example.base, left, right)


def _parses(texts: Texts) -> bool:
    try:
        case_of(texts, None)
    except AssertionError:
        return False
    return True


_CASES = two_sides().filter(_parses)
_PARSING = [left for left in sorted(CASES.glob("*/left.toml")) if _parses(read_texts(left.parent))]


def _passed_over(case: PathCase) -> list[PathRule]:
    """Return the rules for this kind of file that are not asked, since nothing is there of what they need."""
    of_kind = (rule for rule in all_rules().values() if isinstance(rule, PathRule))
    of_kind = (rule for rule in of_kind if rule.profile is None or rule.profile is case.profile)
    return [rule for rule in of_kind if rule.needs is not None and not rule.needs(case)]


def _told(hits: tuple[Hit, ...]) -> list[tuple[str, KeyPath, str]]:
    return [(hit.rule, hit.key, severity_of(hit)) for hit in hits]


def _covers(hits: tuple[Hit, ...], key: KeyPath) -> bool:
    return any(key[: len(hit.key)] == hit.key for hit in hits)


@given(_CASES)
def test_exchanging_the_sides_exchanges_them_in_the_hits(new_repository: NewRepository, texts: Texts) -> None:
    merged = merged_by_git(new_repository(), texts)
    hits, mirrored = found(case_of(texts, merged)), found(case_of(texts.mirrored(), merged))
    assert _told(hits) == _told(mirrored)
    for one, other in zip(hits, mirrored, strict=True):
        assert (one.left, one.right) == (other.right, other.left)


@given(_CASES)
def test_whatever_goes_wrong_is_spoken_for_once(new_repository: NewRepository, texts: Texts) -> None:
    case = case_of(texts, merged_by_git(new_repository(), texts))
    hits = found(case)
    for clash in case.merge.clashes:
        assert any(_covers(hits, (*clash.key, *member)) for member in clash.members or ((),))
    if isinstance(case.git_result, ParseFailure) or misplaced(case) or case.git is GitVerdict.CONFLICT:
        assert hits
    assert len({hit.key for hit in hits}) == len(hits)


@given(_CASES)
def test_a_rule_that_is_not_asked_has_nothing_to_say(new_repository: NewRepository, texts: Texts) -> None:
    case = case_of(texts, merged_by_git(new_repository(), texts))
    passed_over = _passed_over(case)
    assert passed_over
    for rule in passed_over:
        assert not list(rule.check(case)), rule.info.id


@pytest.mark.parametrize("folder", _PARSING, ids=lambda left: left.parent.name)
def test_a_rule_that_is_passed_over_in_a_golden_case_has_nothing_to_say(folder: Path) -> None:
    texts = read_texts(folder.parent)
    for merged in (None, texts.left, f"{texts.left}\n{texts.right}", "a = "):
        case = case_of(texts, merged)
        for rule in _passed_over(case):
            assert not list(rule.check(case)), rule.info.id


@given(_CASES)
def test_dependencies_are_met_where_both_sides_changed_a_leaf_in_them(texts: Texts) -> None:
    case = case_of(texts, None)
    left, right = ({dependency_entry(key) for key in side} for side in (case.left_changes, case.right_changes))
    met = [entry for entry in left & right if entry is not None]
    kept = [e for e in met if all(isinstance(value_at(side, e), dict) for side in (case.left, case.right))]
    assert dependency_entries(case) == sorted(kept)


@given(_CASES)
def test_who_did_the_same_and_a_comment_more_is_not_reported(new_repository: NewRepository, texts: Texts) -> None:
    more = Texts(texts.path, texts.base, texts.left, texts.left + "\n# the same, with a comment\n")
    case = case_of(more, merged_by_git(new_repository(), more))
    assert all(hit.rule == "text-only-conflict" for hit in found(case))


@given(_CASES)
def test_one_side_that_only_comments_is_not_reported(new_repository: NewRepository, texts: Texts) -> None:
    commented = Texts(texts.path, texts.base, texts.left, f"# a heading\n\n{texts.base}")
    case = case_of(commented, merged_by_git(new_repository(), commented))
    assert all(hit.rule == "text-only-conflict" for hit in found(case))


@given(
    st.sampled_from(["Cargo.toml", "Makefile.toml", "Cargo.lock", ".cargo/config.toml", "x.toml"]), TREES, TREES, TREES
)
def test_no_rule_fails_on_odd_values(path: str, base: Tree, left: Tree, right: Tree) -> None:
    texts = Texts(path, plain_text(base), plain_text(left), plain_text(right))
    for merged in (None, texts.left, texts.left + texts.right, "a = "):
        hits = found(case_of(texts, merged))
        assert len({(hit.rule, hit.key) for hit in hits}) == len(hits)


def test_rules_see_what_others_have_claimed() -> None:
    case = case_of(read_texts(CASES / "dep-version-both-bumped"), None)
    generic = all_rules()[RuleId("toml-same-scalar-both-changed")]
    assert isinstance(generic, PathRule)
    assert list(generic.check(case))
    assert not list(generic.check(replace(case, claimed=frozenset({("dependencies",)}))))


@pytest.mark.parametrize(
    ("members", "severity"),
    [((), None), (("harbor-core",), Severity.MAJOR)],
)
def test_an_inherited_dependency_is_a_member_if_its_package_is(
    members: tuple[str, ...], severity: Severity | None
) -> None:
    base = '[package]\nname = "a"\n\n[dependencies]\nharbor-core = { workspace = true, features = ["std"] }\n'
    left, right = (base.replace('["std"]', f'["std", "{feature}"]') for feature in ("minimal", "headless"))
    [hit] = found(case_of(Texts("Cargo.toml", base, left, right), None, members))
    assert (hit.rule, hit.severity) == ("dep-features-both-edited", severity)


def test_both_sides_may_add_the_file() -> None:
    left, right = '[tasks.fmt]\ncommand = "cargo"\n', '[tasks.fmt]\ncommand = "rustfmt"\n'
    [hit] = found(case_of(Texts("Makefile.toml", None, left, right), None))
    assert (hit.rule, hit.left.before, hit.left.after) == ("mk-dup-task", None, {"command": "cargo"})


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("1.2", "1.9.3", True),
        ("^1.2", "1", True),
        ("0.3", "0.3.7", True),
        ("0.3", "0.4", False),
        ("0.0.3", "0.0.4", False),
        ("1.2", "2.0", False),
        ("1.2", "=1.2.0", False),
        ("1.2", "~1.2", False),
        ("1.2", ">=1, <2", False),
        ("*", "1.2", False),
        ("1.0.0-rc.1", "1.0", True),
        (1, "1", False),
        ("9" * 40, "9" * 40, False),
    ],
)
def test_caret_ranges(left: object, right: object, *, same: bool) -> None:
    assert same_caret_range(left, right) is same


def test_a_requirement_of_zeros_has_the_range_that_it_spells() -> None:
    assert caret_range("0") == (0,)
    assert caret_range("0.0") == (0, 0)
