"""What the rules of postern-policy do: greylisting, conditions, DNS lists, reputation."""

import re
import shutil
import time

import pytest

from milter_client import SANITIZED, require_program
from support import ports
from support.dns_server import DnsServer
from support.policy import FakeClock, PolicyDaemon, answer_rule, merged

HELD = "DEFER_IF_PERMIT 4.7.1 Greylisted"
MINUTE, HOUR, DAY = 60, 3600, 86400

ZONE = {
    # A provider with two networks, and a host that answers for itself.
    "pool.example": {"TXT": [["v=spf1 ip4:1.2.3.0/24 ip4:5.6.7.0/24 -all"]]},
    "_dmarc.pool.example": {"TXT": [["v=DMARC1; p=none"]]},
    "bounces.pool.example": {"TXT": [["v=spf1 ip4:5.6.7.0/24 -all"]]},
    "out1.pool.example": {"A": ["1.2.3.4"]},
    "out2.pool.example": {"A": ["5.6.7.8"]},
    "4.3.2.1.in-addr.arpa": {"PTR": ["out1.pool.example"]},
    "8.7.6.5.in-addr.arpa": {"PTR": ["out2.pool.example"]},
    # A small host without SPF, with a name.
    "mx.small.example": {"A": ["9.8.7.6"]},
    "6.7.8.9.in-addr.arpa": {"PTR": ["mx.small.example"]},
    # Lists: two that work, one that refuses us, one that has expired and lists everything.
    "2.0.0.127.good-list.example": {"A": ["127.0.0.2"]},
    "6.7.8.9.good-list.example": {"A": ["127.0.0.2"]},
    "2.0.0.127.allow.example": {"A": ["127.0.0.2"]},
    "99.0.0.11.allow.example": {"A": ["127.0.0.5"]},
    "*.refusing.example": {"A": ["127.255.255.254"]},
    "*.expired.example": {"A": ["127.0.0.2"]},
}
SMALL = {"client_address": "9.8.7.6", "client_name": "mx.small.example",
         "helo_name": "mx.small.example", "sender": "news@small.example"}  # fmt: skip
POOL_1 = {"client_address": "1.2.3.4", "client_name": "out1.pool.example",
          "helo_name": "out1.pool.example", "sender": "ann@pool.example"}  # fmt: skip
POOL_2 = {**POOL_1, "client_address": "5.6.7.8", "client_name": "out2.pool.example",
          "helo_name": "out2.pool.example"}  # fmt: skip
ZOMBIE = {"client_address": "11.0.0.66", "client_name": "unknown", "helo_name": "pc",
          "sender": "mallory@pool.example"}  # fmt: skip
SUBMISSION = {"client_address": "127.0.0.1", "client_name": "localhost", "helo_name": "[127.0.0.1]",
              "sasl_username": "alice", "sender": "alice@example.org"}  # fmt: skip


@pytest.fixture(scope="module")
def dns(tmp_path_factory):
    require_program("postern-policy")
    if not shutil.which("nsd", path="/usr/sbin"):
        pytest.skip("not installed: apt-get install nsd")
    server = DnsServer(tmp_path_factory.mktemp("dns"), ZONE)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def clock(tmp_path):
    if SANITIZED or not FakeClock.is_here():
        pytest.skip("not with sanitizers, or not installed: apt-get install faketime")
    return FakeClock(tmp_path)


@pytest.fixture
def start(tmp_path, dns):
    """start(settings, clock=None, name="p"): a running daemon that asks our name server."""
    daemons = []

    def begin(settings=None, clock=None, name="p"):
        whole = merged({"dns": {"servers": [dns.address]}}, settings)
        environment = clock.environment if clock else None
        daemons.append(PolicyDaemon(tmp_path / name, whole, environment=environment).start())
        return daemons[-1]

    yield begin
    for daemon in daemons:
        daemon.kill()


# ------------------------------------------------------------------ greylisting


def test_a_suspicious_client_is_held_until_the_delay_is_over(start, clock):
    daemon = start(clock=clock)
    action, line = daemon.decision(**ZOMBIE)
    assert action == HELD + ", please try again in 4 minutes"
    assert "no PTR record" in line["why"] and "HELO is no host name" in line["why"]
    clock.step(3 * MINUTE)
    action, line = daemon.decision(**ZOMBIE)
    assert re.search(r"try again in \d+ seconds$", action) and "early retry" in line["why"]
    clock.step(2 * MINUTE)
    action, line = daemon.decision(**ZOMBIE)
    assert action == "DUNNO" and "came again after" in line["why"]
    assert daemon.decision(**ZOMBIE)[0] == "DUNNO"
    assert daemon.decision(**{**ZOMBIE, "sender": "other@pool.example"})[0].startswith(HELD)
    assert daemon.decision(**{**ZOMBIE, "recipient": "bob@example.org"})[0].startswith(HELD)


