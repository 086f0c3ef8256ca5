"""The files of a generated workspace, and how an agent edits them."""

from __future__ import annotations

import random
import re

FILES_IN_CRATE = 20
FIRST_MODULE = 2
"""Files 0 and 1 of a crate are its manifests; the others are sources."""

_THIRD_PARTY = (
    "anyhow",
    "bytes",
    "clap",
    "log",
    "regex",
    "serde",
    "serde_json",
    "thiserror",
    "tokio",
    "tracing",
    "url",
)
_FEATURES = ("default", "full", "minimal", "headless", "integration", "trace")
_TASKS = ("build", "check", "lint", "test")
_SOURCE_LINES = 60


def path(crate: int, number: int) -> str:
    """Return the path of a crate's file."""
    names = ("Cargo.toml", "Makefile.toml", "src/lib.rs")
    name = names[number] if number < len(names) else f"src/part_{number:02}.rs"
    return f"crates/{_name(crate)}/{name}"


def workspace(crates: int) -> dict[str, str | None]:
    """Return every file of the workspace."""
    paths = [path(crate, number) for crate in range(crates) for number in range(FILES_IN_CRATE)]
    return {name: text(name, crates) for name in ("Cargo.toml", "Makefile.toml", *paths)}


def text(path: str, crates: int) -> str:
    """Return what a file holds in trunk's first commit."""
    parts = path.split("/")
    if len(parts) == 1:
        return _root_manifest(crates) if path == "Cargo.toml" else _makefile("workspace")
    crate = int(parts[1].removeprefix("part-"))
    if parts[2] == "Cargo.toml":
        return _manifest(crate)
    return _makefile(parts[1]) if parts[2] == "Makefile.toml" else _source(path)


def edited(path: str, before: str, generator: random.Random) -> str:
    """Return a file with one small edit, of a kind that its format invites."""
    if path.endswith("Cargo.toml"):
        return generator.choice((_bump, _add_dependency, _extend_feature))(before, generator)
    if path.endswith("Makefile.toml"):
        return generator.choice((_add_argument, _add_task))(before, generator)
    lines = before.splitlines(keepends=True)
    at = generator.randrange(2, len(lines) - 1)
    lines[at] = f"    total += {generator.randrange(1000, 9999)};\n"
    return "".join(lines)


def _name(crate: int) -> str:
    return f"part-{crate:04}"


def _root_manifest(crates: int) -> str:
    shared = "".join(f'{name} = "1.{index}"\n' for index, name in enumerate(_THIRD_PARTY))
    own = "".join(f'{_name(crate)} = {{ path = "crates/{_name(crate)}" }}\n' for crate in range(0, crates, 10))
    return f'[workspace]\nresolver = "2"\nmembers = ["crates/*"]\n\n[workspace.dependencies]\n{own}{shared}'


def _manifest(crate: int) -> str:
    head = f'[package]\nname = "{_name(crate)}"\nversion = "0.1.{crate}"\nedition = "2021"\n'
    shared = "".join(f'{name} = "1.{index}"\n' for index, name in enumerate(_THIRD_PARTY[: 4 + crate % 6]))
    below = {crate // 2, crate // 7} - {crate}
    own = "".join(f'{_name(other)} = {{ path = "../{_name(other)}" }}\n' for other in sorted(below))
    features = "".join(f"{name} = []\n" for name in _FEATURES)
    return f"{head}\n[dependencies]\n{own}{shared}\n[features]\n{features}"


def _makefile(owner: str) -> str:
    body = f'command = "cargo"\nargs = ["{{task}}", "--package", "{owner}"]\n'
    tasks = "".join(f'\n[tasks.{task}]\ndescription = "{task} {owner}"\n{body.format(task=task)}' for task in _TASKS)
    return f'[env]\nOWNER = "{owner}"\n{tasks}'


def _source(path: str) -> str:
    # The path's digits make every file different, so that none of them counts as a rename of another.
    salt = int("".join(re.findall(r"\d", path)) or "0")
    body = "".join(f"    total += {(salt * 7919 + line * 104_729) % 1000};\n" for line in range(_SOURCE_LINES))
    return f"//! {path}\npub fn total(mut total: u64) -> u64 {{\n{body}    total\n}}\n"


def _bump(before: str, generator: random.Random) -> str:
    found = generator.choice(list(re.finditer(r'^[a-z_]+ = "(\d+\.\d+)"$', before, re.MULTILINE)))
    return f"{before[: found.start(1)]}1.{generator.randrange(20, 60)}{before[found.end(1) :]}"


def _add_dependency(before: str, generator: random.Random) -> str:
    table = "[workspace.dependencies]" if "[workspace.dependencies]" in before else "[dependencies]"
    return before.replace(f"{table}\n", f'{table}\nextra_{generator.randrange(10_000)} = "1"\n', 1)


def _extend_feature(before: str, generator: random.Random) -> str:
    found = list(re.finditer(r"^([a-z]+) = \[(.*)\]$", before.partition("[features]")[2], re.MULTILINE))
    if not found:
        return _bump(before, generator)
    old = generator.choice(found)
    added = generator.choice([name for name in _FEATURES if name != old[1]])
    values = ", ".join([part for part in old[2].split(", ") if part and part != f'"{added}"'] + [f'"{added}"'])
    return before.replace(f"\n{old[0]}\n", f"\n{old[1]} = [{values}]\n", 1)


def _add_argument(before: str, generator: random.Random) -> str:
    found = generator.choice(list(re.finditer(r"^args = \[(.*)\]$", before, re.MULTILINE)))
    return f'{before[: found.end() - 1]}, "--jobs={generator.randrange(1, 64)}"{before[found.end() - 1 :]}'


def _add_task(before: str, generator: random.Random) -> str:
    number = generator.randrange(10_000)
    return f'{before}\n[tasks.extra-{number}]\ncommand = "cargo"\nargs = ["run", "--bin", "extra-{number}"]\n'
