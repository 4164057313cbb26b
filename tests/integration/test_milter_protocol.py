"""Milter clients that are hostile, many, or odd: cases MLT-01 to MLT-06 and MLT-11 to MLT-13."""

import re
import resource
import struct
import time

import pytest

import milter_client
from milter_client import Connection, Daemon, FaultyDns, Mail, deliver, message, normal_mail
from support import ports

NO_DNS = {"dns": {"servers": ["127.0.0.1@9"], "timeout": "100ms", "budget": "100ms"}}
MANY_CONNECTIONS = 1000
CUT_MESSAGES = 2000
STOP_SECONDS = 10  # the most a stop may take (MLT-07)


@pytest.fixture(params=["unix", "inet"])
def daemon(request, tmp_path):
    """A daemon that needs no DNS, on each kind of socket."""
    settings = {"mode": "enforce", **NO_DNS}
    running = Daemon(tmp_path, settings, unix=request.param == "unix").start()
    deliver(running.address, normal_mail())
    yield running
    running.kill()


@pytest.fixture(scope="module")
def silent_dns(tmp_path_factory):
    with FaultyDns(tmp_path_factory.mktemp("silent"), {}, "silent") as dns:
        yield dns


def slow_daemon(directory, dns, seconds, **more):
    """A daemon whose messages wait that long for DNS at their end."""
    settings = {"mode": "enforce", **more}
    waits = {"timeout": f"{int(1000 * seconds)}ms", "budget": f"{int(1000 * seconds)}ms"}
    settings["dns"] = {"servers": [dns.address], **waits}
    return Daemon(directory, settings, unix=True).start()


def settle(daemon, files, threads, what):
    """The descriptors and threads of before, once the daemon has noticed that clients are gone."""
    ports.wait_until(
        lambda: daemon.files() <= files and daemon.status("Threads") <= threads,
        lambda: f"{what}: {daemon.files()} of {files} files, {daemon.status('Threads')} threads",
    )


# ------------------------------------------------------------------ packets

NEGOTIATE = struct.pack(">IcIII", 13, b"O", 6, milter_client.ALL_ACTIONS, milter_client.ALL_STEPS)
CLIENT = b"mx.example\0" + b"4" + struct.pack(">H", 4321) + b"192.0.2.66\0"


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


def conversation(*packets, connect=CLIENT):
    return [NEGOTIATE, packet(b"C", connect), *packets]


# id and words: what is sent, piece by piece
PACKETS = {
    "MLT-01 length ffffffff": [b"\xff\xff\xff\xffO" + b"x" * 1000],
    "MLT-01 length 7fffffff": [NEGOTIATE, b"\x7f\xff\xff\xffL" + b"x" * 100000],
    "MLT-01 length 0": [b"\0\0\0\0"],
    "MLT-01 length 0 later": [NEGOTIATE, b"\0\0\0\0" * 1000],
    "MLT-01 field of 1 MB": conversation(packet(b"M", b"<a@b>\0"), packet(b"L", b"X\0" + b"A" * 2**20 + b"\0")),
    "MLT-01 half a packet": [NEGOTIATE, b"\0\0\1\0M<a@"],
    "MLT-02 garbage": [bytes(range(256)) * 40],
    "MLT-02 SMTP": [b"EHLO example\r\nMAIL FROM:<a@b>\r\n"],
    "MLT-02 unknown command": [NEGOTIATE, packet(b"Z", b"x"), packet(b"\0"), packet(b"\xff")],
    "MLT-02 short options": [packet(b"O", b"\0\0\0\6")],
    "MLT-02 old version": [packet(b"O", struct.pack(">III", 1, 0, 0))],
    "MLT-02 new version": [packet(b"O", struct.pack(">III", 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF))],
    "MLT-02 options twice": [NEGOTIATE, NEGOTIATE],
    "MLT-03 field without NUL": conversation(packet(b"M", b"<a@b>\0"), packet(b"L", b"Subject")),
    "MLT-03 name without value": conversation(packet(b"M", b"<a@b>\0"), packet(b"L", b"Subject\0")),
    "MLT-03 three strings": conversation(packet(b"M", b"<a@b>\0"), packet(b"L", b"A\0b\0c\0")),
    "MLT-03 MAIL without argument": conversation(packet(b"M", b"")),
    "MLT-03 MAIL without NUL": conversation(packet(b"M", b"<a@b>")),
    "MLT-03 RCPT without argument": conversation(packet(b"M", b"<a@b>\0"), packet(b"R", b"")),
    "MLT-03 HELO without NUL": conversation(packet(b"H", b"helo")),
    "MLT-03 empty connect": conversation(connect=b""),
    "MLT-03 connect without family": conversation(connect=b"mx.example\0"),
    "MLT-03 connect without address": conversation(connect=b"mx.example\0" + b"4"),
    "MLT-03 connect without port": conversation(connect=b"mx.example\0" + b"4\0"),
    "MLT-03 address without NUL": conversation(connect=CLIENT[:-1]),
    "MLT-03 address is none": conversation(connect=b"mx.example\0" + b"4\0\0999.1.2.3\0"),
    "MLT-03 IPv6 is none": conversation(connect=b"mx.example\0" + b"6\0\0IPv6:zz::\0"),
    "MLT-03 unknown family": conversation(connect=b"mx.example\0" + b"X\0\0x\0"),
    "MLT-03 macros without value": conversation(packet(b"D", b"M"), packet(b"D", b"Mi"), packet(b"D", b"")),
    "MLT-03 body only": [NEGOTIATE, packet(b"B", b"x" * 65535), packet(b"E")],
}  # fmt: skip


