"""postern-policy without Postfix: the protocol and its abuse (cases POL-01 to POL-08), deadlines,
and the log."""

import os
import resource
import socket
import threading
import time

import pytest

from milter_client import MEMORY_FACTOR, FaultyDns, require_program
from support import ports
from support.policy import (NO_DNS, PolicyDaemon, answer_rule, bytes_until_closed, merged,
                            request_text)  # fmt: skip

ANSWER_SECONDS = 2.0  # within which a good request is answered after any other
CLOSED_SECONDS = 20.0
GROWTH_MIB = 32 * MEMORY_FACTOR  # of one case; the largest sends 20 MB

# Greylisting keeps one state for each triplet, so that lost and doubled requests show.
SETTINGS = {"greylist": {"when": "always", "delay": "1h"}}
HELD = "DEFER_IF_PERMIT 4.7.1 Greylisted"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """SETTINGS with a name server that knows no name."""
    require_program("postern-policy")
    with FaultyDns(tmp_path_factory.mktemp("dns"), {}) as dns:
        yield {**SETTINGS, "dns": {"servers": [dns.address]}}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory, settings):
    with PolicyDaemon(tmp_path_factory.mktemp("p"), settings) as running:
        yield running


@pytest.fixture(autouse=True)
def outlives_it(request):
    """Whoever abuses the shared daemon leaves it as it was: alive, answering, and not grown."""
    if "daemon" not in request.fixturenames:
        yield
        return
    shared = request.getfixturevalue("daemon")
    pid, before = shared.pid, shared.rss_mib()
    yield
    shared.check_alive(pid, ANSWER_SECONDS)
    assert shared.rss_mib() - before < GROWTH_MIB


# ------------------------------------------------------------------ the protocol


def test_pol01_a_request_byte_by_byte_is_answered_once(daemon):
    with daemon.client() as client:
        for byte in request_text():
            client.send(bytes([byte]))
        assert client.read_answer().startswith(HELD)
        assert client.ask(protocol_state="CONNECT") == "DUNNO"  # and nothing is left over


def test_pol01_500_requests_at_once_are_answered_in_their_order(daemon):
    """Every second one is about a recipient, which is held."""
    wanted = [HELD if number % 2 else "DUNNO" for number in range(500)]
    requests = [
        request_text(protocol_state="RCPT" if action == HELD else "CONNECT",
                     instance=f"pipe.{number}")
        for number, action in enumerate(wanted)
    ]  # fmt: skip
    with daemon.client(60) as client:
        threading.Thread(target=client.send, args=(b"".join(requests),), daemon=True).start()
        answers = [client.read_answer() for _ in requests]
    assert [HELD if a.startswith(HELD) else a for a in answers] == wanted
    lines = [e for e in daemon.events("policy") if e["instance"].startswith("pipe.")]
    assert [e["instance"] for e in lines] == [f"pipe.{n}" for n in range(500)]


def test_pol01_who_closes_one_direction_gets_the_answer(daemon):
    with daemon.client() as client:
        client.send(request_text())
        client.socket.shutdown(socket.SHUT_WR)
        assert client.read_answer().startswith(HELD)
        assert bytes_until_closed(client) == b""


def test_a_request_cut_off_is_not_answered_and_logged(daemon):
    before = len(daemon.events("policy-client"))
    with daemon.client() as client:
        client.send(request_text()[:-1])
        client.socket.shutdown(socket.SHUT_WR)
        assert bytes_until_closed(client) == b""
    assert "within a request" in daemon.wait_for_event("policy-client", before + 1)["problem"]


BROKEN = {
    "5 MB value": request_text(helo_name="h" * 5_000_000),
    "20 MB without line end": b"sender=" + b"a" * 20_000_000,
    "300,000 attributes": b"".join(b"x%d=1\n" % n for n in range(300_000)) + request_text(),
}


@pytest.mark.parametrize("case", BROKEN)
def test_pol04_too_much_is_dropped_with_one_line(daemon, case):
    before = len(daemon.events("policy-client"))
    with daemon.client() as client:
        try:
            client.send(BROKEN[case])
        except ConnectionError:
            pass
        assert bytes_until_closed(client) == b""
    daemon.wait_for_event("policy-client", before + 1)
    assert len(daemon.events("policy-client")) == before + 1


NO_REQUESTS = {
    "a million line ends": b"\n" * 1_000_000,
    "10,000 requests of another type": b"request=junk_policy\n\n" * 10_000,
    "line ends behind a good request": request_text(protocol_state="CONNECT") + b"\n" * 65_536,
}


