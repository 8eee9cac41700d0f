"""Print what the bodies of tasks compute, and run those that call the mock API or enqueue.

The functions of each language's counterpart of this program are those of its task bodies.
"""

import json

from tqbench import tasks

sent: list[list[object]] = []


def send(name: str, seq: int, *args: object) -> None:
    """Note what a task enqueues."""
    sent.append([name, seq, *args])


tasks.outbox.send = send
for name, seq, *args in json.loads(open("calls.json").read()):
    try:
        tasks.BODIES[name](seq, *args)
    except RuntimeError:
        pass  # the record has it
print(
    json.dumps(
        {
            "digest": tasks.digested(3).hex(),
            "derived": tasks.derived(1000).hex(),
            "multiplied": tasks.multiplied(3000),
            "document": tasks.ITEMS,
            "parsed": tasks.parsed(tasks.ITEMS),
            "rounds": tasks.ROUNDS,
            "sent": sent,
        }
    )
)
