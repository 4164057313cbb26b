"""Greylisting against floods (POL-11), and for senders that come again from elsewhere or under
another name (POL-12), through the daemon."""

import shutil
import threading

import pytest

from milter_client import SANITIZED, require_program
from support import ports
from support.dns_server import DnsServer
from support.policy import FakeClock, PolicyDaemon, merged, unique_word

HELD = "DEFER_IF_PERMIT 4.7.1 Greylisted"
MINUTE = 60
ZONE = {
    # One provider by SPF, one by the names of its hosts; neither sends all from one network.
    "pool.example": {"TXT": [["v=spf1 ip4:1.2.3.0/24 ip4:5.6.7.0/24 ip6:2001:db8:1::/48 -all"]]},
    "lists.pool.example": {"TXT": [["v=spf1 redirect=pool.example"]]},
    "_dmarc.pool.example": {"TXT": [["v=DMARC1; p=none"]]},
    "out1.named.example": {"A": ["9.1.1.1"]},
    "out2.named.example": {"A": ["9.2.2.2"]},
    "1.1.1.9.in-addr.arpa": {"PTR": ["out1.named.example"]},
    "2.2.2.9.in-addr.arpa": {"PTR": ["out2.named.example"]},
    "_dmarc.named.example": {"TXT": [["v=DMARC1; p=none"]]},
}


@pytest.fixture(scope="module")
def dns(tmp_path_factory):
    require_program("postern-policy")
    if not shutil.which("nsd", path="/usr/sbin"):
        pytest.skip("not installed: apt-get install nsd")
    server = DnsServer(tmp_path_factory.mktemp("dns"), ZONE)
    server.start()
    yield server
    server.stop()


# ------------------------------------------------------------------ POL-11: a full table

CONFIRMED = 200
LIMIT = 5
# What was earned ends sooner than what any stranger can write.
FULL = {
    "store": {"max_size": "1MiB"},
    "greylist": {"when": "always", "delay": "0s", "window": "2d", "lifetime": "1h", "passes": 0},
    "policy": {"rules": ["limits", "greylist"], "limit": {"login-hour": {"amount": LIMIT}}},
}
LOGIN = {"protocol_state": "END-OF-MESSAGE", "sasl_username": "ann", "recipient_count": "1"}


def stranger(number):
    """The n-th of them: /24 networks in turn, and each time another sender."""
    address = f"11.{number // 250 % 250}.{number % 250}.1"
    return {"client_address": address, "sender": f"{unique_word()}@flood.example"}


def flood(daemon, first, count, threads=8):
    """`count` first attempts; the answers."""
    answers = []

    def ask(begin, end):
        with daemon.client(60) as client:
            answers.extend(client.ask(**stranger(number)) for number in range(begin, end))

    share = count // threads
    workers = [threading.Thread(target=ask, args=(first + n * share, first + (n + 1) * share))
               for n in range(threads)]  # fmt: skip
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
    return answers


def test_pol11_a_full_table_forgets_the_unconfirmed_and_nothing_else(tmp_path, dns):
    settings = merged(FULL, {"dns": {"servers": [dns.address]}})
    confirmed = [{"sender": f"{unique_word()}@author.example"} for _ in range(CONFIRMED)]
    with PolicyDaemon(tmp_path / "p", settings) as daemon:
        for attributes in confirmed:
            assert daemon.ask(**attributes).startswith(HELD)
            assert daemon.ask(**attributes) == "DUNNO"
        for number in range(LIMIT):
            assert daemon.ask(**LOGIN, instance=f"full.{number}") == "DUNNO"
        oldest = {"sender": f"{unique_word()}@author.example"}
        assert daemon.ask(**oldest).startswith(HELD)
        first = flood(daemon, 0, 12_000)
        assert len(first) == 12_000 and all(answer.startswith(HELD) for answer in first)

        # Bounded, and the operator was told once.
        note = daemon.wait_for_event("store-note")["note"]
        assert "raise store.max_size" in note and str(daemon.store_path) in note
        assert daemon.store_path.stat().st_size <= 2 * 1024 * 1024  # and what waits to be free
        # What was earned is there, the oldest attempt is not.
        assert {daemon.ask(**attributes) for attributes in confirmed} == {"DUNNO"}
        assert daemon.ask(**LOGIN, instance="full.more") != "DUNNO"
        listed = daemon.command("greylist", "list", "--all")[1]
        assert oldest["sender"] not in listed
        assert "@flood.example" in listed

        # Mail flows: who comes now, and again while the flood goes on, passes.
        late = {"sender": f"{unique_word()}@author.example"}
        assert daemon.ask(**late).startswith(HELD)
        flood(daemon, 12_000, 400)
        assert daemon.ask(**late) == "DUNNO"
        flood(daemon, 12_400, 4_000)
        assert {daemon.ask(**attributes) for attributes in confirmed} == {"DUNNO"}
        assert len(daemon.events("store-note")) == 1 and daemon.events("store-down") == []
        assert daemon.store_path.stat().st_size <= 2 * 1024 * 1024