@pytest.mark.parametrize("case", NO_REQUESTS)
def test_pol04_after_what_is_no_request_nothing_more_is_read(daemon, case):
    """One answer, one line, and the end of the connection, however many there are."""
    before = len(daemon.events("policy-client"))
    with daemon.client() as client:
        try:
            client.send(NO_REQUESTS[case])
        except ConnectionError:
            pass
        received = bytes_until_closed(client)  # nothing, if the close overtook it
    assert received.count(b"action=") <= (2 if case.startswith("line ends") else 1), received
    daemon.wait_for_event("policy-client", before + 1)
    daemon.check_alive(daemon.pid, ANSWER_SECONDS)
    assert len(daemon.events("policy-client")) == before + 1


NO_REQUEST = {
    "empty": b"\n",
    "no equals": b"request\nfoo\n\n",
    "another protocol": b"GET / HTTP/1.0\r\n\r\n",
    "another request": request_text(request="junk_policy"),
}


@pytest.mark.parametrize("case", NO_REQUEST)
def test_pol05_what_is_no_request_is_dunno_or_dropped_and_logged(daemon, case):
    before = len(daemon.events("policy-client"))
    with daemon.client() as client:
        client.send(NO_REQUEST[case])
        client.socket.shutdown(socket.SHUT_WR)
        received = bytes_until_closed(client)
    assert set(received.split(b"\n\n")) <= {b"action=DUNNO", b""}, received
    daemon.wait_for_event("policy-client", before + 1)


ODD = {
    "CRLF": request_text().replace(b"\n", b"\r\n"),
    "NUL": request_text().replace(b"sender=ann", b"sender=\0ann"),
    "8-bit": request_text().replace(b"sender=ann", b"sender=\xff\xfe"),
    "CR": request_text().replace(b"sender=ann", b"sender=a\rb"),
    "unknown attribute": b"new_in_postfix_4=yes\n" + request_text(),
    "duplicate": request_text().replace(b"sender=", b"sender=x@y.example\nsender=", 1),
    "numbers": request_text(size="9" * 24, recipient_count="-1"),
    "no address": request_text(client_address="999.1.1.1::%n/../"),
    "empty address": request_text(client_address=""),
    "null sender": request_text(sender=""),
    "verp": request_text(sender="bounce+12345=alice=example.org@list.example"),
    "missing attributes": b"request=smtpd_access_policy\n\n",
    "long addresses": request_text(sender="a" * 20000 + "@author.example", helo_name="h" * 20000),
}


@pytest.mark.parametrize("case", ODD)
def test_pol05_pol06_odd_values_are_answered_in_one_line(daemon, case):
    before = len(daemon.events("policy"))
    with daemon.client() as client:
        client.send(ODD[case])
        answer = client.read_answer()
        assert answer == "DUNNO" or answer.startswith(HELD), answer
        assert client.ask(protocol_state="CONNECT") == "DUNNO"
    ports.wait_until(lambda: len(daemon.events("policy")) == before + 2, daemon.log()[-500:])


def test_pol06_of_an_attribute_given_twice_the_first_counts(daemon):
    data = b"sender=x@first.example\n" + request_text(instance="twice.1")
    with daemon.client() as client:
        client.send(data)
        client.read_answer()
    lines = [e for e in daemon.events("policy") if e["instance"] == "twice.1"]
    assert [line["sender"] for line in lines] == ["@first.example"]


def test_pol07_nothing_of_a_sender_reaches_the_answer_unescaped(tmp_path):
    """An action with everything a stranger may choose in it."""
    values = "{client_name} {helo_name} {sender} {recipient} {sasl_username}"
    settings = answer_rule("REJECT 5.7.1 " + values)
    hostile = '"a action=OK\t\x7f"@attack.example'
    attributes = {"sender": hostile, "helo_name": "x\x1b[31m\u20ac", "recipient": "a%s{why}@b",
                  "sasl_username": "l" * 5000, "client_name": "a\\\"b c"}  # fmt: skip
    with PolicyDaemon(tmp_path, settings) as daemon:
        with daemon.client() as client:
            client.send(request_text(**attributes))
            answer = client.read_answer()
            assert answer.startswith("REJECT 5.7.1 ") and len(answer) <= 480
            assert answer.isprintable() and " action=" not in answer and '"' not in answer
            assert "{why}" not in answer and "all conditions hold" not in answer
            assert client.ask().startswith("REJECT")
        lines = [line for line in daemon.log().split("\n") if "event=policy " in line]
        assert len(lines) == 2 and all(line.isprintable() for line in lines)


