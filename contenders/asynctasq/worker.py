"""AsyncTasQ's own worker command, which also records each task that the harness did not send.

A message names any module and any function, and the worker imports the module and calls the function.
"""

import sys
from typing import Any

from asynctasq.cli.main import main

from contenders.asynctasq.watch import watch
from tqbench import tasks

APPS = ("contenders.asynctasq.app", "contenders.asynctasq.thread", "contenders.asynctasq.process")


def ours(made: Any) -> bool:
    """Report whether an app registers a task; such a task can always be made."""
    what = getattr(made, "func", None) or made.__class__
    return getattr(what, "__module__", "") in APPS and getattr(what, "__name__", "") in tasks.BODIES


if __name__ == "__main__":
    watch(ours)
    sys.exit(main())
