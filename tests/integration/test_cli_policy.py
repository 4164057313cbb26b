"""`postern policy`, `greylist`, `brake`, `reputation`: the operator's side of postern-policy."""

import os
import re
import subprocess

import pytest

from milter_client import require_program
from support import policy
from support.policy import PolicyDaemon, write_zone

ZONE = {
    "good.example": {"TXT": ["v=spf1 ip4:1.2.3.4 -all"]},
    "mx.good.example": {"A": ["1.2.3.4"]},
    "4.3.2.1.in-addr.arpa": {"PTR": ["mx.good.example"]},
    "spoofed.example": {"TXT": ["v=spf1 -all"]},
}
RULES = {
    "mode": "enforce",
    "policy": {"rules": ["spoofed", "greylist"], "log_addresses": True,
               "rule": {"spoofed": {"spf": ["fail"], "action": "REJECT 5.7.23 {why}"}}},
}  # fmt: skip
ZOMBIE = ["client_address=11.0.0.66", "helo_name=pc", "sender=ann@pool.example",
          "recipient=alice@example.org"]  # fmt: skip


@pytest.fixture
def daemon(tmp_path):
    """Not started: the commands need its configuration only."""
    require_program("postern-policy")
    require_program("postern")
    made = PolicyDaemon(tmp_path / "p", RULES)
    made.write_config()
    made.zone = write_zone(tmp_path / "zone.json", ZONE)
    yield made
    made.kill()


@pytest.fixture
def running(daemon):
    return daemon.start()


def try_request(daemon, *attributes):
    return daemon.command("policy", "try", *attributes, "--zone", daemon.zone)[1]


def refused(daemon, *words):
    """The one line with which a command fails."""
    status, out, err = daemon.command(*words, check=False)
    assert (status, out) == (1, "") and err.count("\n") == 1, (words, status, out, err)
    assert err.startswith("postern: ")
    return err


# ------------------------------------------------------------------ try


def test_try_says_which_rule_decides_and_why(daemon):
    out = try_request(daemon, *ZOMBIE)
    assert re.search(r"^action +DEFER_IF_PERMIT 4\.7\.1 Greylisted", out, re.M)
    assert re.search(r"^rule +greylist$", out, re.M) and "no PTR record" in out
    assert re.search(r"^spoofed +no match +spf does not hold$", out, re.M)
    assert re.search(r"^greylist +decided ", out, re.M)


def test_try_again_shows_what_a_retry_gets(daemon):
    out = try_request(daemon, *ZOMBIE, "--again", "1m", "--again", "10m")
    first, second, third = re.split(r"^== again, .*$", out, flags=re.M)
    assert "first attempt" in first and "early retry" in second
    assert re.search(r"^action +DUNNO$", third, re.M) and "came again after 660 s" in third


def test_try_shows_other_rules_that_decide(daemon):
    out = try_request(daemon, *ZOMBIE, "sender=x@spoofed.example")
    assert re.search(r"^action +REJECT 5\.7\.23", out, re.M)
    assert re.search(r"^greylist +not reached", out, re.M)
    good = ["client_address=1.2.3.4", "client_name=mx.good.example", "helo_name=mx.good.example",
            "sender=a@good.example", "recipient=alice@example.org"]  # fmt: skip
    out = try_request(daemon, *good)
    assert re.search(r"^action +DUNNO$", out, re.M) and "not suspicious" in out
    assert "spf: pass" in out


def test_try_in_observe_mode_says_what_enforce_would_answer(daemon):
    daemon.write_config({**RULES, "mode": "observe"})
    out = try_request(daemon, *ZOMBIE)
    assert re.search(r"^action +DUNNO$", out, re.M)
    assert re.search(r"^wanted +DEFER_IF_PERMIT .*mode is observe", out, re.M)


def test_try_leaves_the_store_of_the_daemon_alone(running):
    try_request(running, *ZOMBIE)
    assert running.command("greylist", "list")[1] == "Nobody is held back.\n"


@pytest.mark.parametrize("words, names", [
    (["colour=red"], "colour=red"), (["client_address"], "client_address"),
    (["sender=a@b.example"], "client_address=ADDRESS"),
    (["client_address=1.2.3.4", "--again", "soon"], "--again soon"),
    (["client_address=1.2.3.4", "--zone", "/nonexistent.json"], "/nonexistent.json"),
])  # fmt: skip
def test_try_tells_what_is_wrong(daemon, words, names):
    assert names in refused(daemon, "policy", "try", *words)


