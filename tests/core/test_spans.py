from __future__ import annotations

import time

import pytest
import rtoml
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.changes import ABSENT, changes
from gatekeeper.core.document import same
from gatekeeper.core.names import KeyPath
from gatekeeper.core.schema import CARGO, CARGO_LOCK, GENERIC
from gatekeeper.core.spans import Form, SourceMap, Span
from gatekeeper.core.toml_blocks import blocks_of, placed_blocks
from gatekeeper.core.toml_scan import key_parts, statements
from tests.core.toml_texts import TREES, Tree, document, spellings

_MANIFEST = """\
[package]
name = "é" # name
version.workspace = true

[dependencies]
serde = { version = "1", default_features = false, features = ["derive"] }
"quoted name" = "1" # [dependencies.no]
[dependencies.extra]
path = '..'

[target.'cfg( unix )'.dev_dependencies]
libc = "0.2"

[[bin]]
path = "a.rs"
name = "tool"
[[bin]]
name = "other"
[bin.metadata]
text = '''
[fake]
name = "fake"
'''
[[bin]]
name = "tool"

[workspace]
members = [
    "a", # ]
    "b",
]
exclude = []
"""


def _slices(text: str, key: KeyPath) -> list[tuple[Form, str]]:
    return [(site.form, _cut(text, site.span)) for site in SourceMap(text.encode()).sites(key)]


def _cut(text: str, span: Span) -> str:
    lines = text.removeprefix("\ufeff").split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (("package",), [(Form.HEADER, "[package]")]),
        (("package", "name"), [(Form.PAIR, 'name = "é"')]),
        (("package", "version", "workspace"), [(Form.DOTTED_PAIR, "version.workspace = true")]),
        (("dependencies", "serde", "version"), [(Form.INLINE, 'version = "1"')]),
        (("dependencies", "serde", "default-features"), [(Form.INLINE, "default_features = false")]),
        (("dependencies", "quoted name"), [(Form.PAIR, '"quoted name" = "1"')]),
        (("dependencies", "extra"), [(Form.HEADER, "[dependencies.extra]")]),
        (("dependencies", "no"), []),
        (("target", "cfg(unix)", "dev-dependencies", "libc"), [(Form.PAIR, 'libc = "0.2"')]),
        (("bin",), [(Form.ARRAY_HEADER, "[[bin]]")] * 3),
        (("bin", "tool"), [(Form.ARRAY_HEADER, "[[bin]]")]),
        (("bin", "tool", "path"), [(Form.PAIR, 'path = "a.rs"')]),
        (("bin", "tool#2", "name"), [(Form.PAIR, 'name = "tool"')]),
        (("bin", "other", "metadata"), [(Form.HEADER, "[bin.metadata]")]),
        (("bin", "other", "metadata", "text"), [(Form.PAIR, "text = '''\n[fake]\nname = \"fake\"\n'''")]),
        (("fake",), []),
        (("workspace", "members"), [(Form.PAIR, 'members = [\n    "a", # ]\n    "b",\n]')]),
        (("workspace", "exclude"), [(Form.PAIR, "exclude = []")]),
    ],
)
def test_sites(key: KeyPath, expected: list[tuple[Form, str]]) -> None:
    assert _slices(_MANIFEST, key) == expected
    assert _slices(_MANIFEST.replace("\n", "\r\n"), key) == [
        (form, text.replace("\n", "\r\n")) for form, text in expected
    ]
    assert _slices("\ufeff" + _MANIFEST, key) == expected


def test_sites_say_how_the_key_is_spelled() -> None:
    source = SourceMap(_MANIFEST.encode())
    spelled = {site.spelled for key in [("bin", "tool"), ("dependencies", "quoted name")] for site in source.sites(key)}
    assert spelled == {"bin", '"quoted name"'}
    (site,) = source.sites(("target", "cfg(unix)", "dev_dependencies"))
    assert (site.key, site.spelled) == (
        ("target", "cfg(unix)", "dev-dependencies"),
        "target.'cfg( unix )'.dev_dependencies",
    )


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (("workspace", "members", "0"), 'members = [\n    "a", # ]\n    "b",\n]'),
        (("dependencies", "serde", "features", "derive"), 'features = ["derive"]'),
        (("dependencies", "quoted name", "version"), '"quoted name" = "1"'),
        (("package", "version"), "version.workspace = true"),
        (("target",), "[target.'cfg( unix )'.dev_dependencies]"),
        (("package", "license"), None),
        (("nothing", "here"), None),
        ((), None),
    ],
)
def test_span_falls_back_to_what_is_inside_or_around(key: KeyPath, expected: str | None) -> None:
    span = SourceMap(_MANIFEST.encode()).span(key)
    assert (span and _cut(_MANIFEST, span)) == expected


def test_invalid_texts_show_every_duplicate() -> None:
    merged = (
        '[dependencies]\nextra = { path = ".." }\nx = "1"\n<<<<<<< HEAD\nx = "2"\n=======\n'
        "y = [\n[dependencies]\nx.path = 'p'\n[dependencies.x]\nextra = 1\n"
        "[dev-dependencies\nz =\nw = 'open\n[project]\n[package]\n"
    )
    assert [form for form, _ in _slices(merged, ("dependencies", "x"))] == [Form.PAIR, Form.PAIR, Form.HEADER]
    assert len(_slices(merged, ("dependencies",))) == 2
    assert len(_slices(merged, ("package",))) == 2
    assert _slices(merged, ("dependencies", "x", "path")) == [(Form.DOTTED_PAIR, "x.path = 'p'")]
    assert _slices(merged, ("dependencies", "x", "z")) == [(Form.PAIR, "z =")]
    assert _slices(merged, ("dependencies", "x", "w")) == [(Form.PAIR, "w = 'open")]


