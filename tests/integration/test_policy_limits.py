"""Rate limits of postern-policy, exact whatever happens, and the brake for stolen accounts."""

import concurrent.futures
import shutil
import time

import pytest

from milter_client import require_program
from support import ports, sink
from support.dns_server import DnsServer
from support.policy import PolicyDaemon, RedisServer, merged, unique_instance

ZOMBIE = {"client_address": "11.0.0.66", "client_name": "unknown", "helo_name": "pc",
          "sender": "mallory@pool.example"}  # fmt: skip
SUBMISSION = {"client_address": "127.0.0.1", "client_name": "localhost", "helo_name": "[127.0.0.1]",
              "sasl_username": "alice", "sender": "alice@example.org"}  # fmt: skip


@pytest.fixture(scope="module")
def dns(tmp_path_factory):
    require_program("postern-policy")
    if not shutil.which("nsd", path="/usr/sbin"):
        pytest.skip("not installed: apt-get install nsd")
    server = DnsServer(tmp_path_factory.mktemp("dns"), {})
    server.start()
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path, dns):
    """start(settings, name="p"): a running daemon that asks our name server."""
    daemons = []

    def begin(settings=None, name="p"):
        whole = merged({"dns": {"servers": [dns.address]}}, settings)
        daemons.append(PolicyDaemon(tmp_path / name, whole).start())
        return daemons[-1]

    yield begin
    for daemon in daemons:
        daemon.kill()


# ------------------------------------------------------------------ limits

LIMIT = 1000
END = {"protocol_state": "END-OF-MESSAGE", "recipient_count": "1", "queue_id": "4Q",
       **SUBMISSION}  # fmt: skip


def limit_settings(amount=LIMIT, **more):
    limit = {"key": ["sasl_username"], "amount": amount, "per": "1h", **more}
    return {"policy": {"rules": ["total"], "timeout": "20s",
                       "rule": {"total": {"action": "limit:total"}},
                       "limit": {"total": limit}},
            "store": {"timeout": "10s"}}  # fmt: skip


def ask_many(daemons, connections=32, each=40):
    """How many were let through of `connections` at once, each asking `each` times."""

    def ask(number):
        daemon = daemons[number % len(daemons)]
        with daemon.client(120) as client:
            return [client.ask(**END, instance=unique_instance(), recipient=f"r{number}@b.example")
                    for _ in range(each)]  # fmt: skip

    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        answers = [a for some in pool.map(ask, range(connections)) for a in some]
    refused = [a for a in answers if a != "DUNNO"]
    assert all(a.startswith("450 4.7.1 Limit total reached, try again in ") for a in refused)
    return len(answers) - len(refused)


@pytest.mark.parametrize("algorithm", ["sliding-window", "gcra"])
def test_a_limit_is_exact_for_32_connections(start, algorithm):
    """GCRA lets one more through for each 3.6 s that the test takes."""
    daemon = start(limit_settings(algorithm=algorithm))
    begin = time.monotonic()
    passed = ask_many([daemon])
    spare = 0 if algorithm == "sliding-window" else 1 + (time.monotonic() - begin) / 3.6
    assert LIMIT <= passed <= LIMIT + spare


def require_redis():
    if not shutil.which("redis-server"):
        pytest.skip("not installed: apt-get install redis-server")


def test_a_limit_is_exact_for_two_daemons_on_one_redis(start, tmp_path):
    require_redis()
    with RedisServer(tmp_path / "redis") as redis:
        settings = merged(limit_settings(), {"store": {"url": redis.url}})
        daemons = [start(settings, name="p1"), start(settings, name="p2")]
        assert ask_many(daemons) == LIMIT
        assert not daemons[0].events("store-down")


def test_a_limit_is_exact_for_two_daemons_on_one_file(start, tmp_path):
    settings = merged(limit_settings(100), {"store": {"url": f"lmdb:{tmp_path}/both.lmdb"}})
    assert ask_many([start(settings, name="p1"), start(settings, name="p2")], 8, 20) == 100


