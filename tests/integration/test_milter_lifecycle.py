"""Start, reload, and stop of the daemon, and a machine that fails it: cases MLT-07 to MLT-10 and
FLT-13, FLT-15 to FLT-17."""

import os
import pathlib
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time

import pytest

import milter_client
from milter_client import Connection, Daemon, FaultyDns, Mail, deliver, message, normal_mail
from support import ports

sys.path.insert(0, str(milter_client.SECURITY))
import signer  # noqa: E402

NO_DNS = {"dns": {"servers": ["127.0.0.1@9"], "timeout": "100ms", "budget": "100ms"}}
STOP_SECONDS = 10  # the most a stop may take (MLT-07)
NO_FROM = b"Subject: x\r\n\r\nx\r\n"  # rejected in enforce mode, accepted in observe mode


# Each include is known after two seconds only (libunbound takes the answer to its second try), so
# that a message with this MAIL FROM holds its end as long as the budget lets it. A name that is
# never answered would not do: libunbound gives up after 4 s.
CHAIN = {
    f"c{i}.chain.example": {"TXT": [f"v=spf1 include:c{i + 1}.chain.example -all"], "FAULT": "slow:1.3"}
    for i in range(12)
}
CHAIN_SENDER = b"x@c0.chain.example"


@pytest.fixture(scope="module")
def silent_dns(tmp_path_factory):
    milter_client.require_program("postern-milter")
    with FaultyDns(tmp_path_factory.mktemp("silent"), CHAIN, "silent") as dns:
        yield dns


def waiting_settings(dns, seconds, **more):
    """Messages wait that long for DNS at their end."""
    waits = {"timeout": f"{int(1000 * seconds)}ms", "budget": f"{int(1000 * seconds)}ms"}
    return {"mode": "enforce", **more, "dns": {"servers": [dns.address], **waits}}


def takes_signals(daemon):
    """Whether the first thread has unblocked SIGHUP (proc(5), SigBlk)."""
    text = (pathlib.Path("/proc") / str(daemon.pid) / "status").read_text()
    return not int(re.search(r"^SigBlk:\s+(\w+)", text, re.M).group(1), 16) & 1


@pytest.fixture
def daemon(tmp_path):
    running = Daemon(tmp_path, {"mode": "enforce", **NO_DNS}, unix=True).start()
    ports.wait_until(lambda: takes_signals(running), "SIGHUP is blocked")
    deliver(running.address, Mail(NO_FROM))  # libmilter has made its threads
    yield running
    running.kill()


# ------------------------------------------------------------------ stop


def test_mlt07_stop_lets_messages_end_or_cuts_them_in_time(tmp_path, silent_dns):
    """Three daemons at once, since libmilter takes up to 5 s to notice: idle, a message that ends
    soon, and one that would take longer than milter.stop_timeout."""
    daemons, connections = {}, {}
    for name, seconds in (("idle", 1), ("short", 2.5), ("long", 30)):
        settings = waiting_settings(silent_dns, seconds, milter={"stop_timeout": "1s"})
        daemons[name] = Daemon(tmp_path / name, settings, unix=True).start()
    try:
        for name in ("short", "long"):
            connections[name] = Connection(daemons[name].address, 15)
            mail = normal_mail(queue_id=name, mail_from=CHAIN_SENDER)
            connections[name].begin(mail)
            connections[name].ask_for_end(mail)
        ports.wait_until(lambda: len(silent_dns.queries()) >= 4, "questions of both messages")
        start = time.monotonic()
        for daemon in daemons.values():
            daemon.signal(signal.SIGTERM)
        assert connections["short"].read_end().action == "accept"
        with pytest.raises((EOFError, ConnectionError)):  # Postfix answers 451
            assert connections["long"].read_end().action == "defer"
            raise EOFError
        for name, daemon in daemons.items():
            assert daemon.wait_for_exit() == 0, name
            assert time.monotonic() - start < STOP_SECONDS, name
            unfinished = daemon.events("stopped")[-1]["unfinished"]
            assert unfinished == ("1" if name == "long" else "0"), name
            assert daemon.events("stopping")[-1]["signal"] == str(int(signal.SIGTERM))
            assert not daemon.path.exists()
        assert len(daemons["short"].events_of("short")) == 1
    finally:
        for connection in connections.values():
            connection.drop()
        for daemon in daemons.values():
            daemon.kill()


# ------------------------------------------------------------------ reload


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1])
def test_mlt08_reload_changes_new_messages_only(daemon, number):
    pid = daemon.pid
    with Connection(daemon.address, negotiate=False) as connection:
        connection.negotiate(0)  # a reply to each command, so that it has been obeyed
        begun = Mail(NO_FROM, queue_id="BEGUN")
        connection.begin(begun)
        daemon.write_config({"mode": "observe", **NO_DNS})
        daemon.signal(number)
        event = daemon.wait_for_event("reloaded")
        assert (event["mode"], event["authserv_id"]) == ("observe", milter_client.AUTHSERV_ID)
        connection.ask_for_end(begun)
        assert connection.read_end().action == "reject"  # by the settings it began with
        assert connection.deliver(Mail(NO_FROM), connect=False).action == "accept"
    assert daemon.events("restart-needed") == []
    daemon.check_alive(pid)


