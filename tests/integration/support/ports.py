"""Free loopback ports, and waiting for somebody to listen on them."""

import random
import socket
import time

LOOPBACK = "127.0.0.1"

# Below the range from which Linux takes ports for outgoing connections (32768 and up), so that a
# port found free here is not taken by somebody's client before our server binds it.
FIRST, LAST = 20000, 32000

_given = set()


def _is_free(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                return False
    return True


def free_port():
    """A port that is free for TCP and UDP and was not given out before by this process."""
    for _ in range(10000):
        port = random.randint(FIRST, LAST)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise RuntimeError(f"no free port between {FIRST} and {LAST}")


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


def wait_for_port(port, what, process=None, timeout_seconds=20.0):
    """Waits until the port accepts connections; stops at once when `process` has ended."""

    def up():
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"{what} ended with status {process.returncode}")
        return is_listening(port)

    wait_until(up, f"{what} does not listen on port {port}", timeout_seconds)
