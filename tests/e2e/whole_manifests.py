"""One manifest of each kind that has every key which the schemas and the rules know."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, TypeAlias

Tree: TypeAlias = dict[str, Any]

_DEPENDENCY = """{ version = "1.0", path = "../store", git = "https://git.example.org/store", branch = "main",
    tag = "v1", rev = "abc", package = "store", features = ["fast"], default-features = false, optional = true,
    workspace = true, registry = "mine", public = true, artifact = "bin" }""".replace("\n", "")
_TARGET = """{ name = "tool", path = "src/tool.rs", crate-type = ["lib"], required-features = ["fast"],
    proc-macro = true, harness = false }""".replace("\n", "")
_MANIFEST = f"""
cargo-features = ["edition2024"]
lib = {_TARGET}
bin = [{_TARGET}, {{ name = "two" }}]
test = [{{ name = "tool", path = "tests/tool.rs" }}]
[package]
name = "api"
version = "0.1.0"
edition = "2021"
rust-version = "1.80"
workspace = ".."
links = "z"
build = "build.rs"
license = "MIT"
license-file = "LICENSE"
readme = "README.md"
default-run = "tool"
resolver = "2"
autobins = false
include = ["src/**"]
exclude = ["!x"]
keywords = ["a"]
publish = ["mine"]
metadata.docs.rs = {{ features = ["fast"], targets = ["x"] }}
[features]
default = ["fast"]
fast = ["dep:store", "store/fast", "store?/fast", "other"]
[dependencies]
plain = "1"
store = {_DEPENDENCY}
[dev-dependencies]
store.path = "../store"
[build_dependencies]
store.workspace = true
[target."cfg(unix)".dependencies]
store.path = "../store"
[patch.mine]
store.path = "../store"
[replace]
"store:0.1.0" = {{ path = "../store" }}
[profile]
x.inherits = "dev"
release = {{ lto = "thin", panic = "abort", package.store.opt-level = 3 }}
[lints]
workspace = true
rust = {{ unsafe_code = "deny", unused = {{ level = "warn", priority = -1 }} }}
[workspace]
members = ["crates/*"]
exclude = ["crates/old"]
default-members = ["crates/api"]
resolver = "2"
package = {{ version = "0.1.0", edition = "2021" }}
dependencies.store = {{ path = "crates/store", features = ["fast"], default-features = false }}
lints.rust.unsafe_code = "deny"
lints.clippy.all = {{ level = "warn", priority = -1 }}
metadata.release.x = 1
"""
_MAKEFILE = """
extend = [{ path = "build/Makefile.toml", optional = true }, "Makefile.toml"]
env_files = ["a.env", { path = "b.env", profile = "x" }]
env_scripts = ["echo"]
[config]
skip_core_tasks = true
default_to_workspace = false
min_version = "0.37"
modify_core_tasks = { namespace = "n", private = true }
additional_profiles = ["a"]
load_script = "x"
on_error_task = "one"
main_project_member = "api"
[env]
A = "1"
B = "${A}"
CARGO_TARGET_DIR = "t"
C = { script = ["echo"] }
D = { value = "x", condition = { env_set = ["A"] } }
E = { source = "${A}", mapping = { x = "y" } }
ci = { A = "2" }
[plugins.impl.p]
script = "x"
alias = "q"
[tasks.two]
dependencies = ["one"]
[tasks.base]
alias = "two"
[tasks.one]
description = "x"
category = "y"
extend = "base"
dependencies = ["one", { name = "two", path = "x" }]
command = "cargo"
args = ["test", "-p", "api", "--features", "fast", "--bin", "tool", "--profile", "x"]
script = ["cargo run -p store", "cargo make one"]
script_runner = "@duckscript"
run_task = { name = ["one"], fork = true }
alias = "one"
linux_alias = "one"
linux = { command = "cargo", args = ["build"] }
env = { A = "${B}", CARGO_TARGET_DIR = "t" }
env_files = ["x.env"]
condition = { profiles = ["ci"], env_set = ["A"], platforms = ["linux"] }
condition_script = ["exit 0"]
clear = true
private = true
disabled = false
workspace = false
cwd = "crates/api"
plugin = "p"
watch = { watch = ["src"] }
install_crate = { crate_name = "x", min_version = "1" }
toolchain = "stable"
"""
_CONFIG = """
paths = ["../x"]
[build]
target-dir = "t"
rustflags = ["-D"]
target = ["x"]
[alias]
x = ["run", "-p", "api"]
y = "test"
[env]
A = "1"
B = { value = "x", relative = true, force = true }
[profile.release]
lto = true
[registries.mine]
index = "x"
[source.mine]
replace-with = "other"
[patch.mine]
store.path = "x"
"""
_LOCK = """
version = 4
[[package]]
name = "api"
version = "0.1.0"
dependencies = ["store"]
[[package]]
name = "store"
version = "0.1.0"
source = "registry+x"
checksum = "1"
"""
_LIBRARY = """
package = { name = "store", version = "0.1.0" }
features.fast = []
"""
_TOOLCHAIN = """
toolchain = { channel = "1.80", components = ["x"], targets = ["y"] }
"""

WHOLE: Mapping[str, Tree] = {
    path: tomllib.loads(text)
    for path, text in (
        ("Cargo.toml", _MANIFEST),
        ("crates/api/Cargo.toml", _MANIFEST),
        ("crates/store/Cargo.toml", _LIBRARY),
        ("Makefile.toml", _MAKEFILE),
        ("build/Makefile.toml", _MAKEFILE),
        (".cargo/config.toml", _CONFIG),
        ("Cargo.lock", _LOCK),
        ("rust-toolchain.toml", _TOOLCHAIN),
    )
}
"""Path -> manifest."""