def test_pol08_50_at_once_with_one_triplet_are_all_held(daemon):
    answers = []
    barrier = threading.Barrier(50)

    def ask():
        with daemon.client(60) as client:
            barrier.wait(60)
            answers.append(client.ask(sender="parallel@author.example"))

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 50 and all(a.startswith(HELD) for a in answers), answers
    listed = daemon.command("greylist", "list", "parallel@author.example")[1]
    assert listed.count("parallel@author.example") == 1


# ------------------------------------------------------------------ many, slow, and silent clients


def test_pol03_1000_half_requests_do_not_hinder_a_whole_one(daemon):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, limit[1]), limit[1]))
    clients = []
    try:
        for _ in range(1000):
            clients.append(daemon.client())
            clients[-1].send(request_text()[:40])
        start = time.monotonic()
        assert daemon.ask(sender="crowd@author.example").startswith(HELD)
        assert time.monotonic() - start < ANSWER_SECONDS
    finally:
        for client in clients:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)
    ports.wait_until(lambda: len(os.listdir(f"/proc/{daemon.pid}/fd")) < 100, "connections close")


def test_pol03_half_requests_and_idle_connections_end_at_their_deadlines(tmp_path):
    settings = {"policy": {"request_timeout": "1s", "idle_timeout": "3s"}}
    with PolicyDaemon(tmp_path, settings) as daemon:
        half, dribble, idle = daemon.client(), daemon.client(), daemon.client()
        assert idle.ask(protocol_state="CONNECT") == "DUNNO"
        start = time.monotonic()
        half.send(request_text()[:40])
        assert bytes_until_closed(half) == b""
        assert 0.9 < time.monotonic() - start < CLOSED_SECONDS
        assert "in time" in daemon.wait_for_event("policy-client")["problem"]
        try:  # a byte now and then is no reason to wait longer
            for _ in range(40):
                dribble.send(b"x")
                time.sleep(0.25)
            pytest.fail("a request may take as long as its client likes")
        except ConnectionError:
            pass
        assert bytes_until_closed(idle) == b""
        assert time.monotonic() - start < CLOSED_SECONDS
        assert len(daemon.events("policy-client")) == 2  # idle connections are not worth a line
        for client in (half, dribble, idle):
            client.close()


def test_who_never_reads_blocks_nobody_and_is_dropped(tmp_path):
    settings = {**answer_rule("REJECT 5.7.1 " + "x" * 400), "policy": {
        "request_timeout": "2s", **answer_rule("REJECT 5.7.1 " + "x" * 400)["policy"]}}  # fmt: skip
    with PolicyDaemon(tmp_path, settings) as daemon:
        before = daemon.rss_mib()
        client = daemon.client(60)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sent = 0
        with pytest.raises(ConnectionError):
            while True:
                client.send(request_text() * 20)
                sent += 20
                assert daemon.ask(ANSWER_SECONDS).startswith("REJECT")
        client.close()
        assert daemon.rss_mib() - before < GROWTH_MIB and sent < 100_000


def test_more_connections_than_allowed_wait_their_turn(tmp_path):
    with PolicyDaemon(tmp_path, {"policy": {"max_connections": 5}}) as daemon:
        held = [daemon.client() for _ in range(5)]
        for client in held:
            assert client.ask(protocol_state="CONNECT") == "DUNNO"
        with daemon.client() as sixth:
            sixth.send(request_text(protocol_state="CONNECT"))
            sixth.socket.settimeout(0.5)
            with pytest.raises(TimeoutError):
                sixth.read_answer()
            held.pop().close()
            sixth.socket.settimeout(20)
            assert sixth.read_answer() == "DUNNO"
        for client in held:
            client.close()


# ------------------------------------------------------------------ deadlines


@pytest.fixture(scope="module")
def silent_dns(tmp_path_factory):
    require_program("postern-policy")
    with FaultyDns(tmp_path_factory.mktemp("silent"), {}, "silent") as dns:
        yield dns


@pytest.fixture(scope="module")
def slow_dns(tmp_path_factory):
    """Answers after a third of a second: later than any store."""
    zone = {"pass.example": {"TXT": ["v=spf1 ip4:1.2.3.4 -all"]},
            "fail.example": {"TXT": ["v=spf1 -all"]}}  # fmt: skip
    with FaultyDns(tmp_path_factory.mktemp("slow"), zone, "slow:0.3") as dns:
        yield dns


SPF_RULE = answer_rule("REJECT 5.7.23 SPF {why}", spf=["fail"])


