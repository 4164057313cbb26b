"""The milter tells the policy daemon what became of mail, and the policy daemon acts on it."""

import contextlib
import pathlib
import shutil
import tempfile

import pytest

from conftest import require_mail_host
from support import mailhost, ports, scenario
from support.policy import PolicyDaemon

BAD = {"reputation_below": "-0.1", "action": "REJECT 5.7.1 bad reputation"}
POLICY = {"policy": {"rules": ["bad"], "rule": {"bad": BAD}}}


@contextlib.contextmanager
def mail_host(keys, mode):
    """A mail host, and a policy daemon (not started) that its milter is to tell."""
    require_mail_host()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="psr", dir="/var/tmp"))
    daemon = PolicyDaemon(directory, POLICY)
    settings = {"mode": mode, "reputation": {"feed_socket": str(daemon.feed_path)}}
    try:
        with mailhost.MailHost(keys.zone(), {**scenario.SETTINGS, **settings}, sink=True) as host:
            yield host, daemon
    finally:
        daemon.kill()
        shutil.rmtree(directory)


def standing(daemon, who):
    """What `postern reputation show` says of it."""
    return daemon.command("reputation", "show", who)[1]


@pytest.mark.parametrize("mode", ["observe", "enforce"])
def test_verdicts_become_the_reputation_of_clients(keys, mode):
    with mail_host(keys, mode) as (host, daemon):
        daemon.start()
        for build in (scenario.aligned, scenario.broken_body, scenario.spoofed):
            letter = build(keys)
            host.send(letter.raw, letter.mail_from, letter.client, helo=letter.helo)
        ports.wait_until(
            lambda: "nothing is known" not in standing(daemon, "attack.example"), "three events")
        assert "good 0.2, bad 0.0" in standing(daemon, scenario.AUTHOR_IP)
        assert "good 0.2, bad 0.0" in standing(daemon, "author.example")
        assert "good 0.0, bad 1.0" in standing(daemon, scenario.FORWARDER_IP)
        assert "good 0.0, bad 0.5" in standing(daemon, scenario.ATTACKER_IP)

        # The forwarder of a broken message is refused now, the author is not.
        asked = {"client_address": scenario.FORWARDER_IP, "helo_name": "forward.example"}
        assert daemon.ask(**asked) == "REJECT 5.7.1 bad reputation"
        assert daemon.ask(client_address=scenario.AUTHOR_IP) == "DUNNO"


def test_mail_flows_without_a_listener_and_is_told_again_when_there_is_one(keys):
    with mail_host(keys, "enforce") as (host, daemon):
        letter = scenario.aligned(keys)
        host.send(letter.raw, letter.mail_from, letter.client, helo=letter.helo)
        assert not host.milter.events("feed-unreachable")  # it may not be in use at all
        daemon.start()
        daemon.kill()  # leaves its socket behind
        host.send(letter.raw, letter.mail_from, letter.client, helo=letter.helo)
        assert not host.milter.events("feed-unreachable")
        daemon.start()
        host.send(letter.raw, letter.mail_from, letter.client, helo=letter.helo)
        ports.wait_until(
            lambda: "good 0.2" in standing(daemon, scenario.AUTHOR_IP), "one event, of three")


def test_a_feed_that_cannot_work_is_said_once(keys):
    with mail_host(keys, "enforce") as (host, daemon):
        a_file = host.directory / "file"
        a_file.write_text("")
        host.milter.write_config({**host.settings, "reputation": {"feed_socket": f"{a_file}/s"}})
        host.milter.reload()
        ports.wait_until(lambda: host.milter.events("reloaded"), "a reload")
        letter = scenario.aligned(keys)
        for _ in range(3):
            assert host.send(
                letter.raw, letter.mail_from, letter.client, helo=letter.helo).accepted
        said = ports.wait_until(lambda: host.milter.events("feed-unreachable"), "the complaint")
        assert len(said) == 1 and said[0]["problem"] == "Not a directory", said
