"""What the rules about targets and the workspace's lists say of small trees, and what they leave alone."""

from __future__ import annotations

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.small_fleet import Tree, hits, rules_hit, view_of

Changes = dict[str, str | None]

_A, _B, _NEW = (f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n' for name in ("a", "b", "new"))
_MANIFEST_A, _MANIFEST_B = "crates/a/Cargo.toml", "crates/b/Cargo.toml"
_ON_A = '[dependencies]\na = { path = "../a" }\n'
_BASE: Tree = {
    "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
    _MANIFEST_A: _A,
    "crates/a/build.rs": "",
    "crates/a/src/lib.rs": "",
    "crates/a/src/main.rs": "",
    "crates/a/src/bin/tool.rs": "",
    "crates/a/tests/it.rs": "",
    _MANIFEST_B: _B,
    "crates/b/src/lib.rs": "",
    "README.md": "",
}
_LISTED: Changes = {"Cargo.toml": '[workspace]\nmembers = ["crates/a", "crates/b"]\n'}
_GONE: Changes = {path: None for path in _BASE if path.startswith("crates/a/")}


def tree(changes: Changes) -> dict[str, str]:
    """Return the base with other contents; None deletes."""
    return {path: text for path, text in {**_BASE, **changes}.items() if text is not None}


def said(left: Changes, right: Changes, base: Changes | None = None) -> list[str]:
    before = base or {}
    return rules_hit([tree(before | left), tree(before | right)], tree(before))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param({"crates/a/tests/it.rs": None}, {"crates/a/tests/other.rs": ""}, id="a test goes, another comes"),
        pytest.param(
            {"crates/a/src/bin/tool.rs": None, "crates/a/src/bin/tool/main.rs": ""},
            {_MANIFEST_A: f'{_A}[[bin]]\nname = "tool"\ntest = false\n'},
            id="moved to where cargo looks as well",
        ),
        pytest.param(
            {"crates/a/src/bin/tool.rs": None},
            {_MANIFEST_A: f'{_A}[[bin]]\nname = "tool"\npath = "src/tool.rs"\n', "crates/a/src/tool.rs": ""},
            id="listed at another file",
        ),
        pytest.param(
            {"crates/a/src/bin/tool.rs": None},
            {_MANIFEST_A: f'{_A}[[bin]]\nname = "tool"\npath = "../../../tool.rs"\n'},
            id="outside of the tree",
        ),
        pytest.param(_GONE, {_MANIFEST_A: None, "crates/a/tests/it.rs": None}, id="both delete the package"),
        pytest.param(
            {"crates/a/src/bin/tool.rs": None},
            {_MANIFEST_A: f'{_A}[[bin]]\nname = "a"\n'},
            id="the binary of the package is src/main.rs",
        ),
        pytest.param(
            {"crates/a/src/bin/tool.rs": None},
            {_MANIFEST_A: _A.replace("edition", 'default-run = "a"\nedition')},
            id="the default binary is another one",
        ),
        pytest.param(
            {_MANIFEST_A: f"{_A}autotests = false\n"},
            {"crates/a/tests/common/mod.rs": "", "crates/a/src/bin/more.rs": ""},
            id="no target, and a target of another kind",
        ),
        pytest.param(
            {_MANIFEST_A: f"{_A}autotests = false\n"},
            {"crates/a/tests/new.rs": "", _MANIFEST_A: f'{_A}[[test]]\nname = "new"\n'},
            id="listed without a path",
        ),
        pytest.param(
            {_MANIFEST_A: f'{_A}[[bin]]\nname = "one"\npath = "src/bin/new.rs"\n', "crates/a/src/bin/new.rs": ""},
            {"crates/a/src/bin/new.rs": ""},
            id="the listed path itself",
        ),
        pytest.param({"crates/a/src/lib.rs": None}, {"crates/a/src/main.rs": None}, id="a binary is left"),
        pytest.param(
            {_MANIFEST_A: f'{_A}[lib]\nname = "a"\n'}, {_MANIFEST_B: f"{_B}{_ON_A}"}, id="the library keeps its name"
        ),
        pytest.param(
            {
                _MANIFEST_A: f'{_A}[lib]\npath = "src/core.rs"\n',
                "crates/a/src/lib.rs": None,
                "crates/a/src/core.rs": "",
            },
            {_MANIFEST_B: f"{_B}{_ON_A}"},
            id="the library has another file",
        ),
        pytest.param(
            {_MANIFEST_A: f'{_A}[[bin]]\nname = "main-a"\npath = "src/main.rs"\n'},
            {"crates/b/src/bin/a.rs": ""},
            id="a listed file is no binary of the package's name any more",
        ),
        pytest.param(
            {"crates/a/src/bin/tool.rs": None, "crates/b/src/bin/tool.rs": ""},
            {"crates/b/src/bin/other.rs": ""},
            id="a binary goes from package to package",
        ),
        pytest.param(
            {_MANIFEST_A: f"{_A}autobins = false\n"},
            {"crates/a/src/bin/tool.rs": None, "crates/a/src/bin/tool/main.rs": ""},
            id="a binary that one side alone takes away has moved",
        ),
        pytest.param({_MANIFEST_A: f"{_A}build = false\n"}, {"crates/b/build.rs": ""}, id="another build script"),
        pytest.param(
            {_MANIFEST_A: f"{_A}build = false\n", "crates/a/build.rs": None},
            {"crates/a/build.rs": "fn main() {}"},
            id="what git conflicts on anyway",
        ),
        pytest.param(_LISTED, {"crates/new/README.md": ""}, id="no crate"),
        pytest.param(_LISTED, {"crates/new/Cargo.toml": f"{_NEW}[workspace]\n"}, id="a workspace of its own"),
        pytest.param(_LISTED, {"tools/new/Cargo.toml": _NEW}, id="a crate that no glob has matched"),
        pytest.param(
            {"crates/new/Cargo.toml": f"{_NEW}[workspace]\n"},
            {"Cargo.toml": '[workspace]\nmembers = ["crates/*", "tools/*"]\n'},
            id="a root that one side alone brings into the workspace",
        ),
    ],
)
def test_what_goes_together_is_not_reported(left: Changes, right: Changes) -> None:
    assert said(left, right) == []
    assert said(right, left) == []