def test_sigkill_lets_no_more_through_than_were_in_flight(start):
    """What was answered before is counted; 16 connections have one request each in flight."""
    daemon = start(limit_settings(300))
    passed, connections = [], 16

    def ask(number):
        for _ in range(15):
            try:
                with daemon.client(60) as client:
                    for _ in range(10):
                        if client.ask(**END, instance=unique_instance()) == "DUNNO":
                            passed.append(number)
            except (OSError, EOFError):
                time.sleep(0.1)

    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        jobs = [pool.submit(ask, number) for number in range(connections)]
        ports.wait_until(lambda: len(passed) > 100, "requests pass", step_seconds=0.002)
        daemon.kill()
        daemon.start()
        for job in jobs:
            job.result()
    assert 300 - connections <= len(passed) <= 300, len(passed)


def test_a_message_counts_once_with_all_its_recipients_or_not_at_all(start):
    daemon = start(limit_settings(10))
    assert daemon.ask(**{**END, "recipient_count": "6"}, instance="one") == "DUNNO"
    for _ in range(3):  # Postfix asks again, or at a second place
        assert daemon.ask(**{**END, "recipient_count": "6"}, instance="one") == "DUNNO"
    action, line = daemon.decision(**{**END, "recipient_count": "5"})
    assert action.startswith("450 4.7.1") and "4 left" in line["why"]
    assert daemon.ask(**{**END, "recipient_count": "4"}, instance="three") == "DUNNO"
    assert daemon.ask(**END, instance="four").startswith("450")
    assert daemon.ask(**{**END, "sasl_username": "bob"}, instance="five") == "DUNNO"
    assert daemon.ask(**{**END, "sasl_username": ""}, instance="six") == "DUNNO"


LIMITS = {
    "bytes": ({"count": "bytes", "amount": 0, "bytes": "10KiB"}, {"size": "6000"}, 1),
    "messages": ({"count": "messages", "amount": 2}, {"recipient_count": "50"}, 2),
    "network": ({"key": ["client_network"], "amount": 3}, {}, 3),
    "pair": ({"key": ["sasl_username", "sender_domain"], "amount": 3}, {}, 3),
    "rcpt": ({"state": "RCPT", "amount": 2}, {"protocol_state": "RCPT"}, 2),
}


@pytest.mark.parametrize("case", LIMITS)
def test_kinds_of_limits(start, case):
    limit, changes, allowed = LIMITS[case]
    daemon = start(limit_settings(**{"amount": 1, **limit}))
    answers = [daemon.ask(**{**END, **changes, "instance": unique_instance(),
                             "client_address": f"127.0.0.{number}"})
               for number in range(1, allowed + 3)]  # fmt: skip
    assert [a == "DUNNO" for a in answers] == [True] * allowed + [False] * 2, answers


def test_the_default_holds_a_login_to_300_recipients_an_hour(start):
    daemon = start({"policy": {"rules": ["limits"]}})
    assert daemon.ask(**{**END, "recipient_count": "300"}, instance="a") == "DUNNO"
    assert "login-hour" in daemon.ask(**END, instance="b")


def test_a_limit_is_there_again_after_its_time(start):
    daemon = start(limit_settings(5, per="2s"))
    answers = [daemon.ask(**END, instance=f"a{n}") for n in range(6)]
    assert [answer == "DUNNO" for answer in answers] == [True] * 5 + [False]
    time.sleep(4.1)  # a window that slides looks back on the one before
    assert [daemon.ask(**END, instance=f"b{n}") for n in range(5)] == ["DUNNO"] * 5


# ------------------------------------------------------------------ the brake

RCPT = {**SUBMISSION, "sasl_username": "Alice@example.org"}


def send_to(daemon, count, first=0, **changes):
    return [daemon.ask(**{**RCPT, **changes}, recipient=f"victim{n}@target.example",
                       instance=f"brake.{first}")
            for n in range(first, first + count)]  # fmt: skip


