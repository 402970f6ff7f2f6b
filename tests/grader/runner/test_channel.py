"""Frames move whole, before one deadline, or not at all."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.runner.channel import Closed, DeadlineExceeded, pending, receive, send
from grader.runner.wire import MAGIC, PREFIX, Limits, WireError, decode, encode

Pair = tuple[socket.socket, socket.socket]
SOON = 0.05
LATER = 60.0


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def within(seconds: float) -> float:
    return time.monotonic() + seconds


def large_frame() -> bytes:
    return encode(b"x" * (8 << 20))


def test_a_frame_arrives_as_it_was_sent(pair: Pair) -> None:
    ours, theirs = pair
    frame = encode({"x": [1, 2.5, "three"]})
    send(ours, frame, within(LATER))
    assert receive(theirs, within(LATER)) == frame


def test_a_frame_arrives_without_a_deadline(pair: Pair) -> None:
    ours, theirs = pair
    send(ours, encode(1))
    assert decode(receive(theirs)) == 1


def test_frames_sent_together_are_told_apart(pair: Pair) -> None:
    ours, theirs = pair
    for value in ("first", "", "third"):
        send(ours, encode(value))
    assert [decode(receive(theirs, within(LATER))) for _ in range(3)] == ["first", "", "third"]
    assert not pending(theirs)


def test_a_frame_larger_than_the_sockets_buffer_arrives_whole(pair: Pair) -> None:
    ours, theirs = pair
    frame = large_frame()
    sender = threading.Thread(target=send, args=(ours, frame, within(LATER)))
    sender.start()
    received = receive(theirs, within(LATER))
    sender.join()
    assert received == frame


class Pieces:
    """Stands for a socket whose bytes come in given pieces."""

    def __init__(self, data: bytes, cuts: list[int]) -> None:
        edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
        self.pieces = [data[a:b] for a, b in pairwise(edges) if b > a]

    def settimeout(self, seconds: float | None) -> None:
        pass

    def recv(self, count: int) -> bytes:
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        if len(piece) > count:
            self.pieces.insert(0, piece[count:])
        return piece[:count]


@given(st.lists(st.integers(0, 1000), max_size=20))
def test_a_frame_is_the_same_however_it_is_cut_on_the_way(cuts: list[int]) -> None:
    frame = encode(["some", {"values": (1, 2)}])
    assert receive(Pieces(frame, cuts)) == frame  # type: ignore[arg-type]


@given(st.integers(0, 1000))
def test_a_connection_that_ends_early_is_closed(length: int) -> None:
    frame = encode(["some", {"values": (1, 2)}])
    with pytest.raises(Closed):
        receive(Pieces(frame[: length % len(frame)], []))  # type: ignore[arg-type]


@pytest.mark.parametrize("sent", [0, 1, PREFIX.size, -1])
def test_a_frame_that_stays_incomplete_exceeds_the_deadline(pair: Pair, sent: int) -> None:
    ours, theirs = pair
    ours.sendall(encode("a frame")[:sent])
    with pytest.raises(DeadlineExceeded):
        receive(theirs, within(SOON))


def drip(connection: socket.socket, frame: bytes, pause: float, stop: threading.Event) -> None:
    for byte in frame:
        if stop.wait(pause):
            return
        connection.sendall(bytes([byte]))


@pytest.mark.parametrize(("seconds", "arrives"), [(SOON, False), (LATER, True)])
def test_the_deadline_holds_for_the_frame_and_not_for_each_byte(
    pair: Pair, seconds: float, arrives: bool
) -> None:
    ours, theirs = pair
    frame, stop = encode("drop by drop"), threading.Event()
    dripping = threading.Thread(target=drip, args=(ours, frame, 0.004, stop))
    dripping.start()
    try:
        if arrives:
            assert receive(theirs, within(seconds)) == frame
        else:
            with pytest.raises(DeadlineExceeded):
                receive(theirs, within(seconds))
    finally:
        stop.set()
        dripping.join()


def test_a_deadline_that_has_passed_is_exceeded_at_once(pair: Pair) -> None:
    ours, theirs = pair
    ours.sendall(encode(1))
    with pytest.raises(DeadlineExceeded):
        receive(theirs, within(-1))
    with pytest.raises(DeadlineExceeded):
        send(ours, encode(2), within(-1))
    assert decode(receive(theirs, within(LATER))) == 1
    assert not pending(theirs)


def test_nobody_reading_exceeds_the_deadline(pair: Pair) -> None:
    with pytest.raises(DeadlineExceeded):
        send(pair[0], large_frame(), within(SOON))


def test_a_peer_that_is_gone_is_closed(pair: Pair) -> None:
    ours, theirs = pair
    theirs.close()
    with pytest.raises(Closed):
        receive(ours, within(LATER))
    with pytest.raises(Closed):
        send(ours, encode(1), within(LATER))


def test_a_peer_that_goes_in_the_middle_of_a_frame_is_closed(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(encode("a frame")[:-1])
    theirs.close()
    with pytest.raises(Closed):
        receive(ours, within(LATER))


def test_what_was_sent_before_closing_is_still_received(pair: Pair) -> None:
    ours, theirs = pair
    send(theirs, encode("last words"))
    theirs.close()
    assert decode(receive(ours, within(LATER))) == "last words"


def test_ones_own_closed_end_is_closed_too(pair: Pair) -> None:
    ours, _ = pair
    ours.close()
    with pytest.raises(Closed):
        receive(ours, within(LATER))
    with pytest.raises(Closed):
        send(ours, encode(1), within(LATER))
    assert not pending(ours)


@pytest.mark.parametrize(("header", "body"), [(101, 0), (0, 201), (2**32 - 1, 2**64 - 1)])
def test_a_length_beyond_the_limits_is_refused_before_it_comes(
    pair: Pair, header: int, body: int
) -> None:
    ours, theirs = pair
    ours.sendall(PREFIX.pack(MAGIC, header, body))
    with pytest.raises(WireError):
        receive(theirs, within(LATER), Limits(header=100, frame=200))


def test_a_length_at_the_limits_is_waited_for(pair: Pair) -> None:
    ours, theirs = pair
    ours.sendall(PREFIX.pack(MAGIC, 100, 200))
    with pytest.raises(DeadlineExceeded):
        receive(theirs, within(SOON), Limits(header=100, frame=200))


def test_the_default_limits_bound_a_frame(pair: Pair) -> None:
    ours, theirs = pair
    ours.sendall(PREFIX.pack(MAGIC, 2, Limits().frame + 1))
    with pytest.raises(WireError):
        receive(theirs, within(LATER))


def test_noise_is_no_frame(pair: Pair) -> None:
    ours, theirs = pair
    ours.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    with pytest.raises(WireError):
        receive(theirs, within(LATER))


def test_waiting_bytes_are_pending_and_stay(pair: Pair) -> None:
    ours, theirs = pair
    assert not pending(theirs)
    send(ours, encode("waiting"))
    assert pending(theirs)
    assert pending(theirs)
    assert decode(receive(theirs, within(LATER))) == "waiting"
    assert not pending(theirs)


def test_nothing_is_pending_from_a_peer_that_is_gone(pair: Pair) -> None:
    ours, theirs = pair
    theirs.close()
    assert not pending(ours)


def test_asking_what_is_pending_leaves_the_deadline_to_work(pair: Pair) -> None:
    assert not pending(pair[0])
    with pytest.raises(DeadlineExceeded):
        receive(pair[0], within(SOON))
