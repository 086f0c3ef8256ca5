"""Clashes that git's merge of the lines passes over get markers; no line of either side is lost."""

from __future__ import annotations

import re

import tomli
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.merging.driver import Merge, drive
from gatekeeper.merging.manifests import merge_manifest
from gatekeeper.merging.marked_text import Look, chosen, read_marked
from gatekeeper.merging.text_conflicts import marked, merge_file, with_markers

HEAD = '[package]\nname = "buoy"\n\n[dependencies]\n'
REST = 'anchor = "1"\nbell = "1"\nchain = "1"\ndial = "1"\n'
TAIL = '\n[dev-dependencies]\nwind = "1"\n'
BASE = HEAD + REST + TAIL
OURS = HEAD + 'serde = "1"\n' + REST + TAIL
PLAIN, DIFF3 = Look(), Look(style="--diff3")


def marks(base: str, ours: str, theirs: str, look: Look = PLAIN, path: str = "Cargo.toml") -> str:
    """Return the text that is left of a merge that clashes."""
    clashes = merge_manifest(base, ours, theirs, path=path).clashes
    assert clashes
    texts = (text.encode() for text in (base, ours, theirs))
    return marked(*texts, look=look, clashes=clashes, path=path).decode()


def taken(text: str, side: str, size: int = 7) -> str:
    return b"".join(line for line, _ in chosen(read_marked(text.encode(), size), side)).decode()


def git_is_clean(base: str, ours: str, theirs: str) -> bool:
    merged = merge_file(base.encode(), ours.encode(), theirs.encode())
    assert merged is not None
    return not merged.conflicts


def test_one_key_in_two_places_of_a_table_is_one_conflict() -> None:
    theirs = HEAD + REST + 'serde = "2"\n' + TAIL
    assert git_is_clean(BASE, OURS, theirs)
    conflict = '<<<<<<< ours\nserde = "1"\n=======\nserde = "2"\n>>>>>>> theirs\n'
    assert marks(BASE, OURS, theirs) == HEAD + conflict + REST + TAIL


def test_a_pair_and_a_table_of_its_own_are_one_conflict_around_both() -> None:
    theirs = BASE + '\n[dependencies.serde]\nversion = "2"\n'
    assert git_is_clean(BASE, OURS, theirs)
    text = marks(BASE, OURS, theirs)
    assert text.startswith(HEAD + "<<<<<<< ours\n")
    assert (taken(text, "ours"), taken(text, "theirs")) == (OURS, theirs)


def test_a_clash_besides_a_conflict_of_the_lines_is_marked_too() -> None:
    ours, theirs = OURS.replace('wind = "1"', 'wind = "2"'), HEAD + REST + 'serde = "2"\n' + TAIL
    text = marks(BASE, ours, theirs.replace('wind = "1"', 'wind = "3"'))
    assert text.count("<<<<<<< ours\n") == 2
    assert taken(text, "ours") == ours
    assert tomli.loads(taken(text, "theirs"))["dependencies"]["serde"] == "2"


def test_what_git_marks_is_left_as_git_has_it() -> None:
    sides = [BASE.replace('bell = "1"', f'bell = "{version}"') for version in (2, 3)]
    merged = merge_file(BASE.encode(), *(side.encode() for side in sides))
    assert merged is not None
    assert marks(BASE, sides[0], sides[1]) == merged.text.decode()


def test_keys_that_exclude_each_other_are_marked() -> None:
    base = HEAD + '[dependencies.serde]\nversion = "1"\n# one\n# two\n# three\noptional = true\n'
    ours = base.replace('version = "1"\n', 'version = "1"\npath = "../serde"\n')
    theirs = base + 'git = "https://example.com/serde"\n'
    assert git_is_clean(base, ours, theirs)
    text = marks(base, ours, theirs)
    assert 'git = "https' not in taken(text, "ours")
    assert 'path = "' not in taken(text, "theirs")


def test_what_one_side_has_removed_is_marked() -> None:
    base = '[dependencies.serde]\nversion = "1"\na = 1\nb = 1\noptional = true\n\n[z]\n'
    ours = base.replace("optional = true", 'optional = true\nfeatures = ["derive"]')
    text = marks(base, ours, "[z]\n")
    assert tomli.loads(taken(text, "ours")) == tomli.loads(ours)
    assert tomli.loads(taken(text, "theirs")) == {"z": {}}


