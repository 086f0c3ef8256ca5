"""The command line, started as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent


def gatekeeper(*arguments: str | bytes, cwd: Path | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run ``gatekeeper`` in a process of its own."""
    options: dict[str, Any] = {"capture_output": True, "text": True, "encoding": "utf-8"} | more
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | options.pop("env", {})
    command = [sys.executable, "-m", "gatekeeper", *arguments]
    return subprocess.run(command, cwd=cwd, check=False, env=environment, **options)


def python(program: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program that imports the package."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, encoding="utf-8", env=environment
    )
