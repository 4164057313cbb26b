"""Free loopback ports, and waiting for somebody to listen on them."""

import random
import socket
import time

LOOPBACK = "127.0.0.1"

# Below the range from which Linux takes ports for outgoing connections (32768 and up), so that a
# port found free here is not taken by somebody's client before our server binds it.
FIRST, LAST = 20000, 32000
# Each process that runs tests takes whole blocks for itself: a port that looks free may be one that a
# server of another process is about to bind.
BLOCK_SIZE = 500

_marks = []  # sockets that say which blocks are ours
_left = []  # ports of our blocks that were not given out yet


def _take_block():
    """The ports of a block that no process has, in random order.

    A name of an abstract socket marks it: such a name has one owner in each network namespace, as a
    port has, and is free again when that process ends, however it ends.
    """
    blocks = list(range(FIRST, LAST, BLOCK_SIZE))
    random.SystemRandom().shuffle(blocks)  # a test may have set the seed of the other
    for first in blocks:
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind(f"\0postern-test-ports-{first}")
        except OSError:
            mark.close()
            continue
        _marks.append(mark)
        found = list(range(first, first + BLOCK_SIZE))
        random.SystemRandom().shuffle(found)
        return found
    raise RuntimeError(f"other test processes have all ports between {FIRST} and {LAST}")


def _is_free(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                return False
    return True


def free_port():
    """A port that is free for TCP and UDP, and that no process of tests was given before."""
    while True:
        if not _left:
            _left.extend(_take_block())
        port = _left.pop()
        if _is_free(port):
            return port


def is_listening(port, host=LOOPBACK):
    """Whether a TCP connection to the port is accepted."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def wait_until(condition, what, timeout_seconds=20.0, step_seconds=0.02):
    """Polls until `condition()` is true and returns its value; TimeoutError says `what` is missing.

    `what` may be a function, called only for the message.
    """
    end = time.monotonic() + timeout_seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            text = what() if callable(what) else what
            raise TimeoutError(f"waited {timeout_seconds:g} s: {text}")
        time.sleep(step_seconds)


def ends_of(logs):
    """How these files end, for the message of an error; nothing of those that are not there."""
    return "".join(f"; {path.name} ends: {path.read_text(errors='replace')[-1000:].strip()}"
                   for path in logs if path.exists())  # fmt: skip


def check_running(process, what, logs=()):
    """RuntimeError when the process has ended, with what its logs say."""
    if process.poll() is not None:
        raise RuntimeError(f"{what} ended with status {process.returncode}{ends_of(logs)}")


def wait_for_port(port, what, process=None, timeout_seconds=60.0, logs=()):
    """Waits until the port accepts connections; stops at once when `process` has ended.

    `logs`: files whose ends belong into the error.
    """

    def up():
        if process is not None:
            check_running(process, what, logs)
        return is_listening(port)

    def missing():
        return f"{what} does not listen on port {port}{ends_of(logs)}"

    wait_until(up, missing, timeout_seconds)
