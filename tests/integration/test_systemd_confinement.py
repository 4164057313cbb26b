"""Every daemon works under the system call filter and without the rights that its unit takes."""

import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import tempfile

import pytest

from milter_client import SANITIZED, Daemon, FaultyDns, deliver, normal_mail, require_program
from support import av_signatures, policy, ports, programs, rule_updates, spam_rules, training, units
from support.av_engine import sealed
from support.avscan import Avscan
from support.policy import PolicyDaemon

PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's python3-seccomp
USER = 64111  # a number that nobody has
CONFINED = pathlib.Path(__file__).parent / "support" / "confined.py"
KILLED = -signal.SIGSYS


def confined(folder, unit, *without, user=USER):
    """What stands before a command so that it runs as the unit says, without these calls."""
    if SANITIZED:
        pytest.skip("sanitizers make calls of their own")
    ready = subprocess.run([PYTHON, "-c", "import seccomp"], check=False, capture_output=True)
    if ready.returncode != 0:
        pytest.skip("not installed: apt-get install python3-seccomp")
    if os.geteuid() != 0 or not shutil.which("systemd-analyze"):
        pytest.skip("needs root and systemd-analyze")
    script = shutil.copy2(CONFINED, folder)
    words = [word for call in without for word in ("--without", call)]
    drop = ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups",
            "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]  # fmt: skip
    return [*drop, PYTHON, str(script), str(units.write(unit, folder)), *words, "--"]


@pytest.fixture
def folder():
    """Short, and everybody may enter it."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="psc", dir="/var/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def own(folder, *names):
    """A folder of the daemon's user with copies of programs in it."""
    path = folder / "d"
    path.mkdir()
    os.chown(path, USER, USER)
    for name in names:
        require_program(name)
        shutil.copy2(programs.binary_directory() / name, path)
    return path


def policy_daemon(folder, *without, settings=None):
    path = own(folder, "postern-policy", "postern-fetch")
    prefix = confined(folder, "postern-policy.service", *without)
    daemon = PolicyDaemon(path, settings, prefix=prefix)
    daemon.binary = lambda: path / "postern-policy"
    return daemon


def stop(daemon):
    """Ends it as systemd does; its exit status, which names the signal if a call was denied."""
    daemon.signal(signal.SIGTERM)
    return daemon.wait_for_exit()


def test_policy_daemon(folder):
    zone = {"_mta-sts.sts.example": {"TXT": ["v=STSv1; id=1;"]},
            "bad.example": {"A": ["192.0.2.1"]}}  # fmt: skip
    with FaultyDns(folder, zone) as dns, socket.create_server(("127.0.0.1", 0)) as web:
        web_server = "127.0.0.1:%d" % web.getsockname()[1]
        settings = {"dns": {"servers": [dns.address]}, "policy": {"timeout": "2s"},
                    "greylist": {"when": "always"},
                    "mta_sts": {"connect_to": web_server, "timeout": "5s"}}  # fmt: skip
        with policy_daemon(folder, settings=settings) as daemon:
            assert daemon.ask(protocol_state="RCPT").startswith(("DEFER", "4"))  # greylisted
            assert daemon.ask(protocol_state="RCPT", sasl_username="alice") == "DUNNO"
            with socket.socket(socket.AF_UNIX) as asking:  # fetched in a process of its own
                asking.connect(str(daemon.map_path))
                asking.sendall(b"19:mta-sts sts.example,")
                web.settimeout(20)
                web.accept()[0].close()  # the fetcher got as far as the network
                asking.settimeout(30)
                assert asking.recv(100)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
                telling.sendto(b"no event", str(daemon.feed_path))
            daemon.signal(signal.SIGHUP)
            daemon.wait_for_event("reloaded")
            assert stop(daemon) == 0, daemon.log()[-1500:]
            assert "signal" not in daemon.log().split("event=stopping")[0], daemon.log()


