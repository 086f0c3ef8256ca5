from __future__ import annotations

import pytest

from gatekeeper.core.document import Document, parse
from gatekeeper.core.duplicate_versions import (
    Carrier,
    Manifests,
    duplicates_in_lock,
    duplicates_in_manifests,
    lists_packages,
    without_lock,
)
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import CARGO, CARGO_LOCK
from gatekeeper.core.schema.kinds import Profile, Value

LOCK = TreePath("Cargo.lock")
INDEX = "registry+https://index.example"


def tree(text: str, profile: Profile) -> dict[str, Value]:
    document = parse(text.encode(), profile)
    assert isinstance(document, Document)
    return document.tree


def manifests(**texts: str) -> Manifests:
    return Manifests({"" if name == "top" else f"crates/{name}": tree(text, CARGO) for name, text in texts.items()})


def locked(*packages: str) -> dict[str, Value]:
    """Return a lock file: ``name version: dependency, dependency``, a name with ``*`` before it being a member."""
    rows = []
    for package in packages:
        head, _, needed = package.partition(": ")
        name, version = head.removeprefix("*").split(" ")
        source = "" if head.startswith("*") else f'source = "{INDEX}"\n'
        dependencies = [one.strip() for one in needed.split(",") if one]
        rows.append(f'[[package]]\nname = "{name}"\nversion = "{version}"\n{source}dependencies = {dependencies}\n')
    return tree("version = 3\n" + "".join(rows), CARGO_LOCK)


MANIFESTS = {
    "top": '[workspace]\nmembers = ["crates/*"]\n[workspace.dependencies]\nweb = "2.1"\n',
    "api": '[package]\nname = "api"\n[dependencies]\nweb.workspace = true\nstore = { path = "../store" }\n',
    "store": (
        '[package]\nname = "store"\n[dependencies]\nrand = "0.7"\n'
        '[target."cfg(unix)".dev-dependencies]\nnew-rand = { package = "rand", version = "0.8.1" }\n'
    ),
}


def test_every_version_is_told_with_those_who_bring_it() -> None:
    lock = locked(
        "*api 0.1.0: store, web",
        "*store 0.1.0: rand 0.7.3, rand 0.8.5",
        "rand 0.7.3",
        "rand 0.8.5: core",
        "rand 0.10.0",
        "web 2.1.4: rand 0.10.0, core",
        "core 1.0.0",
    )
    [rand] = duplicates_in_lock(lock, manifests(**MANIFESTS), LOCK)
    assert (rand.package, rand.lock) == ("rand", LOCK)
    assert [(one.version, one.source, one.members) for one in rand.versions] == [
        ("0.7.3", INDEX, ("api", "store")),
        ("0.8.5", INDEX, ("api", "store")),
        ("0.10.0", INDEX, ("api",)),
    ]
    assert [one.carriers for one in rand.versions] == [
        (Carrier("store", "rand", "0.7"),),
        (Carrier("store", "rand", "0.8.1"),),
        (Carrier("api", "web", "2.1"),),
    ]


def test_circles_and_what_the_manifests_do_not_tell() -> None:
    lock = locked("*a 0.1.0: b", "*b 0.1.0: a, x 1.0.0, x 2.0.0", "x 1.0.0: x 2.0.0", "x 2.0.0", "y 1.0.0: z", "odd x")
    [found] = duplicates_in_lock(lock, manifests(), LOCK)
    assert [one.members for one in found.versions] == [("a", "b"), ("a", "b")]
    assert found.versions[1].carriers == (Carrier("b", "x", None),)


def test_one_version_from_two_places_counts_as_two() -> None:
    text = '[[package]]\nname = "x"\nversion = "1.0.0"\nsource = "{}"\n'
    lock = tree(text.format(INDEX) + text.format("git+https://code.example/x#1"), CARGO_LOCK)
    [found] = duplicates_in_lock(lock, manifests(), LOCK)
    assert [(one.version, one.source) for one in found.versions] == [
        ("1.0.0", "git+https://code.example/x#1"),
        ("1.0.0", INDEX),
    ]


