"""What postern-milter tells systemd: Type=notify, reloads, and the watchdog, which proves that it answers."""

import os
import pathlib
import signal
import socket
import time

import pytest

from milter_client import Daemon, deliver, normal_mail
from support import ports
from support.policy import Notifications

NO_DNS = {"dns": {"servers": ["127.0.0.1@9"], "timeout": "100ms", "budget": "100ms"}}
WATCHDOG_SECONDS = 4  # a sign of life is due every two


@pytest.fixture
def told(tmp_path):
    notifications = Notifications(tmp_path / "notify")
    yield notifications
    notifications.close()


def start(tmp_path, told, *prefix, watchdog=True, **options):
    variables = [f"NOTIFY_SOCKET={told.path}"]
    if watchdog:
        variables.append(f"WATCHDOG_USEC={WATCHDOG_SECONDS * 1_000_000}")
    daemon = Daemon(tmp_path, NO_DNS, unix=True, prefix=["env", *variables, *prefix], **options)
    return daemon.start()


def next_but_signs_of_life(told):
    while (message := told.next()) == "WATCHDOG=1":
        pass
    return message


def test_systemd_is_told_of_each_step(tmp_path, told):
    daemon = start(tmp_path, told)
    try:
        assert told.next() == "READY=1"
        assert deliver(daemon.address, normal_mail()).action == "accept"
        assert told.next() == "WATCHDOG=1" and told.next() == "WATCHDOG=1"
        for text, event in ((None, "reloaded"), ("mode = 1\n", "reload-failed")):
            daemon.write_config(text=text)
            daemon.signal(signal.SIGHUP)
            assert next_but_signs_of_life(told).startswith("RELOADING=1\nMONOTONIC_USEC=")
            assert next_but_signs_of_life(told) == "READY=1"  # also when it keeps what it had
            daemon.wait_for_event(event)
        daemon.signal(signal.SIGTERM)
        assert next_but_signs_of_life(told) == "STOPPING=1"
        assert daemon.wait_for_exit() == 0
    finally:
        daemon.kill()


def test_without_a_watchdog_nothing_asks_the_milter(tmp_path, told):
    daemon = start(tmp_path, told, watchdog=False)
    try:
        assert told.next() == "READY=1"
        told.socket.settimeout(3)
        with pytest.raises(TimeoutError):
            told.next()
    finally:
        daemon.kill()


def test_a_milter_that_does_not_answer_gives_no_sign_of_life(tmp_path, told):
    """Its main thread runs as ever, but nobody can connect: so systemd will end it. Then it answers again."""
    daemon = start(tmp_path, told)
    try:
        assert told.next() == "READY=1" and told.next() == "WATCHDOG=1"
        hidden = daemon.path.with_suffix(".away")
        daemon.path.rename(hidden)
        line = daemon.wait_for_event("milter-silent")
        assert line["problem"]
        drain(told)
        told.socket.settimeout(WATCHDOG_SECONDS)
        with pytest.raises(TimeoutError):
            told.next()
        assert len(daemon.events("milter-silent")) == 1  # told once
        hidden.rename(daemon.path)
        told.socket.settimeout(10)
        assert told.next() == "WATCHDOG=1"
    finally:
        daemon.kill()


def test_a_milter_whose_threads_are_stuck_is_found_out(tmp_path, told):
    """All descriptors are in use: connections are accepted by the kernel and answered by nobody."""
    daemon = start(tmp_path, told, limit_files=40)
    connections = []
    try:
        assert told.next() == "READY=1"
        connections = [connect(daemon) for _ in range(60)]
        daemon.wait_for_event("milter-silent")
        while connections:
            connections.pop().close()
        ports.wait_until(lambda: told.next() == "WATCHDOG=1", "it answers again")
        assert deliver(daemon.address, normal_mail()).action == "accept"
    finally:
        daemon.kill()


def connect(daemon):
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(daemon.path))
    return client


def drain(told):
    """Takes what was sent before."""
    told.socket.settimeout(0.1)
    try:
        while True:
            told.next()
    except TimeoutError:
        pass


def test_looking_leaves_nothing_behind(tmp_path, told):
    """Neither log lines, nor descriptors, nor threads, for every look."""
    daemon = start(tmp_path, told)
    try:
        assert told.next() == "READY=1" and told.next() == "WATCHDOG=1"
        time.sleep(1)
        lines, files = daemon.log().count("\n"), count_files(daemon)
        for _ in range(3):
            assert told.next() == "WATCHDOG=1"
        assert daemon.log().count("\n") == lines
        # libmilter closes its end of a look a little later.
        ports.wait_until(lambda: count_files(daemon) <= files, "descriptors are left", 10)
    finally:
        daemon.kill()


def count_files(daemon):
    return len(os.listdir(pathlib.Path("/proc") / str(daemon.pid) / "fd"))
