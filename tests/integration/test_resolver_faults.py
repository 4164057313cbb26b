"""The resolver against a DNS server that misbehaves: rows DNS-01 to DNS-13 of the security cases.

resolver_probe (found in POSTERN_BIN) asks; tests/security/dnsfault.py answers on a free port.
"""
import json
import os
import pathlib
import queue
import socket
import subprocess
import sys
import threading
import time

import pytest

from support import ports

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("POSTERN_BIN", ROOT / "build/dev/bin"))
DNSFAULT = ROOT / "tests/security/dnsfault.py"
sys.path.insert(0, str(DNSFAULT.parent))
import dnsfault  # noqa: E402

ANSWER_SECONDS = 20  # nothing the resolver does may take longer

ZONE = {
    "example.org": {"TXT": ["v=spf1 -all", "second"], "A": ["192.0.2.1", "192.0.2.2"],
                    "AAAA": ["2001:db8::1"], "MX": [[10, "Mail.example.org"], [20, "b.example.org"]]},
    "1.2.0.192.in-addr.arpa": {"PTR": ["host.example.org"]},
    "1.0.0.10.in-addr.arpa": {"PTR": ["inside.example.org"]},
    "alias.example.org": {"CNAME": ["hop.example.net"]},
    "hop.example.net": {"CNAME": ["end.example.com"]},
    "end.example.com": {"TXT": ["at the end"]},
    "loop.example.org": {"CNAME": ["pool.example.org"]},
    "pool.example.org": {"CNAME": ["loop.example.org"]},
    "big.example.org": {"TXT": ["x" * 4000]},
    "null.example.org": {"MX": [[0, ""]]},
    "other.example": {"TXT": ["forged"]},
    "one.example.org": {"TXT": ["1"]}, "two.example.net": {"TXT": ["2"]},
    "three.example.com": {"TXT": ["3"]}, "four.example.edu": {"TXT": ["4"]},
    "fine.example.org": {"TXT": ["fine"]},
}
for fault in ("silent", "slow:1", "slow:20", "servfail", "refused", "formerr", "tc", "tcdrop", "badid",
              "badq", "garbage", "short", "loopptr", "lame", "amp", "nx", "flip"):
    ZONE[fault.replace(":", "-") + ".example.org"] = {"TXT": ["answer"], "FAULT": fault}


def wait_until_it_answers(port):
    query = b"\0\1\1\0\0\1\0\0\0\0\0\0\4fine\7example\3org\0\0\x10\0\1"
    deadline = time.monotonic() + ANSWER_SECONDS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.05)
        while time.monotonic() < deadline:
            try:
                s.sendto(query, ("127.0.0.1", port))
                s.recv(4096)
                return
            except OSError:
                continue
    raise AssertionError("the DNS server did not start")


class FaultServer:
    """dnsfault.py as a process."""

    def __init__(self, folder, port=None, mode="ok"):
        self.port = port or ports.free_port()
        self.log = folder / "dns.log"
        zone = folder / "zone.json"
        zone.write_text(json.dumps(ZONE))
        self.process = subprocess.Popen(
            [sys.executable, str(DNSFAULT), f"127.0.0.1:{self.port}", str(zone), "--mode", mode,
             "--log", str(self.log)])
        wait_until_it_answers(self.port)

    def queries(self, name):
        return sum(name in line.split() for line in self.log.read_text().splitlines())

    def stop(self):
        self.process.kill()
        self.process.wait()


