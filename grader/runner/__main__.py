"""A runner that was not forked: `python -I -m grader.runner FD BACKEND DEVICE SECONDS`.

For CUDA, and for systems without a safe fork. It has resource limits and no confinement, which the
result says.
"""

from __future__ import annotations

import os
import socket
import sys
import warnings


def main() -> None:
    """Answer frames on the descriptor given until the judge hangs up."""
    descriptor, backend_name, device, seconds = sys.argv[1:5]
    connection = socket.socket(fileno=int(descriptor))
    os.set_inheritable(connection.fileno(), False)

    from grader.runner import limits
    from grader.runner.backend import Backend
    from grader.runner.channel import Closed, receive, send
    from grader.runner.session import Session
    from grader.runner.wire import encode

    warnings.simplefilter("ignore")
    backend = Backend(backend_name, device)
    try:
        backend.preload()
    except Exception as error:
        send(connection, encode({"ready": False, "why": f"{type(error).__name__}: {error}"[:500]}))
        return
    applied = limits.apply(int(seconds), memory=device == "cpu")
    session = Session(backend)
    try:
        send(connection, encode({"ready": True, "limits": applied, "layers": []}))
        while True:
            send(connection, session.reply(receive(connection)))
    except Closed:
        return


main()