def test_a_retry_after_the_window_is_a_first_attempt(start):
    daemon = start({"greylist": {"delay": "0s", "window": "1s"}})
    assert "first attempt" in daemon.decision(**ZOMBIE)[1]["why"]
    time.sleep(1.5)
    assert "first attempt" in daemon.decision(**ZOMBIE)[1]["why"]
    assert daemon.ask(**ZOMBIE) == "DUNNO"


def test_clients_in_good_order_are_not_held(start):
    """A login code of a provider must not wait."""
    daemon = start()
    action, line = daemon.decision(**POOL_1)
    assert (action, line["spf"], line["ptr"], line["helo_state"]) == (
        "DUNNO", "pass", "confirmed", "resolves")  # fmt: skip
    assert "not suspicious" in line["why"]


@pytest.mark.parametrize("changes", [
    {"recipient": "postmaster@example.org"}, {"recipient": "abuse@example.org"},
    {"sasl_username": "alice"}, {"protocol_state": "MAIL", "recipient": ""},
])  # fmt: skip
def test_whom_greylisting_passes_over(start, changes):
    assert start({"greylist": {"when": "always"}}).ask(**{**ZOMBIE, **changes}) == "DUNNO"


def test_local_networks_are_not_held(start):
    daemon = start({"greylist": {"when": "always"}, "local_networks": ["11.0.0.0/8"]})
    assert daemon.ask(**ZOMBIE) == "DUNNO"
    assert daemon.ask(**SMALL).startswith(HELD)


def test_a_retry_from_another_host_of_an_spf_domain_passes(start, clock):
    daemon = start({"greylist": {"when": "always"}}, clock)
    action, line = daemon.decision(**POOL_1)
    assert action.startswith(HELD) and "spf:pool.example" in line["why"]
    clock.step(5 * MINUTE)
    action, line = daemon.decision(**POOL_2)
    assert action == "DUNNO" and "spf:pool.example came again" in line["why"]
    sender = "prvs=1234ABCDEF=ann@pool.example"  # BATV
    assert daemon.ask(**{**POOL_2, "sender": sender}) == "DUNNO"


def test_a_retry_from_another_network_of_nobody_is_a_first_attempt(start, clock):
    daemon = start(clock=clock)
    daemon.ask(**ZOMBIE)
    clock.step(5 * MINUTE)
    assert daemon.ask(**{**ZOMBIE, "client_address": "11.0.1.66"}).startswith(HELD)
    assert daemon.ask(**{**ZOMBIE, "client_address": "11.0.0.67"}) == "DUNNO"  # same /24


def test_a_client_that_came_back_often_is_known(start, clock):
    daemon = start({"greylist": {"passes": 2}}, clock)
    for number in range(2):
        sender = f"a{'xyz'[number]}@small.example"
        assert daemon.ask(**{**SMALL, "sender": sender}).startswith(HELD)
        clock.step(5 * MINUTE)
        assert daemon.ask(**{**SMALL, "sender": sender}) == "DUNNO"
        clock.step(HOUR)  # returns are counted once an hour
    action, line = daemon.decision(**SMALL)
    assert action == "DUNNO" and "came back often enough" in line["why"]
    assert "name:small.example" in daemon.command("greylist", "list")[1]


def test_whom_our_users_wrote_to_is_not_held(start):
    daemon = start({"greylist": {"when": "always"}})
    stranger = {**SMALL, "sender": "Doc@small.example"}
    assert daemon.ask(**stranger, recipient="alice@example.org").startswith(HELD)
    assert daemon.ask(**SUBMISSION, recipient="doc@Small.example") == "DUNNO"
    assert daemon.ask(**SUBMISSION, recipient="someone@pool.example") == "DUNNO"
    assert "wrote to the sender" in daemon.decision(**stranger)[1]["why"]
    # Without SPF it is the address that counts, with it the domain.
    assert daemon.ask(**{**SMALL, "sender": "other@small.example"}).startswith(HELD)
    action, line = daemon.decision(**POOL_1)
    assert action == "DUNNO" and "wrote to the domain" in line["why"]
    assert daemon.ask(**ZOMBIE).startswith(HELD)  # who only names it