def test_mlt08_a_hangup_right_after_the_start_reloads(tmp_path):
    """As soon as the daemon has said that it listens: on failure after about three starts."""
    for number in range(25):
        running = Daemon(tmp_path / str(number), {"mode": "enforce", **NO_DNS}, unix=True)
        try:
            running.start(wait=False)
            ports.wait_until(lambda: running.events("started"), "start", step_seconds=0.0005)
            running.signal(signal.SIGHUP)
            running.wait_for_event("reloaded", timeout=5)
        finally:
            running.kill()


def test_mlt08_many_signals_to_reload_never_stop(daemon):
    for _ in range(8):
        for _ in range(3000):
            os.kill(daemon.pid, signal.SIGUSR1)
            os.kill(daemon.pid, signal.SIGHUP)
        for _ in range(2):  # libmilter looks whether it was told to stop when somebody connects
            assert deliver(daemon.address, normal_mail()).action == "accept"
        assert daemon.events("stopping") == []


BROKEN = {
    "unknown key": ('mdoe = "observe"\n', r"/postern\.toml:2: .*mdoe.*mode"),
    "unknown section": ("[dmrac]\nenabled = false\n", r"/postern\.toml:\d+: .*dmrac"),
    "bad value": ("[dns]\ntimeout = 5\n", r'/postern\.toml:3: dns\.timeout.*duration such as "5s"'),
    "bad type": ('[dkim]\nenabled = "no"\n', r"/postern\.toml:3: dkim\.enabled.*true nor false"),
    "no TOML": ("mode = \n", r"/postern\.toml:2: "),
    "nested": ("[a.b]\nc = 1\n", r"/postern\.toml:\d+: "),
    "binary": ("\x01\x02\x03 = 4\n", r"/postern\.toml:2: "),
}


@pytest.mark.parametrize("problem", BROKEN)
def test_mlt08_a_broken_file_keeps_the_old_configuration(daemon, problem):
    text, pattern = BROKEN[problem]
    pid = daemon.pid
    daemon.write_config(text='authserv_id = "other.example"\n' + text)
    daemon.signal(signal.SIGHUP)
    event = daemon.wait_for_event("reload-failed")
    assert re.search(pattern, event["problem"]), event
    assert daemon.events("reloaded") == []
    outcome = deliver(daemon.address, normal_mail())
    assert outcome.field("Authentication-Results").strip().startswith(milter_client.AUTHSERV_ID)
    assert deliver(daemon.address, Mail(NO_FROM)).action == "reject"
    daemon.write_config()
    daemon.signal(signal.SIGUSR1)
    daemon.wait_for_event("reloaded")
    daemon.check_alive(pid)


def test_a_missing_file_keeps_the_old_configuration(daemon):
    daemon.config_path.unlink()
    daemon.reload()
    assert "cannot be read" in daemon.wait_for_event("reload-failed")["problem"]
    assert deliver(daemon.address, Mail(NO_FROM)).action == "reject"


RESTART = {
    "milter.socket": {"milter": {"socket": "unix:/nowhere/m.sock"}},
    "dns.servers": {"dns": {**NO_DNS["dns"], "servers": ["127.0.0.1@10"]}},
    "dns.dnssec": {"dns": {**NO_DNS["dns"], "dnssec": True}},
    "dns.cache": {"dns": {**NO_DNS["dns"], "cache": "1MiB"}},
    "spamd.sockets": {"spamd": {"sockets": ["unix:/nowhere/spamd.sock"]}},
}


@pytest.mark.parametrize("parameter", RESTART)
def test_reload_says_what_needs_a_restart(daemon, parameter):
    daemon.write_config({"mode": "enforce", **NO_DNS, **RESTART[parameter]})
    daemon.reload()
    daemon.wait_for_event("reloaded")
    assert [event["parameter"] for event in daemon.events("restart-needed")] == [parameter]
    daemon.check_alive(daemon.pid)