@pytest.mark.parametrize("call", ["accept4", "epoll_wait", "fdatasync"])
def test_a_call_that_is_missing_would_be_seen(folder, call):
    daemon = policy_daemon(folder, call)
    with pytest.raises((RuntimeError, OSError, EOFError, AssertionError)):
        daemon.start()
        daemon.ask(protocol_state="RCPT", sasl_username="alice")
        assert stop(daemon) == 0
    assert daemon.wait_for_exit() == KILLED


def test_milter(folder):
    path = own(folder, "postern-milter")
    dkim = path / "dkim"
    make_keys(dkim)
    settings = {"mode": "enforce",
                "dns": {"servers": ["127.0.0.1@9"], "timeout": "100ms", "budget": "200ms"},
                "signing": {"keys": str(dkim)}, "attachments": {"enabled": True},
                "antispam": spam_rules.write(path)}  # fmt: skip
    daemon = Daemon(path, settings, unix=True, prefix=confined(folder, "postern-milter.service"))
    daemon.binary = path / "postern-milter"
    daemon.start()
    try:
        assert daemon.events("rules-loaded") and not daemon.events("patterns-slow")
        assert deliver(daemon.address, normal_mail()).action == "accept"
        assert daemon.events()[-1]["spam"] == "ham"
        submitted = normal_mail(macros={"{auth_authen}": "alice"})
        submitted.raw = b"From: a@example.org\r\nSubject: x\r\n\r\nx\r\n"
        assert deliver(daemon.address, submitted).field("DKIM-Signature")
        daemon.signal(signal.SIGHUP)
        daemon.wait_for_event("reloaded")
        assert deliver(daemon.address, normal_mail()).action == "accept"
        daemon.signal(signal.SIGTERM)
        assert daemon.wait_for_exit() == 0, daemon.log()[-1500:]
    finally:
        daemon.kill()


def make_keys(directory):
    """One active key that belongs to the daemon's user."""
    postern = require_program("postern")
    directory.mkdir(mode=0o700)
    os.chown(directory, USER, USER)
    words = ["--type", "ed25519", "--active", "--keys", str(directory), "--config", "/dev/null"]
    made = subprocess.run([postern, "dkim", "create", "example.org", *words],
                          check=False, capture_output=True, text=True, timeout=60)  # fmt: skip
    assert made.returncode == 0, made.stderr + made.stdout
    assert {file.stat().st_uid for file in directory.iterdir()} == {USER}


def test_key_rotation(folder):
    """Makes a key and takes another further."""
    path = own(folder, "postern")
    make_keys(path / "dkim")
    prefix = confined(folder, "postern-dkim-rotate.service")
    words = ["--every", "1", "--keys", str(path / "dkim"), "--config", "/dev/null", "--time", "2000000000"]
    done = subprocess.run([*prefix, str(path / "postern"), "dkim", "rotate", "--auto", *words],
                          check=False, capture_output=True, text=True, timeout=120, cwd="/")  # fmt: skip
    assert done.returncode in (0, 1) and "made" in done.stdout, done


def test_rule_update(folder):
    """Fetches by HTTPS, verifies, and puts in use."""
    if not shutil.which("gpg") or not shutil.which("gpgv"):
        pytest.skip("not installed: apt-get install gpg gpgv")
    path, mirror = own(folder, "postern", "postern-fetch"), folder / "mirror"
    signer = rule_updates.Signer()
    rule_updates.publish(mirror, 7, rule_updates.archive({"10.cf": rule_updates.rules(40)}), signer)
    (folder / "keys").write_bytes(signer.public)
    signer.close()
    channel = rule_updates.CHANNEL
    zone = {f"1.0.4.{channel}": {"TXT": ["7"]},
            f"mirrors.{channel}": {"TXT": ["http://mirror.example/MIRRORED.BY"]}}  # fmt: skip
    (mirror / "MIRRORED.BY").write_text("http://mirror.example\n")
    config = folder / "postern.toml"
    prefix = confined(folder, "postern-rules-update.service")
    with FaultyDns(folder, zone) as dns, rule_updates.Mirror(mirror, folder) as server:
        config.write_text(f'[dns]\nservers = ["{dns.address}"]\n'
                          f'[antispam]\nenabled = true\nrules = "{path}/rules/current"\nsite = "{folder}/site"\n')
        words = ["--if-enabled", "--no-reload", "--config", config, "--directory", path / "rules",
                 "--key-file", folder / "keys", "--connect-to", server.address, "--ca-file",
                 server.ca_file]  # fmt: skip
        done = subprocess.run([*prefix, path / "postern", "rules", "update", *words], check=False,
                              capture_output=True, text=True, timeout=120, cwd="/")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert (path / "rules" / "current" / f"{rule_updates.FOLDER}.cf").stat().st_uid == USER


