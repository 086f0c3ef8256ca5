"""What the six agents of the first look do to the example workspace."""

from __future__ import annotations

from edits import Agent, Delete, Replace, Write

BUILD_CONFIG = Agent(
    "build-config-optimizer",
    "Keep the target directory of the check task apart",
    "builds `check` apart, adds `headless` to the feature `integration`",
    (
        Replace(
            "Makefile.toml",
            'args = ["check", "--workspace"]\n',
            'args = ["check", "--workspace"]\nenv = { CARGO_TARGET_DIR = "target/check" }\n',
        ),
        Replace(
            "Makefile.toml",
            'args = ["test", "--workspace"]',
            'args = ["test", "--workspace", "--all-features"]',
        ),
        Replace(
            "crates/quarry-export/Cargo.toml", 'integration = ["minimal"]', 'integration = ["minimal", "headless"]'
        ),
    ),
)

INCREMENTAL_BUILD = Agent(
    "incremental-build-optimizer",
    "Fold quarry-utils into the command line, share build output",
    "deletes the crate quarry-utils, builds into /srv/quarry-target",
    (
        Delete("crates/quarry-utils"),
        Replace("Cargo.toml", '    "crates/quarry-utils",\n', ""),
        Replace("crates/quarry-cli/Cargo.toml", 'quarry-utils = { path = "../quarry-utils" }\n', ""),
        Replace("crates/quarry-cli/src/main.rs", "use quarry_utils::counted;\n", ""),
        Replace(
            "crates/quarry-cli/src/main.rs",
            "fn main() -> ExitCode {",
            "fn counted(count: usize, noun: &str) -> String {\n"
            '    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })\n'
            "}\n\n"
            "fn main() -> ExitCode {",
        ),
        Replace("Cargo.lock", ' "quarry-store",\n "quarry-utils",\n]', ' "quarry-store",\n]'),
        Replace("Cargo.lock", '\n[[package]]\nname = "quarry-utils"\nversion = "0.4.0"\n', ""),
        Replace("Makefile.toml", "[env]\n", '[env]\nCARGO_TARGET_DIR = "/srv/quarry-target"\n'),
    ),
)

DEPENDENCIES = Agent(
    "dependency-optimizer",
    "Make the debug build part of the integration feature",
    "adds `debug-fast` to `integration`, writes exported lines faster",
    (
        Replace(
            "crates/quarry-export/Cargo.toml", 'integration = ["minimal"]', 'integration = ["minimal", "debug-fast"]'
        ),
        Replace(
            "crates/quarry-export/src/lib.rs",
            r'text.push_str(&format!("{} {} {}\n", fact.subject, fact.relation, fact.object));',
            r'text += &format!("{} {} {}\n", fact.subject, fact.relation, fact.object);',
        ),
    ),
)

CODE = Agent(
    "code-optimizer",
    "Describe what a query found, write lines without copies",
    "starts to use quarry-utils, writes exported lines faster in another way",
    (
        Replace(
            "crates/quarry-query/Cargo.toml",
            "quarry-store.workspace = true\n",
            'quarry-store.workspace = true\nquarry-utils = { path = "../quarry-utils" }\n',
        ),
        Replace(
            "Cargo.lock",
            ' "quarry-store",\n "quarry-testkit",\n]',
            ' "quarry-store",\n "quarry-testkit",\n "quarry-utils",\n]',
        ),
        Replace(
            "crates/quarry-query/src/lib.rs",
            "#[cfg(test)]",
            "/// Says how many facts were found.\n"
            "pub fn describe(found: &[&Fact]) -> String {\n"
            '    quarry_utils::counted(found.len(), "fact")\n'
            "}\n\n"
            "#[cfg(test)]",
        ),
        Replace(
            "crates/quarry-export/src/lib.rs",
            r'text.push_str(&format!("{} {} {}\n", fact.subject, fact.relation, fact.object));',
            r'text.extend([&fact.subject, " ", &fact.relation, " ", &fact.object, "\n"]);',
        ),
        Replace(
            "Cargo.toml",
            'semicolon_if_nothing_returned = "warn"\n',
            'semicolon_if_nothing_returned = "warn"\nformat_push_string = "warn"\n',
        ),
    ),
)

TESTS = Agent(
    "test-optimizer",
    "Run every test even after one failed, forbid dbg! in tests",
    "edits the task `test`; not committed: `check`, and /srv/quarry-target",
    (
        Replace("Makefile.toml", 'args = ["test", "--workspace"]', 'args = ["test", "--workspace", "--no-fail-fast"]'),
        Replace(
            "Cargo.toml",
            'semicolon_if_nothing_returned = "warn"\n',
            'semicolon_if_nothing_returned = "warn"\ndbg_macro = "deny"\n',
        ),
    ),
    uncommitted=(
        Replace("Makefile.toml", 'args = ["check", "--workspace"]', 'args = ["check", "--workspace", "--all-targets"]'),
        Write(".claude/settings.json", '{\n  "env": {\n    "CARGO_TARGET_DIR": "/srv/quarry-target"\n  }\n}\n'),
    ),
)

VALIDATION = Agent(
    "production-validator",
    "Record what has to hold before a release",
    "writes down what has to hold before a release",
    (
        Write(
            "docs/validation.md",
            "# Before a release\n\n- `cargo make pre-commit` passes.\n- The first build takes at most 15 seconds.\n",
        ),
    ),
)

AGENTS = (BUILD_CONFIG, INCREMENTAL_BUILD, DEPENDENCIES, CODE, TESTS, VALIDATION)
