"""Start, reload, and stop of postern-policy, alone and under systemd."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time

import pytest

from milter_client import FaultyDns, require_program
from support import policy, ports
from support.policy import PolicyDaemon, answer_rule, bytes_until_closed, request_text

SETTINGS = {"greylist": {"when": "always", "delay": "1h"}}
SPF_RULE = answer_rule("REJECT 5.7.23 SPF {why}", spf=["fail"])


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    require_program("postern-policy")
    with FaultyDns(tmp_path_factory.mktemp("dns"), {}) as dns:
        yield {**SETTINGS, "dns": {"servers": [dns.address]}}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory, settings):
    with PolicyDaemon(tmp_path_factory.mktemp("p"), settings) as running:
        yield running


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


# ------------------------------------------------------------------ start


def test_the_socket_belongs_to_user_and_group_only_and_goes_at_the_stop(tmp_path):
    with PolicyDaemon(tmp_path) as daemon:
        mode = os.stat(daemon.path).st_mode
        assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o770
        daemon.signal(signal.SIGTERM)
        assert daemon.wait_for_exit() == 0
        assert not daemon.path.exists() and not daemon.feed_path.exists()


def test_it_listens_on_tcp_as_well(tmp_path):
    with PolicyDaemon(tmp_path, inet=True) as daemon:
        assert daemon.ask(protocol_state="CONNECT") == "DUNNO"


def test_a_second_daemon_on_the_same_socket_does_not_start(daemon, tmp_path):
    second = PolicyDaemon(tmp_path / "second")
    second.path = daemon.path
    second._listen = f"unix:{daemon.path}"
    second.start(wait=False)
    assert second.wait_for_exit() == 1
    text = second.log()
    assert text.startswith("postern-policy: ") and str(daemon.path) in text
    assert text.count("\n") == 1, text


def test_a_socket_left_by_a_killed_daemon_is_taken_over(tmp_path):
    daemon = PolicyDaemon(tmp_path).start()
    daemon.kill()
    assert daemon.path.exists()
    with daemon:
        assert daemon.ask(protocol_state="CONNECT") == "DUNNO"


REFUSED = {
    "unknown key": ("[policy]\nsocket = 1\n", "policy.sockets"),
    "no such rule": ('[policy]\nrules = ["gone"]\n', "gone"),
    "no action": ('[policy]\nrules = ["a"]\n[policy.rule.a]\naction = "smtpd_x"\n', "action"),
    "bad fail": ('[policy]\nfail = "PREPEND X: y"\n', "policy.fail"),
    "bad store": ('[store]\nurl = "sqlite:/x"\n', "store.url"),
    "missing table": ('[policy]\nrules = ["a"]\n[policy.rule.a]\naction = "DUNNO"\n'
                      'client_table = "/nonexistent/table"\n', "/nonexistent/table"),
    "bad server": ('[policy]\nnotice_server = "mail.example.org"\n', "notice_server"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_configuration_that_is_wrong_ends_the_start_with_one_line(tmp_path, case):
    text, names = REFUSED[case]
    daemon = PolicyDaemon(tmp_path)
    daemon.write_config(text=text)
    daemon.start(wait=False)
    assert daemon.wait_for_exit() == 1
    assert names in daemon.log() and daemon.log().count("\n") == 1, daemon.log()


_LAUNCHER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_FDNAMES="policy", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_sockets_are_taken_from_systemd_which_is_told_of_each_step(tmp_path):
    """Socket activation, Type=notify-reload, and the watchdog."""
    path = tmp_path / "passed.sock"
    with socket.socket(socket.AF_UNIX) as passed:
        passed.bind(str(path))
        passed.listen()
        told = policy.Notifications(tmp_path / "notify")
        environment = {"NOTIFY_SOCKET": str(told.path), "WATCHDOG_USEC": "400000"}
        launcher = [sys.executable, "-c", _LAUNCHER, str(passed.fileno())]
        daemon = PolicyDaemon(tmp_path, prefix=launcher, environment=environment)
        daemon.start(wait=False, pass_fds=[passed.fileno()])
        try:
            assert told.next() == "READY=1"
            assert policy.ask(f"unix:{path}", protocol_state="CONNECT") == "DUNNO"
            assert not daemon.path.exists()
            assert told.next() == "WATCHDOG=1" and told.next() == "WATCHDOG=1"
            daemon.signal(signal.SIGHUP)
            messages = [told.next() for _ in range(6)]
            assert [m for m in messages if m.startswith("RELOADING=1\nMONOTONIC_USEC=")]
            assert "READY=1" in messages
            daemon.signal(signal.SIGTERM)
            while told.next() != "STOPPING=1":
                pass
            assert daemon.wait_for_exit() == 0
            assert path.exists()  # it is the unit's
        finally:
            daemon.kill()
            told.close()


# ------------------------------------------------------------------ reload


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1])
def test_reload_keeps_connections_and_takes_the_new_rules(tmp_path, number):
    with PolicyDaemon(tmp_path, answer_rule("REJECT old")) as daemon:
        pid = daemon.pid
        with daemon.client() as client:
            assert client.ask() == "REJECT old"
            daemon.write_config(answer_rule("REJECT new"))
            daemon.signal(number)
            daemon.wait_for_event("reloaded")
            assert client.ask() == "REJECT new"
        daemon.check_alive(pid)


def test_reload_reads_tables_again(tmp_path):
    table = tmp_path / "senders"
    table.write_text("bad.example\n")
    settings = answer_rule("REJECT no", sender_table=str(table))
    with PolicyDaemon(tmp_path, settings) as daemon:
        assert daemon.ask(sender="a@bad.example") == "REJECT no"
        assert daemon.ask(sender="a@worse.example") == "DUNNO"
        table.write_text("# comment\nworse.example\n")
        daemon.reload_with(settings)
        assert daemon.ask(sender="a@bad.example") == "DUNNO"
        assert daemon.ask(sender="a@worse.example") == "REJECT no"


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_file_keeps_the_old_configuration(tmp_path, case):
    text, names = REFUSED[case]
    with PolicyDaemon(tmp_path, answer_rule("REJECT old")) as daemon:
        daemon.write_config(text=text)
        daemon.reload()
        assert names in daemon.wait_for_event("reload-failed")["problem"]
        assert daemon.ask() == "REJECT old" and daemon.events("reloaded") == []
        daemon.reload_with(answer_rule("REJECT new"))
        assert daemon.ask() == "REJECT new"


def test_a_request_keeps_the_rules_it_began_with(tmp_path, slow_dns):
    dns = {"dns": {"servers": [slow_dns.address]}}
    with PolicyDaemon(tmp_path, {**SPF_RULE, **dns}) as daemon:
        with daemon.client() as client:
            client.send(request_text(sender="a@fail.example"))
            time.sleep(0.05)
            daemon.reload_with({**answer_rule("REJECT new"), **dns})
            assert client.read_answer().startswith("REJECT 5.7.23")
            assert client.ask() == "REJECT new"


RESTART = {
    "policy.max_connections": {"policy": {"max_connections": 7}},
    "store": {"store": {"max_size": "8MiB"}},
    "dns.servers": {"dns": {"servers": ["127.0.0.1@10"]}},
    "mta_sts.sockets": {"mta_sts": {"sockets": []}},
    "reputation.feed_socket": {"reputation": {"feed_socket": ""}},
}


@pytest.mark.parametrize("parameter", RESTART)
def test_reload_says_what_needs_a_restart(daemon, settings, parameter):
    before = len(daemon.events("restart-needed"))
    daemon.reload_with({**settings, **RESTART[parameter]})
    named = [e["parameter"] for e in daemon.events("restart-needed")[before:]]
    daemon.reload_with(settings)
    assert named == [parameter]


# ------------------------------------------------------------------ stop


def test_requests_in_hand_are_answered_at_a_stop_and_idle_connections_close(tmp_path, silent_dns):
    settings = {**SPF_RULE, "dns": {"servers": [silent_dns.address]}}
    settings["policy"] = {**settings["policy"], "timeout": "2s"}
    daemon = PolicyDaemon(tmp_path, settings).start()
    try:
        busy, idle, half = daemon.client(), daemon.client(), daemon.client()
        assert idle.ask(protocol_state="CONNECT", sender=None) == "DUNNO"
        half.send(request_text()[:40])
        busy.send(request_text(instance="stop.1"))
        ports.wait_until(lambda: dns_questions(silent_dns), "a question")
        start = time.monotonic()
        daemon.signal(signal.SIGTERM)
        assert bytes_until_closed(idle) == b"" and bytes_until_closed(half) == b""
        assert busy.read_answer() == "DUNNO"
        assert daemon.wait_for_exit() == 0
        assert time.monotonic() - start < 10
        assert daemon.events("stopping")[-1]["signal"] == str(int(signal.SIGTERM))
        assert daemon.events("stopped")[-1]["unfinished"] == "0"
        assert [e["instance"] for e in daemon.events("policy")][-1] == "stop.1"
    finally:
        daemon.kill()


def dns_questions(server):
    return [name for _, kind, name in server.queries() if kind == "TXT"]


def test_new_connections_are_refused_during_a_stop(tmp_path, silent_dns):
    settings = {**SPF_RULE, "dns": {"servers": [silent_dns.address]}}
    daemon = PolicyDaemon(tmp_path, settings).start()
    try:
        busy = daemon.client()
        busy.send(request_text())
        ports.wait_until(lambda: dns_questions(silent_dns), "a question")
        daemon.signal(signal.SIGTERM)
        daemon.wait_for_event("stopping")
        with pytest.raises(OSError):
            for _ in range(100):
                daemon.ask(protocol_state="CONNECT", sender=None, timeout_seconds=5)
        assert busy.read_answer() == "DUNNO"
        assert daemon.wait_for_exit() == 0
    finally:
        daemon.kill()


def test_a_log_that_nobody_reads_stops_nothing(tmp_path):
    """The pipe behind standard error fills up; answers go on."""
    daemon = PolicyDaemon(tmp_path)
    daemon.write_config()
    command = [str(daemon.binary()), "--config", str(daemon.config_path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    try:
        ports.wait_until(daemon.path.exists, "the socket")
        with daemon.client() as client:
            for number in range(1000):
                assert client.ask(protocol_state="CONNECT", instance=f"log.{number}") == "DUNNO"
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()
