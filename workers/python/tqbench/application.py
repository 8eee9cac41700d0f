"""Describe the user's application, so that the harness can refuse what can't work before anything runs.

python -m tqbench.application SPEC: the specification is a JSON file; the answer is written to its "out".
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import platform
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, Iterator

OLDEST = (3, 8)


def inside(file: str, path: str) -> bool:
    """Report whether a file is the application's, and not of a package in a folder of it."""
    real = os.path.realpath(file)
    within = real.startswith(os.path.realpath(path) + os.sep)
    return within and os.path.isfile(file) and "site-packages" not in real


def modules() -> Iterator[ModuleType]:
    """Return the application's loaded modules: those of its folder."""
    for module in list(sys.modules.values()):
        if inside(getattr(module, "__file__", None) or "", os.environ["TQBENCH_APP_PATH"]):
            yield module


def cause(error: BaseException, path: str) -> BaseException:
    """Return the first error of a chain that came from the application's own code, or the error itself."""
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None and before not in chain:
        chain.append(before)

    def own(e: BaseException) -> bool:
        return any(inside(f.filename, path) for f in traceback.extract_tb(e.__traceback__))

    return next((e for e in reversed(chain) if own(e)), error)


def failure(error: BaseException, path: str) -> dict[str, str]:
    """Describe why an application can't be loaded, with the last place in its own code."""
    error = cause(error, path)
    frames = traceback.extract_tb(error.__traceback__)
    its = [f for f in frames if inside(f.filename, path)]
    text = str(error) or type(error).__name__
    found = {"kind": type(error).__name__, "text": text.strip().splitlines()[0]}
    if isinstance(error, SyntaxError) and error.filename:
        found["file"], found["line"] = error.filename, str(error.lineno)
    elif its:
        found["file"], found["line"] = its[-1].filename, str(its[-1].lineno)
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


def packages() -> list[dict[str, str]]:
    """Return the packages of this interpreter, each once: the first found is the one that is imported."""
    found: dict[str, str] = {}
    for package in importlib.metadata.distributions():
        name: str | None = package.metadata["Name"]
        if name:
            found.setdefault(name, package.version)
    return [{"name": name, "version": found[name]} for name in sorted(found)]


def described(spec: dict[str, Any]) -> dict[str, Any]:
    """Load the application, and describe it or what hinders that."""
    found: dict[str, Any] = {"python": platform.python_version()}
    try:
        if sys.version_info < OLDEST:
            raise SystemExit(f"Python {found['python']} is too old: tqbench's hooks need 3.8 or later")
        importlib.import_module("tqbench.client")  # which sends in this interpreter
        app: Any = importlib.import_module(spec["app"])
        found["version"], found["names"] = app.VERSION, sorted(app.names())
        found["settings"], found["packages"] = app.settings, packages()
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
