"""Moves frames over a connected stream socket, with one deadline per frame."""

from __future__ import annotations

import socket
import time

from grader.runner.wire import PREFIX, Limits, WireError, frame_length


class Closed(Exception):
    """The other side is gone."""


class DeadlineExceeded(Exception):
    """The frame was not complete in time."""


def send(connection: socket.socket, frame: bytes, deadline: float | None = None) -> None:
    """Send one frame before `deadline` (`time.monotonic()` seconds).

    Raises:
        Closed: the other side is gone.
        DeadlineExceeded: it does not read.
    """
    try:
        connection.settimeout(_left(deadline))
        connection.sendall(frame)
    except TimeoutError:
        raise DeadlineExceeded from None
    except OSError:
        raise Closed from None


def receive(
    connection: socket.socket, deadline: float | None = None, limits: Limits | None = None
) -> bytes:
    """Receive exactly one frame before `deadline`, however slowly its bytes come.

    Raises:
        Closed: the other side is gone.
        DeadlineExceeded: time is up.
        WireError: the announced length is beyond the limits.
    """
    prefix = _exactly(connection, PREFIX.size, deadline)
    return prefix + _exactly(connection, frame_length(prefix, limits or Limits()), deadline)


def pending(connection: socket.socket) -> bool:
    """Whether unread bytes are waiting: a runner that speaks before it is asked breaks protocol."""
    try:
        connection.settimeout(0)
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    except OSError:
        return False


def _exactly(connection: socket.socket, count: int, deadline: float | None) -> bytes:
    chunks: list[bytes] = []
    while count:
        try:
            connection.settimeout(_left(deadline))
            chunk = connection.recv(min(count, 1 << 20))
        except TimeoutError:
            raise DeadlineExceeded from None
        except OSError:
            raise Closed from None
        if not chunk:
            raise Closed
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise DeadlineExceeded
    return left


__all__ = ["Closed", "DeadlineExceeded", "WireError", "pending", "receive", "send"]