def test_a_git_source_is_named_without_its_commit() -> None:
    text = (
        '[[package]]\nname = "a"\nversion = "0.1.0"\ndependencies = ["x 1.0.0 (git+https://one.example/x?branch=main)"]\n'
        '[[package]]\nname = "b"\nversion = "0.1.0"\ndependencies = ["x 1.0.0 (git+https://two.example/x)"]\n'
        f'[[package]]\nname = "c"\nversion = "0.1.0"\ndependencies = ["x 1.0.0 ({INDEX})"]\n'
    )
    for source in ("git+https://one.example/x?branch=main#01ab", "git+https://two.example/x#23cd", INDEX):
        text += f'[[package]]\nname = "x"\nversion = "1.0.0"\nsource = "{source}"\n'
    [found] = duplicates_in_lock(tree(text, CARGO_LOCK), manifests(), LOCK)
    assert [one.members for one in found.versions] == [("a",), ("b",), ("c",)]


def test_the_oldest_format_has_the_root_apart() -> None:
    text = (
        f'[root]\nname = "a"\nversion = "0.1.0"\ndependencies = ["x 1.0.0 ({INDEX})", "y 1.0.0 ({INDEX})"]\n'
        f'[[package]]\nname = "x"\nversion = "1.0.0"\nsource = "{INDEX}"\n'
        f'[[package]]\nname = "x"\nversion = "2.0.0"\nsource = "{INDEX}"\n'
        f'[[package]]\nname = "y"\nversion = "1.0.0"\nsource = "{INDEX}"\ndependencies = ["x 2.0.0 ({INDEX})"]\n'
    )
    [found] = duplicates_in_lock(tree(text, CARGO_LOCK), manifests(), LOCK)
    assert [one.members for one in found.versions] == [("a",), ("a",)]
    assert [one.carriers for one in found.versions] == [(Carrier("a", "x", None),), (Carrier("a", "y", None),)]


def test_a_lock_speaks_for_the_manifests_below_it() -> None:
    trees: dict[str, dict[str, Value]] = {"": {}, "fuzz": {}, "fuzz/a": {}, "fuzzy": {}}
    assert [*without_lock(trees, [TreePath("fuzz/Cargo.lock")])] == ["", "fuzzy"]
    assert [*without_lock(trees, [LOCK])] == []
    assert without_lock(trees, []) == trees


def test_without_a_lock_requirements_are_compared_that_no_version_meets_together() -> None:
    found = duplicates_in_manifests(
        manifests(
            a='[package]\nname = "a"\n[dependencies]\nx = "1.2"\ny = "0.3"\nz = "*"\n',
            b='[package]\nname = "b"\n[dependencies]\nx = { version = "^1.4", features = [] }\ny = "0.4.1"\nz = "2"\n',
            c='[package]\nname = "c"\n[build-dependencies]\ny = "0.3.9"\nx = ">=0.1, <3"\n',
        )
    )
    [y] = found
    assert (y.package, y.lock) == ("y", None)
    assert [(one.version, one.members) for one in y.versions] == [("0.3, 0.3.9", ("a", "c")), ("0.4.1", ("b",))]


@pytest.mark.parametrize(
    "text",
    [
        "package = 3",
        "package = [1]",
        "[[package]]\nname = 1\n",
        '[[package]]\nname = "x"\n',
        "[[package]]\nversion = 1\n",
    ],
)
def test_a_lock_of_nonsense_has_no_duplicates(text: str) -> None:
    assert duplicates_in_lock(tree(text, CARGO_LOCK), manifests(), LOCK) == []
    assert not lists_packages(tree(text, CARGO_LOCK))


@pytest.mark.parametrize(
    "text",
    [
        "workspace = 1\npackage = 2\ndependencies = 3\ntarget = 4",
        '[package]\nname = "x"\n[dependencies]\na = 1\nb = { version = 2 }\nc = { package = 3, version = "1" }\n',
        '[package]\nname = "x"\n[dependencies]\nd.workspace = true\n[target.x]\ndependencies = []\n',
        "workspace.dependencies = 1\n[package]\nname = 3\n",
    ],
)
def test_manifests_of_nonsense_require_nothing(text: str) -> None:
    assert duplicates_in_manifests(manifests(x=text)) == []