def test_commands_tell_file_and_line_of_a_wrong_configuration(daemon):
    daemon.write_config(text='[policy]\nrules = ["gone"]\n')
    for words in (["policy", "try", *ZOMBIE], ["greylist", "list"], ["brake", "list"],
                  ["reputation", "show", "1.2.3.4"]):  # fmt: skip
        assert "postern.toml:2: policy.rules" in refused(daemon, *words), words


# ------------------------------------------------------------------ replay


def test_replay_of_our_own_log_gives_the_answers_of_then(running, tmp_path):
    running.write_config({**RULES, "policy": {**RULES["policy"], "rules": ["greylist"]}})
    running.restart()
    answers = [running.ask(**{"client_address": address, "instance": f"replay.{n}"})
               for n, address in enumerate(["11.0.0.1", "11.0.0.1", "12.0.0.1"])]  # fmt: skip
    assert all(a.startswith("DEFER_IF_PERMIT") for a in answers)
    out = running.command("policy", "replay", running.log_path, "--zone", running.zone)[1]
    assert "3 requests" in out and re.search(r"^ +3  greylist: DEFER_IF_PERMIT$", out, re.M)
    assert "client=11.0.0.1 from=<ann@author.example> to=<alice@example.org>" in out
    assert "early retry" in out and "then: DEFER_IF_PERMIT" in out


POSTFIX_LOG = """\
Nov 22 10:00:00 mx postfix/smtpd[1]: connect from unknown[11.0.0.9]
Nov 22 10:00:01 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[11.0.0.9]: 450 4.7.1 <alice@example.org>: Recipient address rejected: x; from=<s@bad.example> to=<alice@example.org> proto=ESMTP helo=<pc>
Nov 22 10:10:00 mx postfix/smtpd[1]: 4ABC: client=unknown[11.0.0.9]
Nov 22 10:10:00 mx postfix/cleanup[2]: 4ABC: message-id=<1@bad.example>
Nov 22 10:10:00 mx postfix/qmgr[3]: 4ABC: from=<s@bad.example>, size=500, nrcpt=1 (queue active)
Nov 22 10:10:01 mx postfix/lmtp[4]: 4ABC: to=<alice@example.org>, relay=x, delay=1, status=sent (ok)
Nov 22 10:10:01 mx postfix/qmgr[3]: 4ABC: removed
2026-11-22T10:20:00.000000+00:00 mx postfix/smtpd[1]: 4DEF: client=mx.good.example[1.2.3.4]
2026-11-22T10:20:00.000000+00:00 mx postfix/qmgr[3]: 4DEF: from=<a@good.example>, size=500, nrcpt=2 (queue active)
2026-11-22T10:20:01.000000+00:00 mx postfix/lmtp[4]: 4DEF: to=<alice@example.org>, relay=x, status=sent (ok)
2026-11-22T10:20:01.000000+00:00 mx postfix/lmtp[4]: 4DEF: to=<bob@example.org>, relay=x, status=deferred (x)
2026-11-22T10:20:09.000000+00:00 mx postfix/lmtp[4]: 4DEF: to=<bob@example.org>, relay=x, status=sent (ok)
2026-11-22T10:20:09.000000+00:00 mx postfix/qmgr[3]: 4DEF: removed
nonsense
"""  # noqa: E501


def test_replay_of_a_log_of_postfix(daemon, tmp_path):
    log = tmp_path / "mail.log"
    log.write_text(POSTFIX_LOG)
    out = daemon.command("policy", "replay", log, "--all", "--zone", daemon.zone)[1]
    assert "4 requests" in out
    assert re.search(r"10:00:01  DEFER_IF_PERMIT .*client=11\.0\.0\.9", out)
    assert re.search(r"10:10:0\d  DUNNO  client=11\.0\.0\.9 .*\n.*came again after", out)
    assert out.count("client=1.2.3.4") == 2
    held = daemon.command("policy", "replay", log, "--zone", daemon.zone)[1]
    assert held.count("client=") == 1


def test_replay_reads_standard_input(daemon):
    binary = require_program("postern")
    done = subprocess.run([binary, "policy", "replay", "-", "--config", daemon.config_path, "--zone",
                           daemon.zone], input=POSTFIX_LOG, capture_output=True, text=True,
                          timeout=60, check=False)  # fmt: skip
    assert done.returncode == 0 and "4 requests" in done.stdout


