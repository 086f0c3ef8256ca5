"""Where cargo and cargo-make are, and the closed environment in which they run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.kit.environment import hermetic_environment
from tests.verify.registry import write_sources

TOOLCHAIN = "1.95.0"
CARGO_MAKE = "0.37.24"
_FOREIGN = ("CARGO", "RUST", "MAKE", "MFLAGS")


class ToolsMissingError(Exception):
    """Nothing can be verified here; says why."""


@dataclass(frozen=True)
class Tools:
    """What the commands of the fixtures run with; ``cargo_make`` is None where there is none, for the reason given."""

    environment: Mapping[str, str]
    cargo: str
    cargo_make: str | None
    reason: str = ""

    def has_toolchain(self) -> bool:
        """Return whether a ``rust-toolchain.toml`` can choose the toolchain that the fixtures name."""
        try:
            _said(["rustup", "run", TOOLCHAIN, "cargo", "--version"], self.environment)
        except (OSError, subprocess.CalledProcessError):
            return False
        return True


def tools_for(scratch: Path) -> Tools:
    """Return the tools, with a home, a ``CARGO_HOME`` and sources of their own below ``scratch``."""
    kept = Path(os.environ.get("GATEKEEPER_TOOLS") or _caches() / "gatekeeper-tools")
    write_sources(scratch)
    environment = closed_environment(scratch, kept)
    try:
        cargo = _said(["cargo", "--version"], environment)
    except (OSError, subprocess.CalledProcessError) as error:
        toolchain = environment["RUSTUP_TOOLCHAIN"]
        message = f"cargo {toolchain} does not run here; install it, or name another toolchain in RUSTUP_TOOLCHAIN"
        raise ToolsMissingError(message) from error
    try:
        return Tools(environment, cargo, _said(["cargo", "make", "--version"], environment))
    except (OSError, subprocess.CalledProcessError):
        reason = _install(kept)
    if reason:
        return Tools(environment, cargo, None, reason)
    return Tools(environment, cargo, _said(["cargo", "make", "--version"], environment))


def closed_environment(scratch: Path, kept: Path) -> dict[str, str]:
    """Return an environment in which nothing of the user's decides, and nothing is fetched."""
    inherited = hermetic_environment(scratch / "home")
    environment = {name: value for name, value in inherited.items() if not name.startswith(_FOREIGN)}
    return environment | {
        "CARGO_HOME": str(scratch / "cargo-home"),
        "CARGO_INCREMENTAL": "0",
        "CARGO_MAKE_DISABLE_UPDATE_CHECK": "true",
        "CARGO_NET_OFFLINE": "true",
        "CARGO_TERM_COLOR": "never",
        "GIT_CONFIG_GLOBAL": str(scratch / "gitconfig"),
        "PATH": os.pathsep.join([str(kept / "bin"), environment.get("PATH", os.defpath)]),
        "RUSTUP_AUTO_INSTALL": "0",
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME") or str(Path.home() / ".rustup"),
        "RUSTUP_TOOLCHAIN": os.environ.get("RUSTUP_TOOLCHAIN") or TOOLCHAIN,
    }


def _install(kept: Path) -> str:
    """Install cargo-make, with the user's own settings for the crate registry; return why that failed, if it did."""
    sys.stderr.write(f"installing cargo-make {CARGO_MAKE} into {kept} (once)\n")
    toolchain = os.environ.get("RUSTUP_TOOLCHAIN") or TOOLCHAIN
    done = subprocess.run(
        ["cargo", "install", "cargo-make", "--version", CARGO_MAKE, "--locked", "--root", str(kept)],
        env=os.environ | {"RUSTUP_TOOLCHAIN": toolchain},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    if done.returncode == 0:
        return ""
    sys.stderr.write(done.stderr)
    return "cargo-make is not here, and the crate registry did not give it"


def _said(command: list[str], environment: Mapping[str, str]) -> str:
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        raise FileNotFoundError(command[0])
    done = subprocess.run(
        [program, *command[1:]], env=dict(environment), capture_output=True, encoding="utf-8", check=True
    )
    return done.stdout.strip()


def _caches() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