def test_flt13_reloads_under_load_leave_no_message_without_verdict(daemon):
    """20 reloads a second, every third of a broken file, while messages pass."""
    stop = threading.Event()
    failures, done = [], []

    def load(name):
        number = 0
        while not stop.is_set():
            number += 1
            mail = normal_mail(queue_id=f"{name}{number}")
            outcome = deliver(daemon.address, mail)
            if outcome.action != "accept" or not outcome.field("Authentication-Results"):
                failures.append(outcome)
            done.append(mail.queue_id)

    threads = [threading.Thread(target=load, args=(name,)) for name in "AB"]
    for thread in threads:
        thread.start()
    number = 0
    while number < 40 or (len(done) < 10 and number < 2000):
        number += 1
        broken = number % 3 == 2
        daemon.write_config(text="mode = 1\n" if broken else None)
        count = len(daemon.events("reload-failed" if broken else "reloaded"))
        daemon.signal(signal.SIGHUP if number % 2 else signal.SIGUSR1)
        daemon.wait_for_event("reload-failed" if broken else "reloaded", count + 1)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == [] and len(done) >= 10
    assert sorted(event["queue_id"] for event in daemon.events()[1:]) == sorted(done)


# ------------------------------------------------------------------ start


def run_once(directory, **changes):
    """A daemon that is not expected to stay: (exit status, what it said)."""
    other = Daemon(directory, {"mode": "enforce", **NO_DNS}, unix=True)
    directory.mkdir(exist_ok=True)
    other.write_config({"mode": "enforce", **NO_DNS, **changes})
    other.start(wait=False)
    try:
        return other.wait_for_exit(), other.log()
    finally:
        other.kill()


def test_mlt09_starts_over_the_socket_of_a_killed_one(daemon):
    daemon.kill()
    assert stat.S_ISSOCK(os.stat(daemon.path).st_mode)
    daemon.start()
    daemon.check_alive(daemon.pid)


def test_mlt10_a_second_start_is_refused(daemon, tmp_path):
    inode = os.stat(daemon.path).st_ino
    status, said = run_once(tmp_path / "second", milter={"socket": daemon.socket})
    assert status == 1
    assert "another postern-milter is running on this socket" in said and "milter.socket" in said
    assert os.stat(daemon.path).st_ino == inode
    daemon.check_alive(daemon.pid)


def test_mlt10_a_second_start_on_the_same_port_is_refused(tmp_path):
    first = Daemon(tmp_path, {"mode": "enforce", **NO_DNS}).start()
    try:
        status, said = run_once(tmp_path / "second", milter={"socket": first.socket})
        assert status == 1 and "port is taken" in said
        first.check_alive(first.pid)
    finally:
        first.kill()


def test_socket_is_for_owner_and_group_only(daemon):
    assert stat.S_IMODE(os.stat(daemon.path).st_mode) & 0o667 == 0o660  # x means nothing here
    lock = os.stat(str(daemon.path) + ".lock")
    assert stat.S_IMODE(lock.st_mode) == 0o600


BAD_STARTS = {
    "directory missing": ({"milter": {"socket": "unix:/nowhere/m.sock"}}, "directory must exist"),
    "a file in the way": ({"milter": {"socket": "unix:{dir}/file"}}, "exists and is no socket"),
    "no such kind": ({"milter": {"socket": "tcp:1"}}, "neither unix:PATH nor inet:PORT@ADDRESS"),
    "bad server": ({"dns": {"servers": ["not an address"]}}, "dns"),
    "bad mode": ({"mode": "block"}, 'neither "observe" nor "enforce"'),
    "bad name": ({"authserv_id": "a b"}, "authserv_id"),
}


@pytest.mark.parametrize("problem", BAD_STARTS)
def test_start_with_a_mistake_ends_with_one_line_that_names_it(tmp_path, problem):
    milter_client.require_program("postern-milter")
    (tmp_path / "file").write_text("precious")
    settings, words = BAD_STARTS[problem]
    if "milter" in settings:
        settings = {"milter": {"socket": settings["milter"]["socket"].format(dir=tmp_path)}}
    status, said = run_once(tmp_path / "d", **settings)
    assert status == 1 and words in said, said
    assert len(said.splitlines()) == 1, said
    assert (tmp_path / "file").read_text() == "precious"


# ------------------------------------------------------------------ the machine fails


