"""AsyncTasQ's own worker command, which also tells of each task that the harness did not send.

A message names any module and any function, and the worker imports the one and calls the other.
"""

import sys
from typing import Any

from asynctasq.cli.main import main

from tqbench import tasks
from tqbench.asynctasq_watch import watch

APPS = ("tqbench.asynctasq_app", "tqbench.asynctasq_thread_app", "tqbench.asynctasq_process_app")


def ours(made: Any) -> bool:
    """Tell whether a task is one that an app registers, which can always be made."""
    what = getattr(made, "func", None) or made.__class__
    return getattr(what, "__module__", "") in APPS and getattr(what, "__name__", "") in tasks.BODIES


if __name__ == "__main__":
    watch(ours)
    sys.exit(main())
