from __future__ import annotations

import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.core.document import Value
from tests.core.small_fleet import hits, relation_of, view_of

_NAMES = st.sampled_from(["a", "b", "c"])
_SPECS = st.fixed_dictionaries(
    {},
    optional={
        "path": st.sampled_from(["../a", "../b", "../c", "a"]),
        "optional": st.booleans(),
        "workspace": st.just(value=True),
        "features": st.lists(_NAMES, max_size=2),
        "package": _NAMES,
        "version": st.sampled_from(["1", "=1.0.1", "2", "x"]),
        "default-features": st.booleans(),
    },
)
_PACKAGE_FIELDS = {
    "name": _NAMES,
    "version": st.sampled_from([{"workspace": True}, "1.0.0", "2.0.0", 3]),
    "edition": st.sampled_from([{"workspace": True}, "2021", "2024", 2024]),
    "rust-version": st.sampled_from(["1.80", "1.90", 1.9]),
    "links": _NAMES,
    "build": st.sampled_from([True, False, "build.rs"]),
    "publish": st.sampled_from([True, False, [], ["a"], "x"]),
}
_PROFILES = st.dictionaries(
    st.sampled_from(["dev", "x", "y"]),
    st.fixed_dictionaries(
        {},
        optional={
            "inherits": st.sampled_from(["dev", "x", "y"]),
            "package": st.dictionaries(st.sampled_from(["a", "a@1.0", "b:1", "*", "u#a@1"]), st.just({}), max_size=2),
        },
    ),
    max_size=2,
)
_LINTS = st.just({"rust": {"unsafe_code": "forbid"}})
_SOURCES = st.lists(
    st.sampled_from(
        [
            "use a::x;",
            "fn f() { b::g() }",
            '#[cfg(feature = "c")] mod m;',
            "#[allow(unsafe_code)] fn h() {}",
            '#[cfg(all(feature = "a", feature = "b"))] compile_error!("no");',
        ]
    ),
    max_size=3,
).map("\n".join)
_DIRECTORIES = st.lists(st.sampled_from(["a", "b", "c", "*", "../x", "a/b"]), max_size=4)
_MANIFESTS = st.fixed_dictionaries(
    {},
    optional={
        "package": st.fixed_dictionaries({}, optional=_PACKAGE_FIELDS),
        "profile": _PROFILES,
        "patch": st.dictionaries(_NAMES, st.dictionaries(_NAMES, _SPECS, max_size=2), max_size=1),
        "dev_dependencies": st.just({}),
        "lints": st.one_of(_LINTS, st.just({"workspace": True})),
        "bin": st.lists(st.fixed_dictionaries({"name": _NAMES, "required-features": st.lists(_NAMES)}), max_size=1),
        "dependencies": st.dictionaries(_NAMES, _SPECS, max_size=2),
        "dev-dependencies": st.dictionaries(_NAMES, _SPECS, max_size=1),
        "features": st.dictionaries(
            _NAMES, st.lists(st.sampled_from(["a", "b", "c", "dep:a", "a/b", "b?/c"]), max_size=2), max_size=2
        ),
        "workspace": st.fixed_dictionaries(
            {},
            optional={
                "members": _DIRECTORIES,
                "exclude": _DIRECTORIES,
                "default-members": _DIRECTORIES,
                "package": st.sampled_from([{"version": "1.0.0"}, {"version": "2.0.0", "edition": "2024"}]),
                "lints": _LINTS,
                "dependencies": st.dictionaries(_NAMES, _SPECS, max_size=2),
            },
        ),
    },
)
_TASKS = st.dictionaries(
    _NAMES,
    st.fixed_dictionaries(
        {},
        optional={
            "dependencies": st.lists(_NAMES, max_size=2),
            "alias": _NAMES,
            "extend": _NAMES,
            "run_task": st.one_of(_NAMES, st.just({"name": ["a", "b"], "cleanup_task": "c"})),
            "private": st.booleans(),
            "disabled": st.booleans(),
            "clear": st.booleans(),
            "condition": st.just({"env_set": ["A"]}),
            "script": st.sampled_from(["cargo make a", "b"]),
            "plugin": _NAMES,
            "env": st.just({"CARGO_TARGET_DIR": "t"}),
        },
    ),
)
_MAKEFILES = st.fixed_dictionaries(
    {},
    optional={
        "tasks": _TASKS,
        "extend": st.sampled_from(["b/Makefile.toml", {"path": "b/Makefile.toml", "optional": True}]),
        "config": st.sampled_from([{"skip_core_tasks": True}, {"default_to_workspace": False, "init_task": "a"}]),
        "env": st.dictionaries(_NAMES, st.sampled_from(["${a}", "${b}/${c}", "x"]), max_size=2),
        "plugins": st.fixed_dictionaries({"impl": st.dictionaries(_NAMES, st.just({"script": ""}), max_size=2)}),
    },
)
_TREES = st.fixed_dictionaries(
    {},
    optional={
        "Cargo.toml": _MANIFESTS,
        "a/Cargo.toml": _MANIFESTS,
        "b/Cargo.toml": _MANIFESTS,
        "Makefile.toml": _MAKEFILES,
        "b/Makefile.toml": _MAKEFILES,
        "a/src/lib.rs": _SOURCES,
        "a/src/m.rs": _SOURCES,
    },
)


@settings(max_examples=150)
@given(agents=st.lists(_TREES, min_size=1, max_size=4), bases=st.lists(_TREES, min_size=1, max_size=2))
def test_no_fleet_is_an_error_and_no_agent_clashes_with_itself(
    agents: list[dict[str, dict[str, Value] | str]], bases: list[dict[str, dict[str, Value] | str]]
) -> None:
    relation = relation_of(len(agents), {(0, 1): len(bases) - 1}, len(bases))
    view = view_of([_written(tree) for tree in agents], [_written(tree) for tree in bases], relation)
    for hit in hits(view):
        assert hit.left
        assert bool(hit.right) is (hit.hit.right is not None)
        assert not hit.left & hit.right
        assert hit.hit.left.path in {path for tree in (*agents, *bases) for path in tree}


def _written(tree: dict[str, dict[str, Value] | str]) -> dict[str, str]:
    return {path: content if isinstance(content, str) else tomlkit.dumps(content) for path, content in tree.items()}