def test_inline_arrays_of_tables_are_keyed_by_identity() -> None:
    text = 'bin = [{ name = "a", path = "1" }, "no", { path = "2" }, { name = "b", meta.x = { y = 1 } }]'
    assert _slices(text, ("bin", "a")) == [(Form.INLINE, '{ name = "a", path = "1" }')]
    assert _slices(text, ("bin", "a", "path")) == [(Form.INLINE, 'path = "1"')]
    assert _slices(text, ("bin", "b", "meta", "x", "y")) == [(Form.INLINE, "y = 1")]
    assert _slices("a = {b = {c = 1}, d = [", ("a", "b", "c")) == [(Form.INLINE, "c = 1")]
    assert _slices("a = {b = 'x, d = [", ("a", "b")) == []


def test_locked_packages_are_keyed_by_name_version_and_source() -> None:
    text = (
        '[[package]]\nname = "a"\nversion = "1.0.0"\n\n[[package]]\nname = "a"\nversion = "2.0.0"\n'
        'source = "registry+x"\ndependencies = [\n "b",\n]\n[[package.nested]]\nk = 1\n'
    )
    for key in document(text, CARGO_LOCK).tree["package"]:  # type: ignore[union-attr]
        assert [form for form, _ in _slices(text, ("package", str(key)))] == [Form.ARRAY_HEADER]
    assert len(_slices(text, ("package", "a 2.0.0 registry+x", "dependencies"))) == 1


def test_escapes_in_keys_and_identities() -> None:
    text = '"caf\\u00e9" = 1\n"bad \\q" = 2\n[[bin]]\nname = "\\x61"\n'
    assert _slices(text, ("café",)) == [(Form.PAIR, '"caf\\u00e9" = 1')]
    assert len(_slices(text, ("bad \\q",))) == 1
    assert len(_slices(text, ("bin", "a"))) == 1


def test_bytes_that_are_not_utf_8_do_not_matter() -> None:
    assert SourceMap(b"# \xff\nname = '\xff'\nx = 1").span(("x",)) == Span(3, 1, 3, 6)


@given(st.data(), TREES)
def test_every_leaf_is_found_and_says_its_value(data: st.DataObject, tree: Tree) -> None:
    text = data.draw(spellings(tree))
    source = SourceMap(text.encode())
    for leaf in changes(None, document(text, GENERIC)):
        assert leaf.after is not ABSENT
        sites = source.sites(leaf.key)
        assert sites, leaf.key
        assert key_parts(sites[0].spelled)[-1] == leaf.key[-1]
        said = _cut(text, sites[0].span)
        if sites[0].form is not Form.HEADER:
            value = rtoml.loads(said)
            for part in key_parts(sites[0].spelled):
                value = value[part]
            assert same(value, leaf.after) or leaf.after != leaf.after
        assert source.span(leaf.key) == sites[0].span


@given(st.text("[]{}=.,#\"'\\\n\r ab1_-", max_size=80), st.lists(st.sampled_from(["a", "b", "ab", "1"]), max_size=3))
def test_any_text_can_be_asked(text: str, key: list[str]) -> None:
    source = SourceMap(text.encode())
    assert all(_cut(text, site.span) for site in source.sites(tuple(key)))
    source.span(tuple(key))


@pytest.mark.parametrize(
    "line",
    [
        "a = [\n",
        "a = '''\n",
        'a = """',
        "a = {b = {\n",
        "a = [ # x\n",
        "[[bin]]\nname = 'x'\n",
        "a = 'x\n",
        "<\n",
        "[[",
    ],
)
def test_hostile_texts_take_no_quadratic_time(line: str) -> None:
    # Quadratic time would be minutes here; what it does take is a few seconds at worst.
    source = SourceMap((line * 20_000).encode())
    start = time.perf_counter()
    source.sites(("a", "b"))
    source.span(("a", "b", "c"))
    assert time.perf_counter() - start < 20


def test_profiles_and_maps_agree_on_names() -> None:
    tree = document(_MANIFEST, CARGO)
    source = SourceMap(_MANIFEST.encode())
    assert all(source.span(leaf.key) is not None for leaf in changes(None, tree))


@pytest.mark.parametrize("text", ["[x]\nversion=", "name =", "a = 1\nname = ", "[[x]]\nsource ="])
def test_a_text_may_end_before_a_value(text: str) -> None:
    assert SourceMap(text.encode()).span(("x", "name")) is None


_LINES = st.sampled_from(
    [
        "[a]", "[a.b]", " [a]", "[[a]]", "[[a.b]]", "[a] # header", "[a", "[[a]", 'name = "x"', "name = 'y'",
        "k = [", "  [1, 2],", "[3],", "]", 'k = """', "k = '''", '"""', "'''", "k = {", "}", "# [a]", "junk", "",
        "k.j = 1", "version =", 'k = "open', "<<<<<<< ours",
    ]
)  # fmt: skip


@given(st.lists(_LINES, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_a_text_in_pieces_has_the_blocks_of_the_whole(lines: list[str], newline: str) -> None:
    text = newline.join(lines)
    whole = list(blocks_of(text, statements(text)))
    pieces = placed_blocks(text)
    assert [(one.key, one.header is None) for one in whole] == [(one.key, one.header is None) for one, _ in pieces]
    starts = [[(key, [found.start for found in places]) for key, places in one.pairs.items()] for one in whole]
    assert starts == [
        [(key, [found.start + offset for found in places]) for key, places in one.pairs.items()]
        for one, offset in pieces
    ]
