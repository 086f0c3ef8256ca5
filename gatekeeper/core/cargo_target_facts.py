"""The facts of a ``Cargo.toml`` about what is compiled from which file: targets, build script, readme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.symbols import FactCollector, How, Kind
from gatekeeper.core.tree_paths import directory_of, join, resolve
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath

LIB = "lib"
BIN = "bin"
MAIN = "src/main.rs"
"""The binary that has the name of its package."""
DIRECTORIES = {BIN: "src/bin", "test": "tests", "example": "examples", "bench": "benches"}
"""Where cargo looks for targets of each kind by itself."""

_SWITCHES = {LIB: "autolib", BIN: "autobins", "test": "autotests", "example": "autoexamples", "bench": "autobenches"}
_LINKABLE = frozenset({"lib", "rlib", "dylib", "proc-macro"})


def automatic_paths(directory: str, kind: str, name: str, package: str | None) -> tuple[str, ...]:
    """Return where cargo looks for the target in ``directory`` when no path is spelled out."""
    if kind == LIB:
        return (join(directory, "src/lib.rs"),)
    place = DIRECTORIES[kind]
    main = (join(directory, MAIN),) if kind == BIN and name == package else ()
    return (*main, join(directory, f"{place}/{name}.rs"), join(directory, f"{place}/{name}/main.rs"))


def collect_targets(tree: Mapping[str, Value], collector: FactCollector) -> None:
    """Collect what the manifest ``tree`` says of its targets and of the files that it names."""
    if isinstance(tree.get("package"), dict):
        _Targets(tree, collector).collect()
    _collect_readme(tree, collector)


class _Targets:
    def __init__(self, tree: Mapping[str, Value], collector: FactCollector) -> None:
        self.tree = tree
        self.out = collector
        self.directory = directory_of(collector.path)
        self.package = table(tree.get("package"))
        name = self.package.get("name")
        self.name = name if isinstance(name, str) else None
        self.is_2015 = self.package.get("edition", "2015") == "2015"

    def collect(self) -> None:
        self.collect_library()
        for kind in DIRECTORIES:
            for key, name, body in self.targets(kind):
                self.collect_target(kind, key, name, body)
        for kind, switch in _SWITCHES.items():
            if self.package.get(switch) is False:
                self.out.define(Kind.AUTO_OFF, (self.directory, kind), ("package", switch), False)  # noqa: FBT003
            elif kind != LIB and switch not in self.package and table(self.tree.get(kind)):
                # In edition 2015, a target that is spelled out turns the search for its kind off.
                if self.is_2015:
                    self.out.define(Kind.AUTO_OFF, (self.directory, kind), (kind,))
                elif table(self.package.get("edition")).get("workspace") is True:
                    self.out.define(Kind.AUTO_OFF_IN_2015, (self.directory, kind), (kind,))
        self.collect_build_script()
        run = self.package.get("default-run")
        if isinstance(run, str):
            self.out.refer(Kind.DEFAULT_RUN, (self.directory, run), ("package", "default-run"), How.RUN, run)

    def targets(self, kind: str) -> Iterator[tuple[KeyPath, str, dict[str, Value]]]:
        for identity, body in table(self.tree.get(kind)).items():
            name = body.get("name") if isinstance(body, dict) else None
            if isinstance(body, dict) and isinstance(name, str) and name:
                yield (kind, identity), name, body

    def collect_target(self, kind: str, key: KeyPath, name: str, body: dict[str, Value]) -> None:
        path = self.collect_path(kind, key, name, body)
        if path is None:
            return
        candidates: tuple[str, ...] = (path,)
        if not path:
            candidates = automatic_paths(self.directory, kind, name, self.name)
            if kind == BIN and self.is_2015:
                legacy = (f"src/{name}.rs", "src/main.rs", "src/bin/main.rs")
                candidates += tuple(join(self.directory, place) for place in legacy)
        self.out.refer(Kind.NEEDED_FILE, candidates, key, How.TARGET_FILE, path or name)

    def collect_path(self, kind: str, key: KeyPath, name: str, body: dict[str, Value]) -> str | None:
        """Note the target; return the path that it spells out, "" where it does not, None where it leaves the tree."""
        spelled = body.get("path")
        path = resolve(self.directory, spelled) if isinstance(spelled, str) else ""
        self.out.define(Kind.TARGET, (self.directory, kind, name, path or ""), key, body)
        if path:
            self.out.define(Kind.TARGET_PATH, (path,), key, spelled if isinstance(spelled, str) else None)
        return path

    def collect_library(self) -> None:
        library = self.tree.get(LIB)
        body = table(library)
        name = body.get("name")
        if isinstance(name, str):
            self.out.define(Kind.LIBRARY, (self.directory, name), (LIB, "name"), name)
        elif self.name is not None:
            self.out.define(Kind.LIBRARY, (self.directory, self.name.replace("-", "_")), ("package", "name"), self.name)
        if not isinstance(library, dict):
            return
        path = self.collect_path(LIB, (LIB,), "", library)
        if path is not None:
            candidates: tuple[str, ...] = (path,) if path else (join(self.directory, "src/lib.rs"),)
            if not path and self.is_2015 and self.name is not None:
                candidates += (join(self.directory, f"src/{self.name}.rs"),)
            self.out.refer(Kind.NEEDED_FILE, candidates, (LIB,), How.LIBRARY_FILE, path or "[lib]")
        kinds = strings(body.get("crate-type"))
        if kinds and _LINKABLE.isdisjoint(kinds):
            self.out.define(Kind.UNLINKABLE, (self.directory,), (LIB, "crate-type"), list(kinds))

    def collect_build_script(self) -> None:
        build = self.package.get("build")
        key = ("package", "build")
        if build is False:
            self.out.define(Kind.BUILD_OFF, (self.directory,), key, build)
        script = "build.rs" if build is True else build
        path = resolve(self.directory, script) if isinstance(script, str) else None
        if path:
            self.out.refer(Kind.NEEDED_FILE, (path,), key, How.BUILD_SCRIPT, str(script))


def _collect_readme(tree: Mapping[str, Value], collector: FactCollector) -> None:
    for key in (("package",), ("workspace", "package")):
        fields = table(tree.get(key[0]))
        if len(key) > 1:
            fields = table(fields.get(key[1]))
        readme = fields.get("readme")
        name = "README.md" if readme is True else readme
        path = resolve(directory_of(collector.path), name) if isinstance(name, str) else None
        if path:
            collector.refer(Kind.NEEDED_FILE, (path,), (*key, "readme"), How.README, str(name))