def test_size_and_labels_are_those_asked_for() -> None:
    theirs = HEAD + REST + 'serde = "2"\n' + TAIL
    clashes = merge_manifest(BASE, OURS, theirs, path="Cargo.toml").clashes
    texts = (text.encode() for text in (BASE, OURS, theirs))
    labels = ("HEAD", "x", "a branch")
    text = with_markers(*texts, marker_size=11, clashes=clashes, path="Cargo.toml", labels=labels).decode()
    marked_lines = [line for line in text.splitlines() if line[0:1] in {"<", "=", ">"}]
    assert marked_lines == ["<" * 11 + " HEAD", "=" * 11, ">" * 11 + " a branch"]


def test_the_base_is_shown_where_the_style_has_it() -> None:
    base = HEAD + 'serde = "0"\n' + REST + TAIL
    ours = HEAD + 'serde = "1"\n' + REST + TAIL
    theirs = HEAD + REST + 'serde = "2"\n' + TAIL
    text = marks(base, ours, theirs, DIFF3)
    assert "||||||| base\n" in text
    assert 'serde = "0"\n' in text


def test_line_ends_are_those_of_the_file() -> None:
    theirs = HEAD + REST + 'serde = "2"\n' + TAIL
    base, ours, theirs = (text.replace("\n", "\r\n") for text in (BASE, OURS, theirs))
    text = marks(base, ours, theirs)
    assert text.count("\n") == text.count("\r\n")
    assert "\r\n=======\r\n" in text


def test_lines_that_look_like_markers_are_text() -> None:
    base = BASE + '\n[x]\ny = """\n=======\n"""\n'
    ours, theirs = (text + '\n[x]\ny = """\n=======\n"""\n' for text in (OURS, HEAD + REST + 'serde = "2"\n' + TAIL))
    conflict = '<<<<<<< ours\nserde = "1"\n=======\nserde = "2"\n>>>>>>> theirs\n'
    assert marks(base, ours, theirs) == base.replace(HEAD, HEAD + conflict)


def test_the_driver_leaves_them() -> None:
    theirs = HEAD + REST + 'serde = "2"\n' + TAIL
    done = drive(Merge(BASE.encode(), OURS.encode(), theirs.encode(), path="Cargo.toml", marker_size=9))
    assert not done.clean
    left = done.text.decode()
    assert (taken(left, "ours", 9), left.count("<" * 9 + " ours\n")) == (OURS, 1)


NAMES = st.sampled_from(["anchor", "bell", "chain", "dial"])
SPELLINGS = st.sampled_from(['{0} = "{1}"\n', '{0}.version = "{1}"\n', '{0} = {{ version = "{1}" }}\n'])
VERSIONS = st.sampled_from(["1", "2", "3"])
PAIRS = st.lists(st.tuples(NAMES, SPELLINGS, VERSIONS), max_size=4, unique_by=lambda pair: pair[0])


@st.composite
def manifests(draw: st.DrawFn) -> str:
    """Return dependencies in a table, and others in tables of their own."""
    pairs = draw(PAIRS)
    cut = draw(st.integers(0, len(pairs)))
    text = "[dependencies]\n" + "".join(spelling.format(name, version) for name, spelling, version in pairs[:cut])
    text += "\n[features]\ndefault = []\na = []\nb = []\n"
    return text + "".join(f'\n[dependencies.{name}]\nversion = "{version}"\n' for name, _, version in pairs[cut:])


@given(manifests(), manifests(), manifests())
def test_either_choice_is_a_document_and_nothing_is_lost(base: str, ours: str, theirs: str) -> None:
    clashes = merge_manifest(base, ours, theirs, path="Cargo.toml").clashes
    texts = [text.encode() for text in (base, ours, theirs)]
    text = marked(*texts, look=PLAIN, clashes=clashes, path="Cargo.toml").decode() if clashes else ""
    clean = merge_file(*texts)
    assert clean is not None
    if clashes and not clean.conflicts:
        assert "<<<<<<< ours\n" in text
        for side in ("ours", "theirs"):
            tomli.loads(taken(text, side))
    kept = set(text.splitlines())
    for side, other in ((ours, theirs), (theirs, ours)) if clashes else ():
        own = set(side.splitlines()) - set(base.splitlines()) - set(other.splitlines())
        assert own <= kept


@given(manifests(), manifests(), manifests(), st.integers(8, 40))
def test_markers_have_the_size_that_is_asked_for(base: str, ours: str, theirs: str, size: int) -> None:
    texts = [text.encode() for text in (base, ours, theirs)]
    clashes = merge_manifest(base, ours, theirs, path="Cargo.toml").clashes
    usual, large = (with_markers(*texts, marker_size=n, clashes=clashes, path="Cargo.toml") for n in (7, size))
    markers = re.compile(rb"^([<|=>])\1{%d}(?!\1)" % (size - 1), re.MULTILINE)
    assert markers.sub(lambda found: found[1] * 7, large) == usual