def test_dns_that_is_slower_than_the_store_is_waited_for(tmp_path, slow_dns):
    settings = {**SPF_RULE, "dns": {"servers": [slow_dns.address]}}
    with PolicyDaemon(tmp_path, settings) as daemon:
        action, line = daemon.decision(sender="a@fail.example")
        assert action.startswith("REJECT 5.7.23") and line["spf"] == "fail"
        daemon.reload_with({"dns": {"servers": [slow_dns.address]},
                            "policy": {"rules": ["greylist"], "timeout": "10s"}})  # fmt: skip
        action, line = daemon.decision(sender="a@pass.example", helo_name="[1.2.3.4]")
        assert action.startswith(HELD) and line["spf"] == "pass"
        assert int(line["ms"]) >= 300


def test_silent_dns_is_given_up_in_time_and_the_line_says_so(tmp_path, silent_dns):
    settings = {**SPF_RULE, "dns": {"servers": [silent_dns.address]}}
    settings["policy"] = {**settings["policy"], "timeout": "1s", "rules": ["only", "last"]}
    settings["policy"]["rule"] = {**settings["policy"]["rule"],
                                  "last": {"action": "WARN still looked at"}}  # fmt: skip
    with PolicyDaemon(tmp_path, settings) as daemon:
        start = time.monotonic()
        action, line = daemon.decision()
        assert time.monotonic() - start < 1 + ANSWER_SECONDS
        assert action == "WARN still looked at"
        assert line["failed"].startswith("only: spf") and 500 <= int(line["ms"]) < 1500


def test_without_any_name_server_the_other_rules_answer_in_time(tmp_path):
    with PolicyDaemon(tmp_path, SETTINGS) as daemon:
        assert daemon.base_settings()["dns"]["servers"] == [NO_DNS]
        start = time.monotonic()
        assert daemon.ask().startswith(HELD)  # DNS that fails is no reason to let through
        assert time.monotonic() - start < 2 + ANSWER_SECONDS


def test_a_client_that_leaves_while_dns_is_asked_is_no_harm(tmp_path, silent_dns):
    settings = {**SPF_RULE, "dns": {"servers": [silent_dns.address]}}
    with PolicyDaemon(tmp_path, settings) as daemon:
        for _ in range(20):
            with daemon.client() as client:
                client.send(request_text(instance="gone.1"))
        ports.wait_until(lambda: len(daemon.events("policy")) == 20, "20 lines")
        daemon.check_alive(daemon.pid)


def test_lists_leave_the_configuration_while_they_are_probed(tmp_path, silent_dns):
    """The round's own deadline must not find it gone."""
    lists = {"dnslist": {"zone": {"bl.example": {"weight": 2}}}}
    dns = {"dns": {"servers": [silent_dns.address]}}
    with PolicyDaemon(tmp_path, {**dns, **lists}) as daemon:
        pid = daemon.pid
        time.sleep(0.5)
        daemon.reload_with(dns)
        time.sleep(11)  # the deadline of a round is 10 s
        daemon.check_alive(pid)


# ------------------------------------------------------------------ log and mode


def test_each_answer_is_one_line_with_what_was_asked_and_why(daemon):
    action, line = daemon.decision(queue_id="4QID", policy_context="smtp", size="4242")
    assert action.startswith(HELD)
    expected = {"event": "policy", "queue_id": "4QID", "state": "RCPT", "client": "1.2.3.4",
                "helo": "pc", "sender": "@author.example", "recipient": "alice@example.org",
                "size": "4242", "context": "smtp", "rule": "greylist", "action": action}
    assert {name: line[name] for name in expected} == expected
    assert "net:1.2.3.0/24" in line["why"] and int(line["ms"]) >= 0 and "wanted" not in line


def test_lines_tell_whole_addresses_of_our_own_users_only(daemon):
    _, line = daemon.decision(sasl_username="bob", sender="bob@example.org",
                              recipient="secret@elsewhere.example")  # fmt: skip
    assert (line["login"], line["sender"], line["recipient"]) == (
        "bob", "bob@example.org", "@elsewhere.example")  # fmt: skip


def test_log_addresses_shows_them_whole(tmp_path):
    """By a rule that needs neither DNS nor the store, so that nothing is waited for."""
    settings = merged(answer_rule("WARN seen"), {"policy": {"log_addresses": True}})
    with PolicyDaemon(tmp_path, settings) as daemon:
        action, line = daemon.decision()
        assert (action, line["sender"]) == ("WARN seen", "ann@author.example")


def test_in_observe_mode_the_answer_is_dunno_and_the_line_says_what_it_was(tmp_path, settings):
    with PolicyDaemon(tmp_path, {**settings, "mode": "observe"}) as daemon:
        action, line = daemon.decision()
        assert (action, line["action"]) == ("DUNNO", "DUNNO")
        assert line["wanted"].startswith(HELD) and line["rule"] == "greylist"
