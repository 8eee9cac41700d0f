"""Serve a module's web application with uvicorn, in one process, on a free port of loopback.

Arguments: the module, and the file for the address. The socket listens from the start, so a request
during the start-up gets its answer as soon as the application is up: no one needs to retry.
"""

import importlib
import socket
import sys
from pathlib import Path

import uvicorn


def main() -> None:
    """Follow the command line."""
    module, address = sys.argv[1:]
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    host, port = listener.getsockname()
    part = Path(f"{address}.part")
    part.write_text(f"{host}:{port}")
    part.rename(address)
    app = importlib.import_module(module).app
    # The same on both sides. By default, uvicorn takes what happens to be installed.
    config = uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