def test_replay_tells_what_is_wrong(daemon, tmp_path):
    assert "/nonexistent.log" in refused(daemon, "policy", "replay", "/nonexistent.log")
    empty = tmp_path / "empty.log"
    empty.write_bytes(b"\0\xff\n" * 1000 + b"Nov 22 10:00:00 x y: z\n")
    assert "holds no requests" in refused(daemon, "policy", "replay", empty)


# ------------------------------------------------------------------ greylist


def held(running, **changes):
    return running.ask(**{"client_address": "11.0.0.66", **changes}).startswith("DEFER_IF_PERMIT")


def test_greylist_list_pass_forget_while_the_daemon_runs(running):
    assert running.command("greylist", "list")[1] == "Nobody is held back.\n"
    assert held(running) and held(running, client_address="12.0.0.1", sender="b@c.example")
    out = running.command("greylist", "list")[1]
    assert "net:11.0.0.0/24, ann@author.example, alice@example.org" in out
    policy.ports.wait_until(  # counts may wait a second for what else is written
        lambda: re.search(r"^\d{4}-\d\d-\d\d +2 +0$", running.command("greylist", "list")[1], re.M),
        "the figures do not come", 10)
    only = running.command("greylist", "list", "c.example")[1]
    assert "b@c.example" in only and "author.example" not in only
    assert "net:11.0.0.0/24 is not held" in running.command("greylist", "pass", "11.0.0.66")[1]
    assert not held(running) and held(running, client_address="12.0.0.1", sender="b@c.example")
    assert "net:11.0.0.0/24" in running.command("greylist", "list")[1]
    out = running.command("greylist", "forget", "11.0.0.66")[1]
    assert out == "forgotten: 11.0.0.66 and 1 attempt\n"
    assert held(running)


def test_greylist_tells_what_is_wrong(daemon):
    for word in ("pass", "forget"):
        assert "no domain, address, or identity" in refused(daemon, "greylist", word, "a b")


# ------------------------------------------------------------------ brake and reputation


def test_brake_of_a_login_that_is_not_held(daemon):
    assert daemon.command("brake", "list")[1] == "No login is held or denied.\n"
    assert "was not held" in daemon.command("brake", "release", "bob")[1]
    daemon.command("brake", "deny", "bob", "--why", "left us\nin 2026")
    assert re.search(r"denied +bob: left us.in 2026$", daemon.command("brake", "list")[1], re.M)


def test_brake_deny_counts_for_the_running_daemon(running):
    running.write_config({"mode": "enforce"})
    running.reload()
    running.wait_for_event("reloaded")
    request = {"sasl_username": "Bob", "sender": "bob@example.org"}
    assert running.ask(**request) == "DUNNO"
    running.command("brake", "deny", "bob")
    assert running.ask(**request).startswith("REJECT 5.7.1")
    running.command("brake", "release", "BOB")
    assert running.ask(**request) == "DUNNO"


def test_reputation_shows_addresses_networks_names_and_says_what_is_none(running):
    running.feed("rep1 kind=user-spam ip=11.0.0.66 helo=pc.example domain=spam.example weight=10")
    policy.ports.wait_until(
        lambda: "nothing is known" not in running.command("reputation", "show", "11.0.0.66")[1],
        "the event")  # fmt: skip
    for who in ("11.0.0.66", "11.0.0.0/24", "spam.example"):
        out = running.command("reputation", "show", who)[1]
        assert who in out and re.search(r"together: -0\.\d+", out), out
    assert "pc.example@11.0.0.0/24" in running.command("reputation", "show", "pc.example")[1]
    assert "nothing is known" in running.command("reputation", "show", "2001:db8::1")[1]
    assert "no address, network, or domain" in refused(running, "reputation", "show", "a b")


# ------------------------------------------------------------------ the store


STORE_COMMANDS = [["greylist", "list"], ["brake", "list"], ["reputation", "show", "1.2.3.4"],
                  ["greylist", "pass", "a.example"], ["brake", "deny", "bob"]]  # fmt: skip


@pytest.mark.parametrize("words", STORE_COMMANDS)
def test_a_store_of_another_owner_is_not_touched(daemon, words):
    daemon.command("brake", "list")  # makes it
    os.chown(daemon.store_path, 12345, 12345)
    before = daemon.store_path.read_bytes()
    assert "belongs to user 12345" in refused(daemon, *words)
    assert daemon.store_path.read_bytes() == before


def test_a_redis_that_is_away_is_told(daemon):
    port = policy.ports.free_port()
    daemon.write_config({**RULES, "store": {"url": f"redis://127.0.0.1:{port}"}})
    assert f"redis://127.0.0.1:{port}" in refused(daemon, "brake", "list")