def send_raw(address, pieces):
    """Sends what it can, reads a little, and closes without a word."""
    with Connection(address, 2, negotiate=False) as connection:
        try:
            for piece in pieces:
                connection.s.sendall(piece)
            connection.s.settimeout(0.1)
            while connection.s.recv(65536):
                pass
        except OSError:  # closed by the milter, or nothing to say
            pass


def test_mlt01_to_03_hostile_packets(daemon):
    """All of them on one daemon: it lives, answers the next one, and gives back what it took."""
    pid, files, threads, rss = daemon.pid, daemon.files(), daemon.status("Threads"), daemon.rss_mib()
    for name, pieces in PACKETS.items():
        send_raw(daemon.address, pieces)
        assert daemon.running(), name
        daemon.check_alive(pid)
    settle(daemon, files, threads + 5, "after hostile packets")
    assert daemon.rss_mib() < rss + 8 * milter_client.MEMORY_FACTOR


@pytest.mark.parametrize("family", [b"U\0", b"L\0\0/run/x\0", b"4\0\0" + b"192.0.2.66\0"],
                         ids=["unknown", "local", "port 0"])  # fmt: skip
def test_mlt03_client_without_an_ip_address(daemon, family):
    """A client Postfix knows no address of, or no port: a stranger, never our own mail."""
    with Connection(daemon.address) as connection:
        connection.macros(b"C", {"j": "mx.test.example"})
        connection.step(b"C", b"mx.example\0" + family, 0, milter_client.miltersend.P_NR_CONN)
        mail = normal_mail(queue_id="FAMILY")
        assert connection.deliver(mail, connect=False).action == "accept"
    assert daemon.events_of("FAMILY")[0]["direction"] == "inbound"


ORDERS = ["E", "B", "L", "N", "R", "T", "M E", "M B", "M L B", "M N L", "M M E", "R M", "N E", "A E",
          "L N B E", "M L N B E B E", "M L N E E", "Q", "K M E", "M A L E", "H M", "M H E"]  # fmt: skip
ARGUMENTS = {"M": b"<m@attack.example>\0", "R": b"<r@test.example>\0", "L": b"From\0 a@b.example\0",
             "H": b"helo.example\0", "B": b"body\r\n"}  # fmt: skip


@pytest.mark.parametrize("connected", [True, False])
def test_mlt02_commands_in_the_wrong_order(daemon, connected):
    pid = daemon.pid
    for order in ORDERS:
        letters = order.split()
        pieces = [packet(c.encode(), ARGUMENTS.get(c, b"")) for c in letters]
        send_raw(daemon.address, (conversation() if connected else [NEGOTIATE]) + pieces)
        assert daemon.running(), order
    daemon.check_alive(pid)
    failures = {event["what"] for event in daemon.events("callback-failed")}
    order = re.compile(r"(header field|end of header|body|end of message) without (MAIL|header)")
    assert all(order.fullmatch(what) for what in failures), failures