# ------------------------------------------------------------------ POL-12: the same from elsewhere


@pytest.fixture
def daemon(tmp_path, dns):
    """With a clock that can be set on; everybody is put off once."""
    if SANITIZED or not FakeClock.is_here():
        pytest.skip("not with sanitizers, or not installed: apt-get install faketime")
    clock = FakeClock(tmp_path)
    settings = {"dns": {"servers": [dns.address]}, "greylist": {"when": "always", "passes": 0}}
    with PolicyDaemon(tmp_path / "p", settings, environment=clock.environment) as running:
        running.clock = clock
        yield running


NOBODY = {"client_address": "11.0.0.66", "client_name": "unknown", "helo_name": "pc"}


def at(address, name="unknown"):
    return {"client_address": address, "client_name": name, "reverse_client_name": name,
            "helo_name": name if name != "unknown" else "pc"}  # fmt: skip


# (first attempt, retry): one message of one sender, as its second attempt may look.
SAME = {
    "VERP, the recipient behind +": (
        {"sender": "list-bounces+alice=example.org@lists.example"},
        {"sender": "list-bounces+Alice=Example.org@lists.example"}),
    "VERP, a number of the message": (
        {"sender": "bounce-1234-5678-alice=example.org@news.example"},
        {"sender": "bounce-1234-9999-alice=example.org@news.example"}),
    "VERP, letters and digits of a sending service": (
        {"sender": "0100018f2a7c-aa00@eu.mail.example"},
        {"sender": "0100018f2b99-bb17@eu.mail.example"}),
    "SRS0, another hash and day": (
        {"sender": "SRS0=AbCd=7Q=author.example=ann@forwarder.example"},
        {"sender": "SRS0=x9Yz=7R=author.example=ann@forwarder.example"}),
    "SRS1, another hash": (
        {"sender": "SRS1=AbCd=first.example==HhHh=7Q=author.example=ann@second.example"},
        {"sender": "SRS1=WxYz=first.example==IiIi=7R=author.example=ann@second.example"}),
    "BATV, the key of another day": (
        {"sender": "prvs=1234abcdef=ann@author.example"},
        {"sender": "prvs=2345fedcba=ann@author.example"}),
    "IPv6, the same /64": (at("2001:db8:ffff:1::25"), at("2001:db8:ffff:1:aaaa:bbbb:cccc:dddd")),
    "IPv4, the same /24": (at("11.0.0.66"), at("11.0.0.201")),
    "a pool by SPF, another network": (
        {**at("1.2.3.4"), "sender": "ann@pool.example"},
        {**at("5.6.7.8"), "sender": "ann@pool.example"}),
    "a pool by SPF, IPv6 and then IPv4": (
        {**at("2001:db8:1:77::1"), "sender": "ann@pool.example"},
        {**at("5.6.7.8"), "sender": "ann@pool.example"}),
    "a pool by SPF, a domain below it": (
        {**at("1.2.3.4"), "sender": "x-77-bob=a.example@lists.pool.example"},
        {**at("5.6.7.8"), "sender": "x-78-bob=a.example@lists.pool.example"}),
    "a pool by the names of its hosts": (
        at("9.1.1.1", "out1.named.example"), at("9.2.2.2", "out2.named.example")),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_pol12_a_retry_of_the_same_sender_passes(daemon, case):
    first, retry = ({**NOBODY, **attributes} for attributes in SAME[case])
    assert daemon.ask(**first).startswith(HELD)
    daemon.clock.step(5 * MINUTE)
    action, line = daemon.decision(**retry)
    assert action == "DUNNO" and "came again after" in line["why"], line


OTHERS = {
    "another sender": ({"sender": "ann@author.example"}, {"sender": "eve@author.example"}),
    "another domain behind SRS": (
        {"sender": "SRS0=AbCd=7Q=author.example=ann@forwarder.example"},
        {"sender": "SRS0=AbCd=7Q=other.example=ann@forwarder.example"}),
    "another list": (
        {"sender": "one-bounces+alice=example.org@lists.example"},
        {"sender": "two-bounces+alice=example.org@lists.example"}),
    "IPv6, another /64": (at("2001:db8:ffff:1::25"), at("2001:db8:ffff:2::25")),
    "IPv4, another /24": (at("11.0.0.66"), at("11.0.1.66")),
    "outside of the pool": (
        {**at("1.2.3.4"), "sender": "ann@pool.example"},
        {**at("5.6.8.8"), "sender": "ann@pool.example"}),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHERS)
def test_pol12_a_retry_of_somebody_else_does_not(daemon, case):
    first, retry = ({**NOBODY, **attributes} for attributes in OTHERS[case])
    assert daemon.ask(**first).startswith(HELD)
    daemon.clock.step(5 * MINUTE)
    action, line = daemon.decision(**retry)
    assert action.startswith(HELD) and "first attempt" in line["why"], line