def test_what_was_held_is_there_after_sigkill(start):
    daemon = start({"greylist": {"delay": "1s"}})
    assert daemon.ask(**ZOMBIE).startswith(HELD)
    daemon.kill()
    time.sleep(1.2)
    daemon.start()
    assert daemon.ask(**ZOMBIE) == "DUNNO"


def test_pol10_a_clock_that_jumps_neither_frees_nor_holds_for_ever(start, clock):
    daemon = start(clock=clock)
    assert daemon.ask(**ZOMBIE).startswith(HELD)
    clock.step(-DAY)
    action, line = daemon.decision(**ZOMBIE)
    assert action == HELD + ", please try again in 4 minutes" and "clock went back" in line["why"]
    clock.step(5 * MINUTE)
    assert daemon.ask(**ZOMBIE) == "DUNNO"
    clock.step(3650 * DAY)
    assert daemon.ask(**ZOMBIE) in ("DUNNO", HELD + ", please try again in 4 minutes")
    clock.step(5 * MINUTE)
    assert daemon.ask(**ZOMBIE) == "DUNNO"


# ------------------------------------------------------------------ conditions, lists, reputation

CONDITIONS = {
    "state": ({"state": ["MAIL"]}, {"protocol_state": "MAIL"}, {}),
    "client": ({"client": ["1.2.3.0/24", "2001:db8::/32"]}, {"client_address": "2001:db8::1"},
               {"client_address": "2001:db9::1"}),
    "authenticated": ({"authenticated": "yes"}, {"sasl_username": "x"}, {}),
    "login": ({"login": ["Alice"]}, {"sasl_username": "alice"}, {"sasl_username": "bob"}),
    "sender": ({"sender": ["small.example"]}, {"sender": "A@SMALL.example"},
               {"sender": "a@small.example.net"}),
    "recipient": ({"recipient": ["bob@"]}, {"recipient": "bob@x.example"}, {}),
    "spf": ({"spf": ["fail"]}, {"sender": "a@bounces.pool.example"}, {"sender": "a@pool.example"}),
    "spf_helo": ({"spf_helo": ["pass"]}, {"helo_name": "pool.example"}, {}),
    "ptr": ({"ptr": ["missing"]}, {"client_address": "11.0.0.1", "client_name": "unknown"}, {}),
    "helo": ({"helo": ["own", "literal"]}, {"helo_name": "MX.example.org"},
             {"helo_name": "out1.pool.example"}),
    "context": ({"context": ["submission"]}, {"policy_context": "submission"}, {}),
    "negated": ({"sender": ["pool.example"], "negate": ["sender"]}, {"sender": "a@b.example"},
                {"sender": "a@pool.example"}),
    "list": ({"dnslist_at_least": 2}, {**SMALL}, {}),
}  # fmt: skip


@pytest.fixture(scope="module")
def conditions(tmp_path_factory, dns):
    """One daemon in which each condition is a rule of its own, chosen by policy_context."""
    daemon = PolicyDaemon(tmp_path_factory.mktemp("c"), {})
    with daemon:
        yield daemon, dns


@pytest.mark.parametrize("case", CONDITIONS)
def test_conditions(conditions, case):
    daemon, dns = conditions
    condition, matching, other = CONDITIONS[case]
    lists = {"dnslist": {"zone": {"good-list.example": {"weight": 2}}}}
    settings = merged({"dns": {"servers": [dns.address]}, **lists},
                      answer_rule("REJECT matched", **condition))
    daemon.restart(settings)
    base = {**POOL_1, "sender": "ann@pool.example"}
    assert daemon.decision(**{**base, **matching})[0] == "REJECT matched", daemon.log()[-500:]
    assert daemon.decision(**{**base, **other})[0] == "DUNNO", daemon.log()[-500:]


def test_rules_are_looked_at_in_their_order(start):
    rules = {"a": {"client": ["1.2.3.4"], "action": "none"},
             "b": {"client": ["1.2.3.4"], "action": "OK"},
             "c": {"action": "REJECT 5.7.1 {client_address} {rule}"}}
    settings = {"policy": {"rules": ["a", "b", "c"], "rule": rules}}
    daemon = start(settings)
    assert daemon.decision(**POOL_1)[1]["rule"] == "b"
    assert daemon.ask(**POOL_2) == "REJECT 5.7.1 5.6.7.8 c"
    daemon.reload_with(merged(settings, {"policy": {"rules": ["c", "b"]}}))
    assert daemon.ask(**POOL_1) == "REJECT 5.7.1 1.2.3.4 c"