@pytest.mark.parametrize(
    ("left", "right", "rule"),
    [
        (
            {"crates/a/src/bin/tool.rs": None},
            {_MANIFEST_A: f"{_A}default-run = 'tool'\n"},
            "pkg-default-run-missing",
        ),
        (
            {_MANIFEST_A: f"{_A}autobins = false\n[[bin]]\nname = 'a'\npath = 'src/main.rs'\n"},
            {_MANIFEST_A: f"{_A}default-run = 'tool'\n"},
            "pkg-default-run-missing",
        ),
        (
            {_MANIFEST_A: f"{_A}[lib]\npath = 'src/core.rs'\n", "crates/a/src/core.rs": ""},
            {_MANIFEST_A: f"{_A}[[bin]]\nname = 'core'\npath = 'src/core.rs'\n"},
            "target-duplicate-path",
        ),
        (
            {"crates/a/build.rs": None, "crates/a/tools/build.rs": ""},
            {_MANIFEST_A: f"{_A}build = true\n"},
            "pkg-build-key-vs-file",
        ),
        ({"README.md": None}, {_MANIFEST_A: f'{_A}readme = "../../README.md"\n'}, "ws-readme-path-moved"),
        ({"crates/a/src/lib.rs": None}, {_MANIFEST_B: f"{_B}{_ON_A}"}, "dep-lib-target-vanished"),
        (
            {_MANIFEST_A: f'{_A}[lib]\nname = "c"\n'},
            {"crates/c/Cargo.toml": _NEW.replace("new", "c"), "crates/c/src/lib.rs": ""},
            "lib-name-collides-across-packages",
        ),
        ({"crates/b/src/main.rs": ""}, {"crates/a/src/bin/b.rs": ""}, "bin-name-collides-across-packages"),
        (
            {"crates/a/src/bin/tool.rs": None, "crates/a/src/bin/tool/main.rs": ""},
            {_MANIFEST_A: f'{_A}[[bin]]\nname = "tool"\npath = "src/bin/tool.rs"\n'},
            "target-file-moved",
        ),
        (
            {
                "crates/a/src/bin/tool.rs": None,
                "crates/a/more/Cargo.toml": f"{_NEW}[workspace]\n",
                "crates/a/more/src/bin/tool.rs": "",
            },
            {_MANIFEST_A: f'{_A}[[bin]]\nname = "tool"\n'},
            "target-file-removed",
        ),
        (
            {"crates/a/src/main.rs": None, "crates/a/src/bin/tool.rs": None, "crates/a/tests/it.rs": None},
            {_MANIFEST_A: f"{_A}autolib = false\n"},
            "target-none-left",
        ),
        (_LISTED, {"crates/new/Cargo.toml": _NEW}, "ws-glob-to-explicit-vs-new-crate"),
        (
            {"crates/tool/Cargo.toml": f"{_NEW}[workspace]\n"},
            {"Cargo.toml": '[workspace]\nmembers = ["crates/*", "crates/tool"]\nexclude = []\n'},
            "ws-nested-root",
        ),
    ],
)
def test_what_does_not_go_together_is_reported_once(left: Changes, right: Changes, rule: str) -> None:
    base: Changes = {"Cargo.toml": '[workspace]\nmembers = ["crates/*"]\nexclude = ["crates/tool"]\n'}
    assert said(left, right, base if rule == "ws-nested-root" else None) == [rule]
    assert said(right, left, base if rule == "ws-nested-root" else None) == [rule]


