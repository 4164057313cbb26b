"""postern-policy killed, stopped, and started again under load: no message is lost or doubled, and
what the store holds stays (FLT-03, FLT-14). Mail goes to files that are counted."""

import random
import signal

import pytest

from conftest import require_mail_host
from milter_client import require_program
from support import load, message, ports, smtp
from support.policy import unique_word
from support.policy_host import Folder, PolicyHost

MESSAGES, CONNECTIONS = 600, 12
PAUSE_SECONDS = 0.12  # of each connection after each message, so that the load lasts for many kills
MIXED_EVERY = 5  # every fifth message is one to be rejected
CLIENT = "127.0.0.66"
LIMIT = 40  # recipients of one login in an hour

# Every stranger is greylisted for a moment: each message needs the store at least twice.
SETTINGS = {
    "policy": {
        "rules": ["no", "limits", "greylist"],
        "rule": {"no": {"sender": ["bad.example"], "action": "REJECT 5.7.1 No"}},
        "limit": {"login-hour": {"amount": LIMIT}},
    },
    "greylist": {"when": "always", "delay": "100ms", "passes": 0},
}
LOGIN = {"protocol_state": "END-OF-MESSAGE", "sasl_username": "ann", "recipient_count": "1"}


def asking(default_action):
    """The lines of the manual; with None, what Postfix does by itself."""
    action = f", default_action={default_action}" if default_action else ""

    def parameters(service):
        ask = f"check_policy_service {{ {service}, timeout=5s{action} }}"
        return {"smtpd_recipient_restrictions": f"reject_unauth_destination, {ask}",
                "smtpd_end_of_data_restrictions": ask}  # fmt: skip

    return parameters


@pytest.fixture(params=[None, pytest.param("DUNNO", marks=pytest.mark.long)])
def host(request):
    """A host for both things Postfix may do when the daemon is gone."""
    require_mail_host()
    require_program("postern-policy")
    with Folder() as folder, PolicyHost(folder, {}, SETTINGS, asking(request.param)) as running:
        running.default_action = request.param
        yield running


def mixed(number, raw):
    """Each message of a sender of its own, and every fifth from one that is rejected."""
    domain = "bad.example" if number % MIXED_EVERY == 0 else "author.example"
    word = "".join("abcdefghij"[int(digit)] for digit in str(number))  # numbers count as the same
    return raw, f"{word}@{domain}", CLIENT


def unwanted(count):
    return {number for number in range(count) if number % MIXED_EVERY == 0}


def check_account(host, account):
    """Every message is where it has to be; while the daemon is away only DUNNO lets through."""
    print(f"default_action {host.default_action}: {account}")
    account.check()
    assert not account.rejected - unwanted(account.sent), "mail was rejected that no rule is against"
    assert not account.deferred, "the load was over before all was delivered"
    if host.default_action is None:
        assert account.rejected == unwanted(account.sent), account


def check_store(host):
    """It was never found damaged, and works."""
    assert host.policy.events("store-note") == [], host.policy.events("store-note")
    assert not list(host.policy.store_path.parent.glob("store.lmdb.corrupt-*"))
    pid = host.policy.pid
    ports.wait_until(lambda: send(host, f"{unique_word()}@author.example").code == 450,
                     "a first attempt is put off", 30, 0.2)
    assert send(host, "ann@bad.example").rejected
    host.policy.check_alive(pid, 10)


def send(host, sender):
    raw = message.build(f"Somebody <{sender}>")
    return smtp.send(host.postfix.smtp_port, raw, sender, ["alice@example.org"], source=CLIENT)


def remember(host):
    """A sender that has come back, and a login that has used up its limit."""
    assert send(host, "kept@author.example").code == 450
    ports.wait_until(lambda: send(host, "kept@author.example").accepted, "it comes back")
    answers = [host.policy.ask(**LOGIN, instance=f"remember.{n}") for n in range(LIMIT + 1)]
    assert answers[:LIMIT] == ["DUNNO"] * LIMIT and answers[LIMIT] != "DUNNO", answers[-2:]


def check_remembered(host):
    assert send(host, "kept@author.example").accepted
    assert host.policy.ask(**LOGIN, instance="again.1") != "DUNNO"


def test_flt03_killed_again_and_again(host):
    """SIGKILL every 0.3 to 0.9 s; we start it again, as systemd would."""
    remember(host)
    running = load.Load(host, MESSAGES, CONNECTIONS, mixed, PAUSE_SECONDS).start()

    def kill_and_start():
        host.policy.kill()
        host.policy.start()

    kills = load.repeat_until_done(running, kill_and_start, lambda: random.uniform(0.3, 0.9))
    account = running.finish()
    print(f"{kills} kills")
    check_account(host, account)
    assert kills >= 8, "the load was over too early to prove anything"
    check_remembered(host)
    check_store(host)


def test_flt14_stopped_and_started_with_its_store_under_load(host):
    """SIGTERM, as at an upgrade: requests in hand are answered, and nothing is forgotten."""
    remember(host)
    running = load.Load(host, MESSAGES // 2, CONNECTIONS, mixed, PAUSE_SECONDS).start()

    def stop_and_start():
        host.policy.signal(signal.SIGTERM)
        assert host.policy.stop() == 0
        host.policy.start()

    restarts = load.repeat_until_done(running, stop_and_start, lambda: 0.5)
    check_account(host, running.finish())
    assert restarts >= 4, "the load was over too early to prove anything"
    assert {event["unfinished"] for event in host.policy.events("stopped")} == {"0"}
    check_remembered(host)
    check_store(host)


def test_flt07_frozen_and_thawed(host):
    """SIGSTOP: Postfix gives up after two tries, and all goes on after SIGCONT."""
    remember(host)
    running = load.Load(host, 60, CONNECTIONS, mixed).start()
    host.policy.freeze()
    try:
        ports.wait_until(lambda: "problem talking to server" in host.postfix.log(),
                         "Postfix gives up", 60)
    finally:
        host.policy.thaw()
    check_account(host, running.finish())
    check_remembered(host)
    check_store(host)