LISTS = {"dnslist": {"zone": {
    "good-list.example": {"weight": 3}, "allow.example": {"weight": -5},
    "refusing.example": {"weight": 4}, "expired.example": {"weight": 4}}}}  # fmt: skip
LIST_RULE = {"policy": {"rules": ["listed", "greylist"],
                        "rule": {"listed": {"dnslist_at_least": 5, "action": "REJECT listed"}}}}


def test_lists_that_refuse_or_list_everything_are_off_with_one_warning_each(start, dns):
    daemon = start(merged(LISTS, LIST_RULE))
    daemon.wait_for_event("list-off", 2)
    told = sorted(event["detail"] for event in daemon.events("list-off"))
    assert "expired.example" in told[0] and "refusing.example" in told[1]
    assert float(daemon.decision(**POOL_1)[1].get("dnslist", "0")) == 0
    action, line = daemon.decision(**SMALL)
    assert action.startswith(HELD) and line["dnslist"] == "3" and "in DNS lists" in line["why"]
    _, line = daemon.decision(**{**ZOMBIE, "client_address": "11.0.0.99"})
    assert line["dnslist"] == "-5" and "in an allow list" in line["why"]
    # They stay off, without another word, after a reload and a start.
    daemon.reload_with(merged({"dns": {"servers": [dns.address]}}, merged(LISTS, LIST_RULE)))
    daemon.kill()
    daemon.start()
    time.sleep(1)
    assert float(daemon.decision(**POOL_2)[1].get("dnslist", "0")) == 0
    assert len(daemon.events("list-off")) == 2 and daemon.events("list-on") == []


def test_a_list_that_works_again_is_on_again(start, tmp_path):
    test_entry = {"2.0.0.127.expired.example": {"A": ["127.0.0.2"]}}
    servers = [DnsServer(tmp_path / "old", ZONE), DnsServer(tmp_path / "new", test_entry)]
    for server in servers:
        server.start()
    try:
        settings = merged(LISTS, {"dns": {"servers": [servers[0].address]}})
        daemon = start(settings)
        daemon.wait_for_event("list-off", 2)
        daemon.stop()  # what it has just logged is written yet
        daemon.restart(merged(settings, {"dns": {"servers": [servers[1].address]}}))
        assert "expired.example" in daemon.wait_for_event("list-on")["detail"]
    finally:
        for server in servers:
            server.stop()


def test_reputation_is_learned_from_the_feed_and_counts_in_rules(start):
    bad = {"reputation_below": "-0.3", "action": "REJECT bad reputation"}
    daemon = start({"policy": {"rules": ["bad", "greylist"], "rule": {"bad": bad}}})
    assert daemon.ask(**SMALL).startswith(HELD)  # a stranger without SPF
    for number in range(30):
        daemon.feed(f"rep1 kind=ham ip=9.8.7.6 helo=mx.small.example id=h{number}@mx")
        daemon.feed(f"rep1 kind=user-spam ip=11.0.0.66 id=s{number}@mx")
        daemon.feed("rep1 kind=spam ip=1.2.3.4 domain=pool.example weight=0.5 id=once@mx")
    ports.wait_until(lambda: daemon.ask(**ZOMBIE) == "REJECT bad reputation", "bad reputation")
    action, line = daemon.decision(**SMALL)
    assert action == "DUNNO" and float(line["reputation"]) > 0.3
    assert daemon.ask(**POOL_1) == "DUNNO"  # told thirty times, counted once
    shown = daemon.command("reputation", "show", "11.0.0.66")[1]
    assert "11.0.0.66" in shown and re.search(r"together: -0\.\d", shown)
    assert re.search(r"together: 0\.\d", daemon.command("reputation", "show", "9.8.7.6")[1])
    assert "nothing is known" in daemon.command("reputation", "show", "192.0.2.1")[1]


def test_what_is_no_line_of_the_feed_is_refused_with_one_line_a_minute(start):
    daemon = start()
    for line in (b"", b"rep2 kind=ham ip=1.2.3.4", b"rep1 kind=ham", b"rep1 kind=x ip=1.2.3.4",
                 b"\xff\0" * 400, b"rep1 kind=ham ip=1.2.3.4 id=" + b"x" * 9000):  # fmt: skip
        daemon.feed(line)
    daemon.wait_for_event("feed-refused")
    daemon.feed("rep1 kind=ham ip=1.2.3.4")
    ports.wait_until(lambda: "nothing is known" not in daemon.command(
        "reputation", "show", "1.2.3.4")[1].split("\n")[0], "the good line")
    assert len(daemon.events("feed-refused")) == 1
