"""DNS that is silent, refuses, lies, or is cut short, through the whole chain.

The promise: bounded time, temperror, never a wrong pass or fail; the sender can always retry.
"""

import json
import subprocess
import sys
import threading
import time

import pytest

from conftest import require_mail_host
from support import authres, mailhost, message, ports, programs, scenario

FAULT_SERVER = programs.ROOT / "tests" / "security" / "dnsfault.py"

# Modes in which no answer is to be had; the result can only be temperror.
HOPELESS = ("silent", "servfail", "refused", "formerr", "tcdrop", "badid", "badq", "garbage",
            "short", "loopptr", "slow:30")
# Modes that a good resolver copes with.
HARMLESS = ("ok", "tc", "slow:0.3")

LONGEST_SECONDS = 12.0  # DNS budget of a message (5 s by default) and some room


class FaultyDns:
    """tests/security/dnsfault.py on a port of its own."""

    def __init__(self, zone, mode, directory, port=None):
        self.port = port or ports.free_port()
        self.address = f"127.0.0.1@{self.port}"
        path = directory / "fault-zone.json"
        path.write_text(json.dumps(in_its_format(zone)))
        self._process = subprocess.Popen(
            [sys.executable, str(FAULT_SERVER), f"127.0.0.1:{self.port}", str(path),
             "--mode", mode],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        try:
            ports.wait_for_port(self.port, "dnsfault.py", self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        programs.end_group(self._process)


def in_its_format(zone):
    """The fault server takes a TXT record as one string and CNAME as a list."""
    return {
        owner: {kind: ["".join(parts) for parts in values] if kind == "TXT" else values
                for kind, values in records.items()}
        for owner, records in zone.items()
    }


@pytest.fixture(scope="module")
def sink_host(keys):
    require_mail_host()
    if not FAULT_SERVER.exists():
        pytest.skip(f"skipped: {FAULT_SERVER.relative_to(programs.ROOT)} not found")
    with mailhost.MailHost(keys.zone(), postfix={"milter_default_action": "tempfail"},
                           sink=True) as running:
        yield running


@pytest.fixture
def with_dns(sink_host, keys):
    """Call it with a mode: the daemon starts anew with a name server that has this fault."""
    servers = []

    def start(mode):
        servers.append(FaultyDns(keys.zone(), mode, sink_host.directory))
        settings = mailhost.merged(sink_host.settings, {"dns": {"servers": [servers[-1].address]}})
        sink_host.milter.restart(settings)
        return sink_host

    start.servers = servers
    yield start
    for server in servers:
        server.stop()


def send_timed(host, letter):
    """Reply, log line, and seconds."""
    before = len(host.milter.events())
    begin = time.monotonic()
    reply = host.send(letter.raw, letter.mail_from, letter.client, helo=letter.helo)
    seconds = time.monotonic() - begin
    events = host.milter.events()[before:]
    assert len(events) == 1, events
    return reply, events[0], seconds


def sink_results(host, raw):
    """Our results in the file of the delivered message."""
    wanted = authres.values_of(raw, "Message-ID")[0].encode()
    found = ports.wait_until(
        lambda: [m for m in host.postfix.sink_messages() if wanted in m], "not delivered", 20, 0.05)
    return authres.Results(found[0], mailhost.AUTHSERV_ID)


@pytest.mark.parametrize("mode", HOPELESS)
def test_no_answer(with_dns, keys, mode):
    host = with_dns(mode)
    letter = scenario.spoofed(keys)  # a wrong "none" would let it in as clean, silently
    reply, event, seconds = send_timed(host, letter)
    assert seconds < LONGEST_SECONDS, seconds
    assert not reply.rejected, f"a message was refused for a failure of ours: {reply}"
    for method in ("spf", "dkim", "dmarc"):
        assert authres.logged_result(event, method) == "temperror", event
    if reply.accepted:
        assert sink_results(host, letter.raw).of("dmarc") == "temperror"
    else:
        assert 400 <= reply.code < 500 and reply.text.startswith("4."), reply


@pytest.mark.parametrize("mode", HARMLESS)
def test_answers_that_cost_more_work(with_dns, keys, mode):
    host = with_dns(mode)
    letter = scenario.aligned(keys)
    reply, event, seconds = send_timed(host, letter)
    assert reply.accepted and seconds < LONGEST_SECONDS, reply
    for method in ("spf", "dkim", "dmarc"):
        assert authres.logged_result(event, method) == "pass", event
    letter = scenario.spoofed(keys)
    assert send_timed(host, letter)[0].code == 550


def test_superfluous_records(with_dns, keys):
    """Sixteen more TXT records of 250 bytes in every answer: over TCP, and the right one is found.

    A key name with several records has no certain key (RFC 6376 §3.6.2.2), so DKIM may fail.
    """
    host = with_dns("amp")
    reply, event, seconds = send_timed(host, scenario.aligned(keys))
    assert reply.accepted and seconds < LONGEST_SECONDS, (reply, seconds)
    assert event["dmarc"] == "pass", event
    assert send_timed(host, scenario.spoofed(keys))[0].code == 550


def test_several_messages_wait_together(with_dns, keys):
    """Silent DNS: eight messages at once take as long as one, not eight times."""
    host = with_dns("silent")
    replies = []

    def one():
        raw = message.build(scenario.ANN)
        replies.append(host.send(raw, "ann@author.example", scenario.AUTHOR_IP))

    threads = [threading.Thread(target=one) for _ in range(8)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - begin < LONGEST_SECONDS
    assert len(replies) == 8 and not [reply for reply in replies if reply.rejected], replies


def test_recovers(with_dns, keys):
    """DNS that comes back: the daemon is not restarted and judges again within seconds."""
    host = with_dns("servfail")
    assert send_timed(host, scenario.spoofed(keys))[1]["dmarc"] == "temperror"
    pid = host.milter.pid
    broken = with_dns.servers[-1]
    broken.stop()
    with_dns.servers.append(FaultyDns(keys.zone(), "ok", host.directory, broken.port))
    ports.wait_until(
        lambda: send_timed(host, scenario.spoofed(keys))[0].code == 550,
        "DMARC is not applied again", 20, 0.5)
    assert host.milter.pid == pid
