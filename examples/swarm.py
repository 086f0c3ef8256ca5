"""What the agents of ``examples/build-swarm`` do, phase by phase: documents first, then edits that meet."""

from __future__ import annotations

from edits import Agent, Edit, Replace, Write

SPECIFICATION = Agent(
    "specification-validator",
    "Close the specification of the faster build",
    "what is wanted",
    tuple(
        Write(f".specify/specs/001-faster-build/{name}.ttl", f"@prefix spec: <urn:spec:> .\n\n{text}\n")
        for name, text in (
            ("feature", "<#feature> spec:title 'A faster build' ; spec:status spec:Closed ."),
            ("entities", "<#task> a spec:Entity . <#feature-list> a spec:Entity . <#crate> a spec:Entity ."),
            ("plan", "<#plan> spec:phases 3 ; spec:of <#feature> ."),
            ("tasks", "<#check> spec:within 'PT15S' . <#next-check> spec:within 'PT2S' ."),
        )
    ),
)
BENCHMARKS = Agent(
    "performance-benchmarker",
    "Record where the build stands",
    "where the build stands",
    (
        Write(
            "benchmarks/baseline-2026-01-01.json",
            '{\n  "clean_build": "120s",\n  "incremental_build": "120s",\n'
            '  "memory_peak": "1.5GB",\n  "lock_events": 42\n}\n',
        ),
    ),
)
ARCHITECTURE = Agent(
    "system-architect",
    "Say how the build is going to look",
    "how it is going to look",
    (
        Write(
            "docs/architecture.md",
            "# The build\n\nOne target directory a task, features that name what they need, crates that build apart.\n",
        ),
    ),
)
ANALYSIS = Agent(
    "code-analyzer",
    "Describe what depends on what",
    "what depends on what",
    (Write("docs/analysis.md", "# What depends on what\n\nquarry-model is below everything, quarry-cli on top.\n"),),
)

FOUNDATION = (SPECIFICATION, BENCHMARKS, ARCHITECTURE, ANALYSIS)


def checked_apart(directory: str = "target/check") -> Edit:
    """Return what lets the task `check` build into a directory of its own."""
    old = 'args = ["check", "--workspace"]\n'
    return Replace("Makefile.toml", old, f'{old}env = {{ CARGO_TARGET_DIR = "{directory}" }}\n')


def integration_with(*features: str) -> Edit:
    """Return what defines the feature `integration` of quarry-export."""
    listed = ", ".join(f'"{name}"' for name in features)
    return Replace("crates/quarry-export/Cargo.toml", 'integration = ["minimal"]', f"integration = [{listed}]")


BUILD_CONFIG = Agent(
    "build-config-optimizer",
    "Check into a target directory of its own, test without a screen",
    "gives the task `check` a directory of its own, adds `headless` to `integration`",
    (checked_apart(), integration_with("minimal", "headless")),
)
TESTS = Agent(
    "test-optimizer",
    "Check the tests too, in parallel",
    "lets `check` look at the tests too, in parallel",
    (
        Replace(
            "Makefile.toml",
            'args = ["check", "--workspace"]',
            'args = ["check", "--workspace", "--tests", "--jobs", "2"]',
        ),
    ),
)
DEPENDENCIES = Agent(
    "dependency-optimizer",
    "Make the fast debug build part of the integration feature",
    "adds `debug-fast` to `integration`",
    (integration_with("minimal", "debug-fast"),),
)
INCREMENTAL_BUILD = Agent(
    "incremental-build-optimizer",
    "Move what counts facts out of the command line",
    "moves a helper into quarry-utils, which now needs quarry-model",
    (
        Replace(
            "crates/quarry-utils/Cargo.toml",
            "[lints]\nworkspace = true\n",
            "[lints]\nworkspace = true\n\n[dependencies]\nquarry-model.workspace = true\n",
        ),
        Replace(
            "crates/quarry-utils/src/lib.rs",
            "#[cfg(test)]",
            "/// Says how many facts there are.\n"
            "pub fn facts(set: &quarry_model::FactSet) -> String {\n"
            '    counted(set.len(), "fact")\n'
            "}\n\n"
            "#[cfg(test)]",
        ),
        Replace(
            "Cargo.lock",
            'name = "quarry-utils"\nversion = "0.4.0"\n',
            'name = "quarry-utils"\nversion = "0.4.0"\ndependencies = [\n "quarry-model",\n]\n',
        ),
    ),
)
USES_UTILS: tuple[Edit, ...] = (
    Replace(
        "crates/quarry-model/Cargo.toml",
        "[lints]\nworkspace = true\n",
        '[lints]\nworkspace = true\n\n[dependencies]\nquarry-utils = { path = "../quarry-utils" }\n',
    ),
    Replace(
        "crates/quarry-model/src/lib.rs",
        "    pub fn is_empty(&self) -> bool {\n",
        "    /// Says how many facts there are.\n"
        "    pub fn summary(&self) -> String {\n"
        '        quarry_utils::counted(self.len(), "fact")\n'
        "    }\n\n"
        "    pub fn is_empty(&self) -> bool {\n",
    ),
    Replace(
        "Cargo.lock",
        'name = "quarry-model"\nversion = "0.4.0"\n',
        'name = "quarry-model"\nversion = "0.4.0"\ndependencies = [\n "quarry-utils",\n]\n',
    ),
)
CODE = Agent(
    "code-optimizer",
    "Let a set of facts say how many it has",
    "uses quarry-utils in quarry-model",
    USES_UTILS,
)
KEPT_BELOW: tuple[Edit, ...] = (
    Replace("crates/quarry-model/Cargo.toml", '\n[dependencies]\nquarry-utils = { path = "../quarry-utils" }\n', ""),
    Replace(
        "crates/quarry-model/src/lib.rs",
        '        quarry_utils::counted(self.len(), "fact")\n',
        '        format!("{} facts", self.len())\n',
    ),
    Replace(
        "Cargo.lock",
        'name = "quarry-model"\nversion = "0.4.0"\ndependencies = [\n "quarry-utils",\n]\n',
        'name = "quarry-model"\nversion = "0.4.0"\n',
    ),
)
"""How the code optimizer carries out its part of the plan."""

EARLY = (BUILD_CONFIG, DEPENDENCIES, TESTS)
LATE = (INCREMENTAL_BUILD, CODE)
IMPLEMENTATION = (*EARLY, *LATE)