def test_learner(folder):
    path = own(folder, "postern-learner")
    learner = training.Learner(path, {"learner": {"senders": ["root"]}},
                               prefix=confined(folder, "postern-learner.service"))  # fmt: skip
    learner.binary = lambda: path / "postern-learner"
    learner.make_spool()
    os.chown(learner.spool, 0, USER)
    learner.spool.chmod(0o3773)
    with learner:
        teach(learner, b"train1 id=1-1-1 kind=spam user=alice time=1", b"Subject: x\r\n\r\nx\r\n")
        assert learner.wait_for_event("training")["user"] == "alice"
        own_spool = learner.spool / "0"
        own_spool.mkdir()
        own_spool.chmod(0o770)
        os.chown(own_spool, 0, USER)
        (own_spool / "1-1-2").write_bytes(b"train1 id=1-1-2 kind=spam user=bob time=1\nSubject: y\r\n\r\n")
        os.chown(own_spool / "1-1-2", 0, USER)
        (own_spool / "1-1-2").chmod(stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP)
        assert learner.wait_for_event("training", 2)["user"] == "bob"
        learner.signal(signal.SIGHUP)
        learner.wait_for_event("reloaded")
        assert stop(learner) == 0, learner.log()[-1500:]


def teach(learner, line, message):
    """One event, as the plugin sends it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(str(learner.socket))
        memory = sealed(message)
        socket.send_fds(connection, [line], [memory])
        os.close(memory)
        connection.settimeout(20)
        assert connection.recv(10)


def test_scanner(folder):
    require_program("postern-avscan")
    scanner = Avscan(folder / "av", {"user": str(USER), "clients": ["root"]})
    confine = confined(folder, "postern-avscan.service")
    os.chown(scanner.directory, USER, USER)
    scanner.prefix = confine
    with scanner:
        assert scanner.scan(b"Subject: x\r\n\r\nharmless\r\n") == ("clean", "")
        infected = ("infected", av_signatures.NAMES["eicar"])
        assert scanner.scan(b"Subject: x\r\n\r\n" + av_signatures.EICAR, "attachment") == infected
        before = scanner.status()["generation"]
        more = av_signatures.ndb("Postern.New", b"Hello Alice")
        av_signatures.replace(scanner.database / "new.ndb", more)
        ports.wait_until(lambda: scanner.status()["generation"] not in ("", before), "not loaded")
        assert scanner.scan(b"Hello Alice")[0] == "infected"
        assert "died" not in scanner.log(), scanner.log()[-2000:]
        assert scanner.stop() == 0


@pytest.mark.parametrize("call", ["landlock_restrict_self", "capset"])
def test_a_call_that_is_missing_would_be_seen_in_what_the_scanner_starts(folder, call):
    require_program("postern-avscan")
    scanner = Avscan(folder / "av", {"user": str(USER), "clients": ["root"]})
    os.chown(scanner.directory, USER, USER)
    scanner.prefix = confined(folder, "postern-avscan.service", call)
    scanner.start(wait=False)
    try:
        ports.wait_until(lambda: scanner.events("scanner-no-child"), scanner.log)
    finally:
        scanner.stop()