# ------------------------------------------------------------------ many connections


def test_mlt04_idle_connections_cost_little(daemon):
    pid, threads, rss = daemon.pid, daemon.status("Threads"), daemon.rss_mib()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    connections = []
    try:
        for _ in range(MANY_CONNECTIONS):
            connections.append(Connection(daemon.address, 10))
        assert daemon.status("Threads") <= threads + 20  # a few workers, not one each
        assert daemon.rss_mib() - rss < 8 * milter_client.MEMORY_FACTOR  # measured: 8 KiB each, most of it libmilter's
        daemon.check_alive(pid)
    finally:
        for connection in connections:
            connection.drop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    settle(daemon, 40, threads + 20, "after idle connections")


def test_mlt05_messages_that_wait_do_not_wait_for_each_other(tmp_path, silent_dns):
    count, seconds = 200, 2
    daemon = slow_daemon(tmp_path, silent_dns, seconds)
    connections = []
    try:
        start = time.monotonic()
        for number in range(count):
            connection = Connection(daemon.address, 30)
            connection.begin(normal_mail(queue_id=f"W{number}"))
            connection.ask_for_end(normal_mail(queue_id=f"W{number}"))
            connections.append(connection)
        outcomes = [connection.read_end() for connection in connections]
        assert {outcome.action for outcome in outcomes} == {"accept"}
        assert time.monotonic() - start < 5 * seconds
        assert {event["queue_id"] for event in daemon.events()} == {f"W{i}" for i in range(count)}
        assert {event["dmarc"] for event in daemon.events()} == {"temperror"}
    finally:
        for connection in connections:
            connection.close()
        daemon.kill()


@pytest.mark.skipif(milter_client.SANITIZED, reason="UBSan needs a pipe to look at a vptr")
def test_mlt06_descriptors_run_out_and_come_back(tmp_path):
    """FLT-12 too: DNS sockets and connections share the limit."""
    daemon = Daemon(tmp_path, {"mode": "enforce", **NO_DNS}, unix=True, limit_files=64).start()
    pid, files = daemon.pid, daemon.files()
    served, waiting = [], []
    try:
        for _ in range(100):
            connection = Connection(daemon.address, 0.2, negotiate=False)
            try:
                connection.negotiate(milter_client.ALL_STEPS)
                served.append(connection)
            except (TimeoutError, EOFError, OSError):
                waiting.append(connection)
                if len(waiting) > 5:
                    break
        assert len(served) >= 20 and waiting, (len(served), len(waiting))
        served[0].s.settimeout(10)
        assert served[0].deliver(normal_mail(queue_id="INLIMIT")).action == "accept"
    finally:
        for connection in served + waiting:
            connection.drop()
    try:
        settle(daemon, files + 2, 40, "after the limit")
        daemon.check_alive(pid)
    finally:
        daemon.kill()


def test_mlt11_clients_that_leave_in_the_body(daemon):
    pid = daemon.pid

    def leave(count):
        for _ in range(count):
            connection = Connection(daemon.address)
            connection.begin(Mail(message(body=b"x" * 5000)))
            connection.drop()

    leave(200)
    settle(daemon, 40, 40, "warm")
    files, threads, rss = daemon.files(), daemon.status("Threads"), daemon.rss_mib()
    leave(CUT_MESSAGES)
    settle(daemon, files, threads, "after cut messages")
    grown = daemon.rss_mib() - rss
    assert grown <= (rss * 0.05 + 0.5) * milter_client.MEMORY_FACTOR, (rss, grown)
    daemon.check_alive(pid)