@pytest.mark.skipif(milter_client.SANITIZED, reason="ASan wants to be the first library")
def test_flt15_clock_steps(tmp_path):
    """An hour back, a day and ten years ahead while it runs: no busy loop, and the expiry of a
    signature goes by the time of day."""
    library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
    if not shutil.which("faketime") or not os.path.exists(library):
        pytest.skip("FLT-15: not installed: apt-get install faketime")
    key = signer.public_key_b64(signer.KEYS["attack1024"][0])
    zone = {"s1._domainkey.attack.example": {"TXT": [f"v=DKIM1; k=rsa; p={key}"]},
            "_dmarc.attack.example": {"TXT": ["v=DMARC1; p=none"]}}  # fmt: skip
    offset = tmp_path / "offset"
    offset.write_text("+0\n")
    environment = [f"LD_PRELOAD={library}", f"FAKETIME_TIMESTAMP_FILE={offset}", "FAKETIME_NO_CACHE=1",
                   "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1"]  # fmt: skip
    now = int(time.time())
    raw = signer.dkim_sign(message(), extra=f" t={now - 60}; x={now + 43200};")
    with FaultyDns(tmp_path / "dns", zone) as dns:
        settings = {"mode": "enforce", "dns": {"servers": [dns.address]}}
        daemon = Daemon(tmp_path, settings, unix=True, prefix=["env", *environment]).start()
        try:
            for step, result in (("+0", "pass"), ("-1h", "policy"), ("+1d", "fail"),
                                 ("+10y", "fail"), ("+0", "pass")):  # fmt: skip
                offset.write_text(step + "\n")
                outcome = deliver(daemon.address, Mail(raw, queue_id=step))
                assert outcome.action == "accept" and outcome.seconds < 3, (step, outcome)
                event = daemon.events_of(step)[-1]
                assert event["dkim"] == f"{result}/attack.example", (step, event)
                assert 0 <= int(event["ms"]) < 3000, event
                cpu, start = daemon.cpu_seconds(), time.monotonic()
                ports.wait_until(lambda: time.monotonic() - start > 0.3, "")
                assert daemon.cpu_seconds() - cpu < 0.1, "busy after a step of the clock"
        finally:
            daemon.kill()


class LoggedTo(Daemon):
    """A daemon whose log goes to a file descriptor that the test chose."""

    def start_on(self, target):
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self.write_config()
        binary = milter_client.require_program("postern-milter")
        self._process = subprocess.Popen(
            [str(binary), "--config", str(self.config_path)],
            stdin=subprocess.DEVNULL, stdout=target, stderr=target, start_new_session=True,
        )  # fmt: skip
        milter_client.wait_until_serving(self.address)
        return self


@pytest.mark.parametrize("fault", ["full disk", "reader gone", "moved file", "reader stopped"])
def test_flt16_a_log_that_cannot_be_written_never_blocks_mail(tmp_path, fault):
    reader, writer = os.pipe()
    settings = {"mode": "enforce", **NO_DNS, "spf": {"enabled": False}}  # nothing to ask DNS
    daemon = LoggedTo(tmp_path, settings, unix=True)
    log = open("/dev/full" if fault == "full disk" else tmp_path / "log", "wb")
    try:
        daemon.start_on(log if fault in ("full disk", "moved file") else writer)
        if fault == "reader gone":
            os.close(reader)
        if fault == "moved file":
            os.rename(tmp_path / "log", tmp_path / "log.1")
        with Connection(daemon.address, 3) as connection:
            for number in range(600):
                outcome = connection.deliver(Mail(NO_FROM), connect=number == 0)
                assert outcome.action == "reject", number
    finally:
        daemon.kill()
        os.close(writer)
        log.close()


THREADS = 12


@pytest.mark.skipif(os.geteuid() != 0, reason="FLT-17: a limit on another user's threads needs root")
def test_flt17_no_more_threads(tmp_path, silent_dns):
    """At the limit libmilter leaves clients without an answer, whom Postfix then defers; nothing is
    decided by accident, and all is well when they are gone."""
    uid, directory = 54321, tmp_path / "d"
    directory.mkdir()
    for path in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        path.chmod(0o755)
    os.chown(directory, uid, uid)
    daemon = Daemon(directory, waiting_settings(silent_dns, 1), unix=True, limit_files=4096)
    # The other user may not be allowed into the folder of the build.
    daemon.binary = shutil.copy(milter_client.require_program("postern-milter"), tmp_path)

    def limit():
        os.setgroups([])
        os.setgid(uid)
        resource.setrlimit(resource.RLIMIT_NPROC, (THREADS, THREADS))
        os.setuid(uid)

    daemon._limit = limit
    connections, answers = [], []
    try:
        daemon.start()
        pid = daemon.pid
        try:
            for number in range(2 * THREADS):
                connections.append(Connection(daemon.address, 1.5))
                connections[-1].begin(normal_mail(queue_id=f"T{number}"))
                connections[-1].ask_for_end(normal_mail(queue_id=f"T{number}"))
        except (OSError, EOFError):
            pass  # no thread for this one
        end = time.monotonic() + 4
        for connection in connections:
            try:
                connection.s.settimeout(max(0.01, end - time.monotonic()))
                answers.append(connection.read_end().action)
            except (OSError, EOFError):
                answers.append("no answer")
            connection.drop()
        assert answers.count("accept") >= 3, answers
        assert set(answers) <= {"accept", "defer", "no answer"}, answers
        assert daemon.running() and daemon.pid == pid
        assert daemon.status("Threads") <= THREADS
        milter_client.wait_until_serving(daemon.address)
        outcome = deliver(daemon.address, normal_mail(queue_id="AFTER"))
        assert outcome.action == "accept" and outcome.seconds < 3
    finally:
        daemon.kill()