def test_what_was_wrong_before_is_nobodys() -> None:
    listed = f'{_A}[[test]]\nname = "gone"\n'
    assert (
        said({_MANIFEST_A: f"{listed}harness = false\n"}, {"crates/a/tests/it.rs": None}, {_MANIFEST_A: listed}) == []
    )


def test_every_agent_on_either_side_is_told() -> None:
    removes: Changes = {"crates/a/tests/it.rs": None}
    lists: Changes = {_MANIFEST_A: f'{_A}[[test]]\nname = "it"\n'}
    view = view_of([tree(removes), tree(lists), tree(removes), tree({}), tree(lists)], [tree({})])
    assert [(hit.hit.rule, hit.left, hit.right) for hit in hits(view)] == [("target-file-removed", 0b00101, 0b10010)]


_ANY = st.sampled_from([False, True, 3, "x", "src/lib.rs", "../x", "/x", "", [], ["x"], [1], {}, {"path": 1}])
_TARGET = st.one_of(_ANY, st.fixed_dictionaries({}, optional={"name": _ANY, "path": _ANY, "crate-type": _ANY}))
_MANIFESTS = st.fixed_dictionaries(
    {},
    optional={
        "package": st.one_of(
            _ANY,
            st.fixed_dictionaries(
                {},
                optional=dict.fromkeys(
                    ("name", "edition", "build", "readme", "default-run", "autobins", "workspace"), _ANY
                ),
            ),
        ),
        "lib": _TARGET,
        "bin": st.one_of(_TARGET, st.lists(_TARGET, max_size=2)),
        "test": st.one_of(_TARGET, st.lists(_TARGET, max_size=2)),
        "workspace": st.one_of(
            _ANY, st.fixed_dictionaries({}, optional={"members": _ANY, "exclude": _ANY, "package": _ANY})
        ),
    },
)
_FILES = ("src/lib.rs", "src/main.rs", "src/bin/x.rs", "tests/x.rs", "build.rs", "x", "a/src/main.rs")
_TREES = st.fixed_dictionaries({}, optional={"Cargo.toml": _MANIFESTS, "a/Cargo.toml": _MANIFESTS})


@settings(max_examples=150)
@given(st.lists(st.tuples(_TREES, st.sets(st.sampled_from(_FILES))), min_size=3, max_size=3))
def test_nonsense_is_no_error(parts: list[tuple[dict[str, dict[str, object]], set[str]]]) -> None:
    base, *agents = [
        {path: _written(content) for path, content in manifests.items()} | dict.fromkeys(files, "")
        for manifests, files in parts
    ]
    for hit in hits(view_of(agents, [base])):
        assert hit.left
        assert not hit.left & hit.right


def _written(content: dict[str, object]) -> str:
    return tomlkit.dumps(content)