def test_mlt12_nothing_is_carried_over_on_one_connection(daemon):
    """100 messages with aborts between them; each is judged by its own fields alone."""
    forged = b"Authentication-Results: mx.test.example; dmarc=pass\r\nX-Postern-Verdict: x\r\n"
    rows = [
        (Mail(forged + b"Subject: 1\r\n\r\nx", mail_from=b"one@one.example"), "reject", "2"),
        (Mail(message(b"m@two.example"), mail_from=b"two@two.example"), "accept", None),
        (Mail(forged + message(b"m@three.example"), mail_from=b""), "accept", "2"),
        (Mail(b"Subject: 4\r\n\r\nx", mail_from=b"four@four.example"), "reject", None),
    ]
    with Connection(daemon.address) as connection:
        connection.connect(rows[0][0])
        for number in range(100):
            mail, action, removed = rows[number % len(rows)]
            mail.queue_id = f"Q{number}"
            other = rows[(number + 1) % len(rows)][0]
            connection.skipbody = False
            connection.envelope(other)  # begun, and given up after the header
            connection.header(other.parts()[0])
            connection.send(b"A")
            outcome = connection.deliver(mail, connect=False)
            assert outcome.action == action, (number, outcome)
            (event,) = daemon.events_of(mail.queue_id)
            assert event.get("removed") == removed, event
            assert event["mail_from_domain"] == mail.mail_from.decode().rpartition("@")[2]
            assert len(outcome.removed) == (2 if removed and action == "accept" else 0)
    assert len(daemon.events()) == 101  # with the one of the fixture: none for aborted messages


# ------------------------------------------------------------------ negotiation


@pytest.mark.parametrize("actions", [0x1FF & ~0x01, 0x1FF & ~0x10, 0x1FF & ~0x20, 0],
                         ids=["no ADDHDRS", "no CHGHDRS", "no QUARANTINE", "none"])  # fmt: skip
@pytest.mark.parametrize("fail", ["tempfail", "accept"])
def test_mlt13_refused_actions(tmp_path, fail, actions):
    """Said in the log; tempfail ends the connection at once, accept lets mail through as it is."""
    settings = {"mode": "enforce", **NO_DNS, "milter": {"fail": fail}}
    daemon = Daemon(tmp_path, settings, unix=True).start()
    try:
        with Connection(daemon.address, negotiate=False) as connection:
            if fail == "tempfail":
                with pytest.raises((EOFError, ConnectionError)):
                    connection.negotiate_with(actions)
                    connection.deliver(normal_mail())
            else:
                assert connection.negotiate_with(actions)[0] == b"O"
                outcome = connection.deliver(normal_mail(queue_id="BARE"))
                assert outcome.action == "accept"
                assert (outcome.inserted, outcome.removed) == ([], [])
                assert len(daemon.events_of("BARE")) == 1
        (event,) = daemon.events("callback-failed")
        assert event["where"] == "negotiate" and "does not let" in event["what"]
        daemon.check_alive(daemon.pid)
    finally:
        daemon.kill()


@pytest.mark.parametrize("steps", [milter_client.ALL_STEPS, 0, 0x80, 0x100000])
def test_negotiation_asks_for_what_it_is_offered_only(daemon, steps):
    """An MTA without no-reply steps gets a reply to each command, and the same verdict."""
    with Connection(daemon.address, negotiate=False) as connection:
        connection.negotiate_with(0x1FF, steps)
        # libmilter adds NORCPT by itself when there is no callback for RCPT
        assert connection.steps & ~steps & ~milter_client.miltersend.P_NORCPT == 0
        assert connection.actions & ~0x1FF == 0 and connection.actions & 0x31 == 0x31
        outcome = connection.deliver(normal_mail())
        assert outcome.action == "accept"
        value = outcome.field("Authentication-Results")
        assert value.startswith(" mx" if connection.steps & 0x100000 else "mx")


@pytest.mark.parametrize("steps", [milter_client.ALL_STEPS, 0])
@pytest.mark.parametrize("raw", [b"\r\n", b"\r\nbody\r\n"], ids=["empty", "body only"])
def test_hdr08_a_message_without_fields_is_answered(daemon, raw, steps):
    """libmilter drops a body or an end right after DATA, without any answer, unless the end of the
    header was asked for."""
    with Connection(daemon.address, 3, negotiate=False) as connection:
        connection.negotiate(steps)
        assert connection.deliver(Mail(raw)).action == "reject"
        assert connection.deliver(normal_mail(), connect=False).action == "accept"
