"""postern-fetch, the process in which postern-policy fetches MTA-STS policies: what it may do, and that
none outlives the daemon."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess

import pytest

from milter_client import SANITIZED, FaultyDns, require_program
from support import ports
from support.policy import PolicyDaemon

DOMAINS = [f"d{number}.example" for number in range(20)]
ZONE = {f"_mta-sts.{domain}": {"TXT": ["v=STSv1; id=1;"]} for domain in DOMAINS}
MAX_PARALLEL = 16
SILENT = {"timeout": "60s"}


@pytest.fixture(scope="module")
def dns(tmp_path_factory):
    require_program("postern-policy")
    with FaultyDns(tmp_path_factory.mktemp("dns"), ZONE) as server:
        yield server


@pytest.fixture
def silent_server():
    """Takes connections and says nothing: a fetch from it lasts until its deadline."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield "127.0.0.1:%d" % listener.getsockname()[1]


def settings(dns, connect_to, **mta_sts):
    return {"dns": {"servers": [dns.address]}, "policy": {"timeout": "1s"},
            "mta_sts": {"connect_to": connect_to, **mta_sts}}  # fmt: skip


def ask(daemon, domain):
    """Asks for the TLS policy of a domain; the open connection, on which the answer will come."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(str(daemon.map_path))
    request = f"mta-sts {domain}"
    connection.sendall(f"{len(request)}:{request},".encode())
    return connection


def children(pid):
    """Processes that this one has started and not yet waited for: zombies count."""
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for_children(daemon, count):
    """Polls until so many of them are postern-fetch; a new one is a copy of the daemon for a while."""

    def running():
        found = children(daemon.pid)
        names = [pathlib.Path(f"/proc/{child}/comm").read_text().strip() for child in found]
        return found if names == ["postern-fetch"] * count else None

    return ports.wait_until(running, lambda: f"children: {children(daemon.pid)}", 30)


def is_gone(pid):
    """Ended, and waited for by its parent or by init."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines)


def open_places(pid):
    """What each descriptor of a process leads to; eventfds are told apart by their numbers."""

    def place(path):
        name = os.readlink(path)
        if name != "anon_inode:[eventfd]":
            return name
        information = pathlib.Path(f"/proc/{pid}/fdinfo/{path.name}").read_text()
        return name + re.search(r"eventfd-id:\s+(\d+)", information)[1]

    return [place(path) for path in pathlib.Path(f"/proc/{pid}/fd").iterdir()]


def test_it_has_nothing_of_the_daemon_and_may_do_little(tmp_path, dns, silent_server):
    with PolicyDaemon(tmp_path, settings(dns, silent_server, **SILENT)) as daemon:
        with ask(daemon, DOMAINS[0]):
            [child] = wait_for_children(daemon, 1)

            def connected():
                places = open_places(child)
                return places if any(place.startswith("socket:") for place in places) else None

            places = ports.wait_until(connected, "it does not connect", 30)
            shared = set(places) & set(open_places(daemon.pid))
            assert not any(str(tmp_path) in place for place in places), places
            # The pipe, of which the daemon has the other end, and /dev/null.
            assert all(place.startswith("pipe:") or place == "/dev/null" for place in shared), shared
            assert sum(place.startswith("pipe:") for place in shared) == 1, shared
            status = status_of(child)
            assert status["NoNewPrivs"] == "1"
            assert int(status["SigBlk"], 16) == 0
            limits = pathlib.Path(f"/proc/{child}/limits").read_text()
            fields = {line[:25].strip(): line[26:].split()[:2] for line in limits.splitlines()}
            assert fields["Max core file size"] == ["0", "0"]
            assert fields["Max cpu time"] == ["10", "10"]
            if not SANITIZED:
                assert fields["Max address space"] == [str(512 << 20)] * 2
            environment = pathlib.Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
            assert {word.partition(b"=")[0] for word in environment} == {b"PATH", b"LC_ALL", b""}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_none_outlives_the_daemon(tmp_path, dns, silent_server, number):
    with PolicyDaemon(tmp_path, settings(dns, silent_server, **SILENT)) as daemon:
        connections = [ask(daemon, domain) for domain in DOMAINS]
        try:
            running = wait_for_children(daemon, MAX_PARALLEL)
            daemon.signal(number)
            assert daemon.wait_for_exit() == (0 if number == signal.SIGTERM else -signal.SIGKILL)
            ports.wait_until(lambda: all(is_gone(child) for child in running),
                             lambda: f"still there: {running}", 30)  # fmt: skip
        finally:
            for connection in connections:
                connection.close()


def test_at_the_deadline_they_are_killed_and_waited_for(tmp_path, dns, silent_server):
    with PolicyDaemon(tmp_path, settings(dns, silent_server, timeout="1s")) as daemon:
        connections = [ask(daemon, domain) for domain in DOMAINS]
        answers = [connection.recv(100) for connection in connections]
        for connection in connections:
            connection.close()
        assert answers == [b"9:NOTFOUND ,"] * len(DOMAINS)
        whys = {event["why"] for event in daemon.events("tls-policy")}
        assert whys == {"no answer in time"}
        ports.wait_until(lambda: not children(daemon.pid),
                         lambda: f"children: {children(daemon.pid)}", 30)  # fmt: skip


def test_without_the_program_mail_goes_out_as_without_a_policy(tmp_path, dns, silent_server):
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for name in ("postern-policy", "postern-fetch"):
        shutil.copy(require_program(name), binaries)
    daemon = PolicyDaemon(tmp_path / "p", settings(dns, silent_server))
    daemon.binary = lambda: binaries / "postern-policy"
    with daemon:
        (binaries / "postern-fetch").unlink()
        with ask(daemon, DOMAINS[0]) as connection:
            assert connection.recv(100) == b"9:NOTFOUND ,"
        why = daemon.wait_for_event("tls-policy")["why"]
        assert why.startswith(f"{binaries}/postern-fetch cannot be run (No such file or directory)")
        assert "install" in why
        daemon.check_alive(daemon.pid, 30)


def test_it_says_what_is_wrong_in_one_line():
    program = require_program("postern-fetch")
    done = subprocess.run([program, "--timeout=1000", "https://mta-sts.example.org/x"],
                          capture_output=True, timeout=60, check=False)  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == b"it cannot be fetched: no address, or no https URL\n"
    done = subprocess.run([program, "https://mta-sts.example.org/x", "mx.example.org"],
                          capture_output=True, timeout=60, check=False)  # fmt: skip
    assert done.returncode == 1 and done.stdout == b"it cannot be fetched: an address that is none\n"