def test_the_brake_holds_a_login_and_tells_owner_and_postmaster_once(start):
    mailbox = sink.Sink()
    mailbox.start()
    daemon = start({"policy": {"notice_server": f"127.0.0.1:{mailbox.port}"}})
    try:
        assert send_to(daemon, 40) == ["DUNNO"] * 40
        held = send_to(daemon, 5, 40)
        assert all(a.startswith("HOLD login stopped by the brake: 41 new") or
                   a.startswith("HOLD login stopped by the brake: login is held") for a in held)
        state = {"protocol_state": "END-OF-MESSAGE", "recipient_count": "5", "recipient": ""}
        assert daemon.ask(**{**RCPT, **state}).startswith("HOLD ")
        assert daemon.ask(**{**RCPT, "sasl_username": "bob"}) == "DUNNO"
        owner = mailbox.wait_for("Alice@example.org")
        letter = mailbox.wait_for("postmaster@mx.example.org")
        assert b"postern brake release 'Alice@example.org'" in letter.raw
        assert b"nothing is lost" in owner.raw and b"Auto-Submitted: auto-generated" in owner.raw
        assert len(daemon.events("brake-on")) == 1

        assert "Alice@example.org: 41 new recipients" in daemon.command("brake", "list")[1]
        assert "may send again" in daemon.command("brake", "release", "alice@EXAMPLE.org")[1]
        assert send_to(daemon, 10, 100) == ["DUNNO"] * 10
        daemon.command("brake", "deny", "alice@example.org", "--why", "stolen, ticket 7")
        assert send_to(daemon, 1)[0].startswith("REJECT 5.7.1 This account may not send mail")
        assert "stolen, ticket 7" in daemon.command("brake", "list")[1]
        daemon.command("brake", "release", "alice@example.org")
        assert send_to(daemon, 1) == ["DUNNO"]
        assert daemon.command("brake", "list")[1] == "No login is held or denied.\n"
        time.sleep(1)
        assert len(mailbox.messages) == 2
    finally:
        mailbox.stop()


def test_the_brake_stops_32_connections_once(start):
    daemon = start({"brake": {"per_hour": 10}})

    def ask(number):
        with daemon.client(60) as client:
            return [client.ask(**RCPT, instance=unique_instance(),
                               recipient=f"v{number}.{n}@target.example") for n in range(4)]

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = [a for some in pool.map(ask, range(32)) for a in some]
    assert answers.count("DUNNO") == 10
    assert len(daemon.events("brake-on")) == 1


def test_known_recipients_do_not_count(start):
    daemon = start({"brake": {"per_hour": 3}})
    for _ in range(5):
        assert send_to(daemon, 3) == ["DUNNO"] * 3
    assert send_to(daemon, 1, 3)[0].startswith("HOLD")


def test_in_observe_mode_the_brake_is_only_noted(start):
    daemon = start({"mode": "observe", "brake": {"per_hour": 3}})
    assert send_to(daemon, 6) == ["DUNNO"] * 6
    _, line = daemon.decision(**RCPT, recipient="victim9@target.example")
    assert line["wanted"].startswith("HOLD") and daemon.events("brake-on") == []
    assert "would be held" in daemon.command("brake", "list")[1]


def test_bounces_hold_a_login_as_far_as_it_has_sent_itself(start):
    daemon = start({"brake": {"bounces": 3}, "greylist": {"when": "never"}})
    bounce = {**ZOMBIE, "sender": "", "recipient": "alice@example.org"}
    for _ in range(8):  # forged mail in its name comes back
        assert daemon.ask(**bounce) == "DUNNO"
    assert send_to(daemon, 1) == ["DUNNO"]
    assert [daemon.ask(**bounce) for _ in range(5)] == ["DUNNO"] * 5
    assert send_to(daemon, 3, 1) == ["DUNNO"] * 3
    assert daemon.ask(**bounce) == "DUNNO"  # the bounce itself arrives
    assert send_to(daemon, 1, 5)[0].startswith("HOLD")
