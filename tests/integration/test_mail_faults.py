"""Faults under load: whatever happens to the daemon, no message is lost or doubled.

Cases FLT-01, FLT-02, FLT-07, FLT-13, a stop under load. Mail goes to files that are counted.
"""

import random
import signal
import time

import pytest

from conftest import require_mail_host
from support import load, mailhost, message, ports, scenario, smtp

MESSAGES, CONNECTIONS = 600, 12
KILL_PAUSE_SECONDS = 0.12  # after each message, so that the load lasts for many kills
MIXED_EVERY = 5  # every fifth message is a spoof and has to be rejected

# Short, so that a daemon that does not answer is noticed within the test.
TIMEOUTS = {"milter_connect_timeout": "3s", "milter_command_timeout": "3s",
            "milter_content_timeout": "10s"}


@pytest.fixture(scope="module", params=["tempfail", "accept"])
def any_mode(request, keys):
    """A host without Dovecot, for both things Postfix may do when the daemon is gone."""
    require_mail_host()
    settings = {**TIMEOUTS, "milter_default_action": request.param}
    with mailhost.MailHost(keys.zone(), postfix=settings, sink=True) as running:
        running.default_action = request.param
        yield running


@pytest.fixture(scope="module")
def tempfail_host(keys):
    require_mail_host()
    settings = {**TIMEOUTS, "milter_default_action": "tempfail"}
    with mailhost.MailHost(keys.zone(), postfix=settings, sink=True) as running:
        yield running


@pytest.fixture(autouse=True)
def clean_slate(request):
    """Each test counts from zero and finds a living daemon, whatever the last one left."""
    for name in ("any_mode", "tempfail_host"):
        if name in request.fixturenames:
            host = request.getfixturevalue(name)
            for path in (host.postfix.directory / "sink").glob("*/new/*"):
                path.unlink()
            if not host.milter.running():
                host.milter.start()


def mixed(number, raw):
    """Good mail from the author's host, and every fifth message from the attacker's."""
    spoof = number % MIXED_EVERY == 0
    return raw, "ann@author.example", scenario.ATTACKER_IP if spoof else scenario.AUTHOR_IP


def spoofs(count=MESSAGES):
    return {number for number in range(count) if number % MIXED_EVERY == 0}


def good_mail(_, raw):
    return raw, "ann@author.example", scenario.AUTHOR_IP


def unjudged(host):
    """How many delivered load messages bear no field of ours."""
    mark = f"Authentication-Results: {mailhost.AUTHSERV_ID}".encode()
    messages = [raw for raw in host.postfix.sink_messages() if b"<load-" in raw]
    return sum(mark not in raw for raw in messages)


def check_works(host):
    """The daemon judges again: one good message, one spoof."""
    raw = message.build(scenario.ANN)
    assert host.send(raw, "ann@author.example", scenario.AUTHOR_IP).code == 250
    assert host.send(raw, "ann@author.example", scenario.ATTACKER_IP).code == 550


def test_control_no_fault(tempfail_host):
    account = load.Load(tempfail_host, 200, CONNECTIONS, mixed).start().finish()
    account.check()
    assert account.rejected == spoofs(200) and not account.deferred, account
    assert unjudged(tempfail_host) == 0


def test_killed_again_and_again(any_mode):
    """FLT-01, FLT-02: SIGKILL every 0.3 to 0.9 s; we start it again, as systemd would."""
    host = any_mode
    running = load.Load(host, MESSAGES, CONNECTIONS, mixed, KILL_PAUSE_SECONDS).start()

    def kill_and_start():
        host.milter.kill()
        host.milter.start()

    kills = load.repeat_until_done(running, kill_and_start, lambda: random.uniform(0.3, 0.9))
    account = running.finish()
    print(f"{host.default_action}: {kills} kills, {account}, unjudged {unjudged(host)}")
    account.check()
    assert kills >= 8, "the load was over too early to prove anything"
    assert not account.rejected - spoofs(), "good mail was rejected"
    if host.default_action == "tempfail":
        assert unjudged(host) == 0 and not account.accepted & spoofs(), account
    check_works(host)


