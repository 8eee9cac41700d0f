"""Describe the user's application, so that the harness can refuse what can't work before anything runs.

python -m tqbench.application SPEC: the specification is a JSON file; the answer is written to its "out".
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import traceback
from pathlib import Path
from typing import Any

OLDEST = (3, 8)


def failure(error: BaseException, path: str) -> dict[str, str]:
    """Describe why an application can't be loaded, with the last place in its own code."""
    frames = traceback.extract_tb(error.__traceback__)
    root = os.path.realpath(path) + os.sep
    inside = [
        f for f in frames if os.path.isfile(f.filename) and os.path.realpath(f.filename).startswith(root)
    ]
    text = str(error) or type(error).__name__
    found = {"kind": type(error).__name__, "text": text.strip().splitlines()[0]}
    if isinstance(error, SyntaxError) and error.filename:
        found["file"], found["line"] = error.filename, str(error.lineno)
    elif inside:
        found["file"], found["line"] = inside[-1].filename, str(inside[-1].lineno)
    if isinstance(error, KeyError) and frames and Path(frames[-1].filename).name in ("os.py", "<frozen os>"):
        found["variable"] = str(error.args[0])
    if isinstance(error, ModuleNotFoundError) and error.name:
        found["module"] = error.name
    return found


def binding(app: Any, task: str, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the calls whose arguments a task doesn't take, with the reason."""
    takes = app.signature(task)

    def refusal(call: dict[str, Any]) -> str:
        try:
            takes.bind(*call["args"], **call["kwargs"])
        except TypeError as error:
            return str(error)
        return ""

    reasons = [(i + 1, refusal(call)) for i, call in enumerate(calls)]
    return [{"call": i, "why": why, "takes": str(takes)} for i, why in reasons if why]


def described(spec: dict[str, Any]) -> dict[str, Any]:
    """Load the application, and describe it or what hinders that."""
    found: dict[str, Any] = {"python": platform.python_version()}
    try:
        if sys.version_info < OLDEST:
            raise SystemExit(f"Python {found['python']} is too old: tqbench's hooks need 3.8 or later")
        importlib.import_module("tqbench.client")  # which sends in this interpreter
        app: Any = importlib.import_module(spec["app"])
        found["version"], found["names"] = app.VERSION, sorted(app.names())
        found["settings"] = app.settings
        if spec["task"] in found["names"]:
            found["unbound"] = binding(app, spec["task"], spec["calls"])
            found["unlike"] = app.unlike(spec["task"])
    except BaseException as error:  # an application may raise anything, and exit
        found["error"] = failure(error, spec["path"])
    return found


def main() -> None:
    """Follow the specification whose path is on the command line."""
    spec: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    part = Path(spec["out"] + ".part")
    part.write_text(json.dumps(described(spec)))
    part.rename(spec["out"])
    # The application may have started threads that would keep the process.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