class Probe:
    """resolver_probe; health lines are collected apart from the answers to commands."""

    def __init__(self, port, *options):
        self.process = subprocess.Popen(
            [str(BIN / "resolver_probe"), f"127.0.0.1@{port}", *options], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lines, self.health = queue.Queue(), queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.start = self.lines.get(timeout=ANSWER_SECONDS)
        assert self.start.get("started"), self.start

    def _read(self):
        for line in self.process.stdout:
            record = json.loads(line)
            (self.health if "health" in record else self.lines).put(record)

    def do(self, command, seconds=ANSWER_SECONDS):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.lines.get(timeout=seconds)

    def ask(self, *questions):
        reply = self.do("ask " + " ".join(f"{name} {type_}" for name, type_ in questions))
        reply["by_name"] = {answer["name"]: answer for answer in reply["answers"]}
        return reply

    def text(self, name):
        return self.ask((name, "TXT"))["answers"][0]

    def quit(self):
        try:
            assert self.do("quit")["stopped_ms"] < 1000
            assert self.process.wait(timeout=ANSWER_SECONDS) == 0
        finally:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def server(tmp_path):
    running = FaultServer(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def probe(server):
    running = Probe(server.port)
    yield running
    running.quit()


def test_records_of_every_type(probe):
    questions = [("example.org", "TXT"), ("example.org", "A"), ("example.org", "AAAA"),
                 ("example.org", "MX"), ("1.2.0.192.in-addr.arpa", "PTR"), ("null.example.org", "MX"),
                 ("1.0.0.10.in-addr.arpa", "PTR")]
    records = [sorted(answer["records"]) for answer in probe.ask(*questions)["answers"]]
    assert records == [["second", "v=spf1 -all"], ["192.0.2.1", "192.0.2.2"], ["2001:db8::1"],
                       [[10, "mail.example.org"], [20, "b.example.org"]], ["host.example.org"],
                       [[0, ""]], ["inside.example.org"]]


def test_names_and_aliases(probe):
    assert probe.text("alias.example.org")["records"] == ["at the end"]
    assert probe.text("loop.example.org")["status"] in ("servfail", "no_data")
    assert probe.text("missing.void.example.org")["status"] == "nxdomain"
    assert probe.text("1.2.0.192.in-addr.arpa")["status"] == "no_data"
    assert probe.text("big.example.org")["records"] == ["x" * 4000]  # comes over TCP


def test_dns_01_silent(probe):
    reply = probe.ask(*[(name, "TXT") for name in ("silent.example.org", "fine.example.org")])
    assert reply["by_name"]["silent.example.org"]["status"] in ("timeout", "servfail")
    assert reply["by_name"]["fine.example.org"]["records"] == ["fine"]
    assert reply["elapsed_ms"] < 5000
    next_one = probe.ask(("example.org", "TXT"))
    assert next_one["answers"][0]["status"] == "success"
    assert next_one["elapsed_ms"] < 1000


def test_dns_01_own_deadline_and_budget(server):
    probe = Probe(server.port, "--question-ms", "300", "--total-ms", "500")
    reply = probe.ask(("silent.example.org", "TXT"))
    assert reply["answers"][0]["status"] == "timeout"
    assert 250 <= reply["elapsed_ms"] < 1200
    probe.quit()


def test_dns_02_slow(probe):
    reply = probe.ask(*[(name, "TXT") for name in ("slow-1.example.org", "slow-20.example.org")])
    assert reply["by_name"]["slow-1.example.org"]["records"] == ["answer"]
    assert reply["by_name"]["slow-20.example.org"]["status"] in ("timeout", "servfail")
    assert reply["elapsed_ms"] < 5000


class SlowForwarder:
    """Answers at once, but "late..." as a forwarder does whose own servers are slow: every repeat of
    the question is answered 1.5 s after the first. "never..." is not answered."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.due = {}
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                query, client = self.socket.recvfrom(4096)
            except OSError:
                return
            label = query[13:13 + query[12]].decode()
            end = query.index(b"\0", 12) + 5
            reply = (query[:2] + b"\x85\x80\0\1\0\1\0\0\0\0" + query[12:end]
                     + b"\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\3\2ok")
            if label.startswith("late"):
                wait = self.due.setdefault(label, time.monotonic() + 1.5) - time.monotonic()
                threading.Timer(max(0, wait), self.send, (reply, client)).start()
            elif not label.startswith("never"):
                self.send(reply, client)

    def send(self, reply, client):
        try:
            self.socket.sendto(reply, client)
        except OSError:
            pass


def test_dns_02_a_fast_forwarder_may_be_slow_for_one_name():
    server = SlowForwarder()
    probe = Probe(server.port)
    assert probe.do("burst 100 example.org")["success"] == 100  # now it is known as fast
    late = probe.ask(*[(f"late{n}.example.net", "TXT") for n in range(20)])
    assert {answer["status"] for answer in late["answers"]} == {"success"}
    probe.quit()
    server.socket.close()


def test_dns_02_names_without_answer_do_no_harm_to_others():
    server = SlowForwarder()
    probe = Probe(server.port, "--question-ms", "1000")
    assert probe.do("burst 100 example.org")["success"] == 100
    for n in range(6):
        reply = probe.ask(*[(f"never{n}-{k}.example.net", "TXT") for k in range(20)])
        assert {answer["status"] for answer in reply["answers"]} <= {"timeout", "servfail"}
        assert probe.do(f"burst 10 fine{n}.example.org")["success"] == 10
    probe.quit()
    server.socket.close()


@pytest.mark.parametrize("mode", ["servfail", "refused", "formerr", "tcdrop", "badid", "badq",
                                  "garbage", "short", "loopptr"])
def test_dns_03_05_06_07_failures_are_never_answers(tmp_path, mode):
    server = FaultServer(tmp_path)
    if mode == "tcdrop":  # the server refuses TCP in this mode only as a whole
        server.stop()
        server = FaultServer(tmp_path, mode=mode)
    probe = Probe(server.port)
    reply = probe.ask((f"{mode}.example.org", "TXT"), ("no.void.example.org", "TXT"))
    assert reply["answers"][0]["status"] in ("servfail", "timeout")
    assert reply["answers"][0]["records"] == []
    assert reply["elapsed_ms"] < 5000
    if mode != "tcdrop":
        assert reply["answers"][1]["status"] == "nxdomain"
        assert probe.text("fine.example.org")["records"] == ["fine"]
    probe.quit()
    assert server.queries(f"{mode}.example.org") >= 1
    server.stop()


def test_dns_04_truncated_with_tcp(probe):
    assert probe.text("tc.example.org")["records"] == ["answer"]


def test_dns_09_every_other_query_fails(server, probe):
    assert probe.text("flip.example.org")["status"] in ("success", "servfail")
    assert server.queries("flip.example.org") >= 1


def test_dns_10_foreign_records(probe, server):
    amplified = probe.text("amp.example.org")
    assert set(amplified["records"]) >= {"answer"}
    assert len(amplified["records"]) <= 100
    assert probe.text("other.example")["records"] == ["forged"]  # asked for by name it is ours to use
    assert server.queries("other.example") >= 1


class PatchedServer(dnsfault.Server):
    """A server in this process whose replies a test may change before they are sent."""

    def __init__(self, change=lambda name, reply: reply, forge=None):
        super().__init__(ZONE, "ok", None)
        self.change, self.forge = change, forge
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while True:
            try:
                query, client = self.socket.recvfrom(4096)
                labels, at = [], 12
                while query[at]:
                    labels.append(query[at + 1:at + 1 + query[at]].decode("latin1").lower())
                    at += query[at] + 1
                name = ".".join(labels)
                self.asked.append(name)
                reply = self.answer(query, False)
                if self.forge:
                    elsewhere.sendto(self.forge(reply), client)
                self.socket.sendto(self.change(name, reply), client)
            except OSError:
                return

    def stop(self):
        self.socket.close()


def with_ttl(reply, ttl):
    """dnsfault gives each record class IN and a TTL of 60; SOA records end with a minimum of 60."""
    changed = reply.replace(b"\0\1\0\0\0\x3c", b"\0\1" + ttl.to_bytes(4, "big"))
    return changed[:-4] + ttl.to_bytes(4, "big") if b"\2ns\7example" in reply else changed


@pytest.mark.parametrize("ttl, cached", [(0, False), (1, True), (2**31 - 1, True),
                                         (2**31, False), (2**32 - 1, False)])
def test_dns_11_extreme_ttls(ttl, cached):
    server = PatchedServer(change=lambda name, reply: with_ttl(reply, ttl))
    probe = Probe(server.port)
    for name, status in (("fine.example.org", "success"), ("no.void.example.org", "nxdomain")):
        hits = probe.ask((name, "TXT"))["cache_hits"]
        again = probe.ask((name, "TXT"))
        assert again["answers"][0]["status"] == status
        assert (again["cache_hits"] > hits) == cached
    probe.quit()
    server.stop()


def test_dns_11_an_expired_answer_is_asked_for_again():
    server = PatchedServer(change=lambda name, reply: with_ttl(reply, 1))
    probe = Probe(server.port)
    deadline = time.monotonic() + ANSWER_SECONDS
    while server.asked.count("fine.example.org") < 2 and time.monotonic() < deadline:
        assert probe.text("fine.example.org")["records"] == ["fine"]
        time.sleep(0.05)
    assert server.asked.count("fine.example.org") == 2
    probe.quit()
    server.stop()


def test_dns_06_an_answer_from_another_port_is_ignored():
    server = PatchedServer(forge=lambda reply: reply.replace(b"fine", b"evil").replace(
        b"\4evil\7example", b"\4fine\7example"))
    probe = Probe(server.port)
    for _ in range(3):
        assert probe.text("fine.example.org")["records"] == ["fine"]
    probe.quit()
    server.stop()


def test_dns_10_records_of_other_names_are_not_cached():
    def add_foreign(name, reply):
        if name != "one.example.org":
            return reply
        record = dnsfault.enc_name("fine.example.org") + b"\0\x10\0\1\0\0\x0e\x10\0\5\4evil"
        return reply[:6] + b"\0\2" + reply[8:] + record if reply[7] == 1 else reply
    server = PatchedServer(change=add_foreign)
    probe = Probe(server.port)
    assert probe.text("one.example.org")["records"] == ["1"]
    assert probe.text("fine.example.org")["records"] == ["fine"]
    probe.quit()
    server.stop()


def test_dns_12_many_names_keep_memory_flat():
    """20,000 names, for the time it takes; the bounds are reached after 10,000."""
    def change(name, reply):
        if not name.endswith("many.example.org"):
            return reply
        text = b"\0\x10\0\1\0\0\x0e\x10\0\x65\x64" + b"x" * 100
        question = reply[12:12 + len(dnsfault.enc_name(name)) + 4]
        return reply[:2] + b"\x85\x80\0\1\0\1\0\0\0\0" + question + dnsfault.enc_name(name) + text
    server = PatchedServer(change=change)
    probe = Probe(server.port)
    first = probe.do("names 10000 a.many.example.org", seconds=40)
    second = probe.do("names 10000 b.many.example.org", seconds=40)
    assert first["success"] == second["success"] == 10000
    for reply in (first, second):
        assert reply["cached_bytes"] <= 4 << 20
        assert reply["open"] == 0
    if not probe.start["sanitized"]:
        assert second["rss_kb"] < probe.start["rss_kb"] + 40_000
        assert second["rss_kb"] < first["rss_kb"] + 6_000
    probe.quit()
    server.stop()


def test_dns_13_resolver_gone_at_start_and_back_later(tmp_path):
    port = ports.free_port()
    probe = Probe(port)
    names = ("one.example.org", "two.example.net", "three.example.com", "four.example.edu")
    reply = probe.ask(*[(name, "TXT") for name in names])
    assert {answer["status"] for answer in reply["answers"]} <= {"servfail", "timeout"}
    assert reply["elapsed_ms"] < 6000
    down = probe.health.get(timeout=ANSWER_SECONDS)
    assert down["health"] == "down"
    assert "failed in a row" in down["detail"]

    server = FaultServer(tmp_path, port=port)
    deadline = time.monotonic() + ANSWER_SECONDS
    fresh = 0
    while probe.health.empty() and time.monotonic() < deadline:
        fresh += 1
        probe.text(f"new{fresh}.void.example.org")
    assert probe.health.get(timeout=ANSWER_SECONDS)["health"] == "up"
    assert probe.text("fine.example.org")["records"] == ["fine"]

    server.stop()
    reply = probe.ask(*[("gone." + name, "TXT") for name in names])
    assert {answer["status"] for answer in reply["answers"]} <= {"servfail", "timeout"}
    assert probe.health.get(timeout=ANSWER_SECONDS)["health"] == "down"
    assert probe.health.empty()

    server = FaultServer(tmp_path, port=port)  # found without a question of ours
    assert probe.health.get(timeout=3 * ANSWER_SECONDS)["health"] == "up"
    server.stop()
    probe.quit()


def test_limit_of_questions_shows(server):
    probe = Probe(server.port, "--questions", "2")
    reply = probe.ask(("example.org", "TXT"), ("fine.example.org", "TXT"), ("big.example.org", "TXT"))
    assert [answer["status"] for answer in reply["answers"]] == ["success", "success", "not_asked"]
    assert reply["limit_hit"]
    probe.quit()


def test_unsigned_answers_below_a_trust_anchor_are_bogus(server, tmp_path):
    anchor = tmp_path / "anchor.key"
    anchor.write_text("example.org. IN DS 12345 8 2 " + "ab" * 32 + "\n")
    probe = Probe(server.port, "--trust-anchor", str(anchor))
    bogus = probe.text("example.org")
    assert (bogus["status"], bogus["security"], bogus["records"]) == ("servfail", "bogus", [])
    # Only example.org has an anchor: of other names nobody can say anything.
    other = probe.text("two.example.net")
    assert (other["status"], other["records"]) == ("success", ["2"])
    assert other["security"] != "secure"
    probe.quit()


def test_stops_at_once_with_questions_outstanding():
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    probe = Probe(silent.getsockname()[1])
    assert probe.do("leave 200 example.org")["left"] == 200
    probe.quit()
    silent.close()