def test_frozen_and_thawed(any_mode):
    """FLT-07: SIGSTOP. Postfix gives up after its timeout; all goes on after SIGCONT."""
    host = any_mode
    check_works(host)
    host.milter.freeze()
    try:
        begin = time.monotonic()
        reply = host.send(message.build(scenario.ANN), "ann@author.example", scenario.AUTHOR_IP)
        seconds = time.monotonic() - begin
        assert reply.deferred if host.default_action == "tempfail" else reply.accepted, reply
        assert 2 < seconds < 25, seconds
        running = load.Load(host, 60, CONNECTIONS, good_mail).start()
        time.sleep(4)
    finally:
        host.milter.thaw()
    account = running.finish()
    account.check()
    assert len(account.accepted) == 60, account
    check_works(host)


def test_reload_under_load(tempfail_host):
    """FLT-13: twenty reloads a second; every message is judged."""
    host = tempfail_host
    pid = host.milter.pid
    running = load.Load(host, 400, CONNECTIONS, mixed, 0.05).start()
    reloads = load.repeat_until_done(running, host.milter.reload, lambda: 0.05)
    account = running.finish()
    account.check()
    assert reloads >= 20, "the load was over too early to prove anything"
    assert account.rejected == spoofs(400) and not account.deferred, account
    assert account.codes.keys() <= {250, 550}, account
    assert unjudged(host) == 0 and host.milter.pid == pid and host.milter.running()


BROKEN = {
    "no toml": "mode = = enforce\n[",
    "unknown key": 'mode = "enforce"\nauthserv_idd = "mx.example.org"\n',
    "wrong value": 'mode = "enforced"\n',
    "empty": None,  # the file is gone
}


@pytest.mark.parametrize("what", BROKEN)
def test_reload_of_a_broken_configuration(tempfail_host, what):
    """FLT-13: the old configuration stays, and the log says why."""
    host = tempfail_host
    before = len(host.milter.log())
    try:
        if BROKEN[what] is None:
            host.milter.config_path.unlink()
        else:
            host.milter.write_config(text=BROKEN[what])
        host.milter.reload()
        ports.wait_until(lambda: "reload-failed" in host.milter.log()[before:], "nothing logged", 5)
        said = host.milter.log()[before:]
        assert "postern.toml" in said or "error" in said, said
        check_works(host)
    finally:
        before = len(host.milter.log())
        host.milter.write_config()
        host.milter.reload()
        ports.wait_until(lambda: "event=reloaded" in host.milter.log()[before:], "no reload", 5)


def test_stop_under_load(tempfail_host):
    """SIGTERM: messages in hand are answered, the process ends by itself with status 0."""
    host = tempfail_host
    running = load.Load(host, 300, CONNECTIONS, mixed, 0.05).start()
    load.wait_for_arrivals(host, 20)
    begin = time.monotonic()
    host.milter.signal(signal.SIGTERM)
    status = host.milter.stop()
    seconds = time.monotonic() - begin
    host.milter.start()
    account = running.finish()
    account.check()
    assert status == 0 and seconds < 20, (status, seconds)
    assert account.rejected == spoofs(300), account
    assert unjudged(host) == 0


def test_client_that_goes_away(tempfail_host):
    """A client that hangs up at every stage leaves the daemon as it was."""
    host = tempfail_host
    pid = host.milter.pid
    steps = [b"EHLO x.example", b"MAIL FROM:<ann@author.example>", b"RCPT TO:<alice@example.org>",
             b"DATA"]
    for count in list(range(len(steps) + 1)) * 10:
        with smtp.SmtpClient(host.postfix.smtp_port, scenario.AUTHOR_IP) as client:
            client.read_reply("banner")
            for line in steps[:count]:
                client.command(line)
            if count == len(steps):
                client.send_raw(b"From: x\r\nSubject: cut")
    check_works(host)
    assert host.milter.pid == pid and host.milter.running()
