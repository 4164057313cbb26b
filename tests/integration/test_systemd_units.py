"""The units of packaging/systemd: systemd can read them, they shut in what they start, and with
their users and directories everyone reaches what is theirs, and nothing else."""

import fnmatch
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile

import pytest

from milter_client import require_program
from support import ports, programs, training, units
from support.policy import PolicyDaemon

UNITS = units.names()
SERVICES = [name for name in UNITS if name.endswith(".service")]
MILTER_UNIT, POLICY_UNIT = "postern-milter.service", "postern-policy.service"
LEARNER_UNIT, AVSCAN_UNIT = "postern-learner.service", "postern-avscan.service"


def analyze(*words, **environment):
    if not shutil.which("systemd-analyze"):
        pytest.skip("not installed: apt-get install systemd")
    done = subprocess.run(["systemd-analyze", *words], capture_output=True, timeout=120,
                          check=False, text=True, env={**os.environ, **environment})  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def copy_of_units(folder):
    for name in UNITS:
        units.write(name, folder)


def complaints(folder, name):
    """(status, what systemd-analyze verify says of the unit)"""
    status, text = analyze("verify", "--man=no", "--recursive-errors=no", str(folder / name),
                           SYSTEMD_UNIT_PATH=f"{folder}:")  # fmt: skip
    own = [line for line in text.splitlines() if name in line]
    return status, own


@pytest.mark.parametrize("name", UNITS)
def test_systemd_can_read_the_unit(tmp_path, name):
    require_program("postern-policy")
    copy_of_units(tmp_path)
    assert complaints(tmp_path, name) == (0, [])


def test_a_mistake_in_a_unit_would_be_seen(tmp_path):
    require_program("postern-policy")
    copy_of_units(tmp_path)
    unit = tmp_path / POLICY_UNIT
    unit.write_text(unit.read_text().replace("ProtectHome=yes", "ProtectHone=yes"))
    assert "ProtectHone" in "".join(complaints(tmp_path, unit.name)[1])


@pytest.mark.parametrize("name", SERVICES)
def test_services_are_shut_in(tmp_path, name):
    """The exposure that systemd reckons: from 0 (none) to 10."""
    unit = units.write(name, tmp_path)
    status, text = analyze("security", "--offline=yes", "--threshold=20", str(unit))
    assert status == 0, text.splitlines()[-1]


@pytest.mark.parametrize("name", [name for name in SERVICES if units.values(name)["Type"] == "notify"])
def test_systemd_hears_of_every_daemon_and_waits_for_signs_of_life(name):
    service = units.values(name)
    assert service["Type"] == "notify" and int(service["WatchdogSec"]) <= 60
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"


# ------------------------------------------------------------------ users and directories


def default_rows():
    binary = require_program("postern")
    done = subprocess.run([binary, "config", "show", "--config", "/dev/null"], check=True,
                          capture_output=True, timeout=60, text=True)  # fmt: skip
    return dict(re.findall(r"^(\S+) = (.+?)  # default$", done.stdout, re.M))


def test_the_scanner_has_its_socket_where_its_unit_puts_it():
    rows, unit = default_rows(), units.values(AVSCAN_UNIT)
    assert rows["scanner.socket"] == f'"/run/{unit["RuntimeDirectory"]}/avscan.sock"'
    assert rows["antivirus.scanners"] == f'["avscan:/run/{unit["RuntimeDirectory"]}/avscan.sock"]'
    assert rows["scanner.user"] == f'"{unit["User"]}"'


def test_the_learner_may_write_its_default_paths_and_the_store_of_the_policy_daemon():
    rows, unit, policy = default_rows(), units.values(LEARNER_UNIT), units.values(POLICY_UNIT)
    assert rows["learner.socket"] == f'"/run/{unit["RuntimeDirectory"]}/learner.sock"'
    assert rows["learner.spool"] == f'"{unit["ReadWritePaths"]}"'
    states = [f"/var/lib/{name}" for name in unit["StateDirectory"].split()]
    assert rows["learner.directory"] == f'"{states[1]}"'
    assert rows["store.url"] == f'"lmdb:{states[0]}/store.lmdb"'
    assert (unit["User"], unit["Group"]) == (policy["User"], policy["Group"])
    made = units.directories("postern-learner.conf")
    assert made[unit["ReadWritePaths"]] == ("3773", "root", unit["Group"])
    assert made[states[1]] == (unit["StateDirectoryMode"], unit["User"], unit["Group"])


def test_the_default_paths_are_those_that_the_unit_lets_it_write():
    rows = default_rows()
    unit = units.values(POLICY_UNIT)
    queue = unit["ReadWritePaths"]
    assert rows["policy.sockets"] == f'["unix:{queue}/policy.sock"]'
    assert rows["mta_sts.sockets"] == f'["unix:{queue}/tls-policy.sock"]'
    assert rows["reputation.feed_socket"] == f'"/run/{unit["RuntimeDirectory"]}/reputation.sock"'
    assert rows["store.url"] == f'"lmdb:/var/lib/{unit["StateDirectory"]}/store.lmdb"'


def test_the_milter_has_socket_and_keys_where_its_directories_are():
    rows, unit = default_rows(), units.values(MILTER_UNIT)
    made = units.directories("postern-milter.conf")
    queue = unit["ReadWritePaths"]
    assert rows["milter.socket"] == f'"unix:{queue}/milter.sock"'
    assert made[queue] == ("2750", unit["User"], unit["Group"])
    assert made[rows["signing.keys"].strip('"')] == ("0700", unit["User"], unit["User"])
    rotation = units.values("postern-dkim-rotate.service")
    assert f'"{rotation["ReadWritePaths"]}"' == rows["signing.keys"]


def test_rules_are_fetched_by_a_user_who_owns_them_and_nothing_else():
    unit, made = units.values("postern-rules-update.service"), units.directories("postern.conf")
    assert made[unit["ReadWritePaths"]] == ("0755", unit["User"], unit["User"])
    places = (programs.ROOT / "lib" / "antispam" / "settings" / "settings.hpp").read_text()
    assert f'"{unit["ReadWritePaths"]}/current"' in places
    owned = [user for name in ("postern-milter.conf", "postern-policy.conf", "postern-learner.conf")
             for _, user, _ in units.directories(name).values()]  # fmt: skip
    assert unit["User"] not in owned
    users = (units.PACKAGING / "sysusers.d" / "postern-rules.conf").read_text()
    assert f"\nu {unit['User']} - " in users and "\nm " not in users


def test_milters_are_reloaded_where_new_rules_came_into_use_and_else_never(tmp_path):
    unit = units.values("postern-rules-update.service")
    assert unit["SuccessExitStatus"] == "1" and "ExecStartPost" not in unit
    program, option, script = unit["ExecStopPost"].split(maxsplit=2)
    assert (program, option) == ("+/bin/sh", "-c") and script[0] == script[-1] == "'"
    assert "%" not in script and "${" not in script  # systemd would put something for them
    fake = tmp_path / "systemctl"
    fake.write_text('#!/bin/sh\necho "$@"\n')
    fake.chmod(0o755)

    def said(status):
        done = subprocess.run(["/bin/sh", "-c", script[1:-1]], check=True, capture_output=True, text=True,
                              timeout=30, cwd=tmp_path,
                              env={"PATH": f"{tmp_path}:/usr/bin:/bin", "EXIT_STATUS": status})  # fmt: skip
        return done.stdout

    told = "try-reload-or-restart postern-milter[.@]*service\n"
    assert [said(status) for status in ("0", "1", "2", "3", "4", "KILL")] == [told, "", "", told, "", ""]
    for name, is_one in (("postern-milter.service", True), ("postern-milter@b.service", True),
                         ("postern-milter-x.service", False)):  # fmt: skip
        assert fnmatch.fnmatchcase(name, told.split()[1]) == is_one


def test_the_directories_of_the_policy_daemon_are_those_of_its_unit():
    unit, made = units.values(POLICY_UNIT), units.directories("postern-policy.conf")
    assert made[unit["ReadWritePaths"]] == ("2750", unit["User"], "postfix")
    state = f"/var/lib/{unit['StateDirectory']}"
    assert made[state] == (unit["StateDirectoryMode"], unit["User"], unit["Group"])


def test_systemd_makes_the_users_of_the_units(tmp_path):
    if not shutil.which("systemd-sysusers"):
        pytest.skip("not installed: apt-get install systemd")
    (tmp_path / "etc").mkdir()
    files = sorted((units.PACKAGING / "sysusers.d").iterdir())
    done = subprocess.run(["systemd-sysusers", f"--root={tmp_path}", *map(str, files)], check=True,
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert "onflict" not in done.stderr, done.stderr
    users = dict(line.split(":", 1) for line in (tmp_path / "etc/passwd").read_text().splitlines())
    rows = [line.split(":") for line in (tmp_path / "etc/group").read_text().splitlines()]
    groups = {row[2]: row for row in rows}
    for name in SERVICES:
        service = units.values(name)
        own = groups[users[service["User"]].split(":")[2]][0]
        assert own == service.get("Group", own) or name == MILTER_UNIT
        assert users[service["User"]].endswith("/nonexistent:/usr/sbin/nologin")
    assert [row[3] for row in rows if row[0] == "postern"] == ["postern-milter"]


USER, GROUP, POSTFIX = 64101, 64102, 64103  # numbers that nobody has
MILTER = dict(user=64104, group=POSTFIX, extra_groups=[GROUP])
SMTPD = dict(user=64105, group=POSTFIX, extra_groups=[])
ANYBODY = dict(user=64106, group=64107, extra_groups=[])

CONNECT = """
import socket, sys
kind = socket.SOCK_DGRAM if sys.argv[1].endswith("r.sock") else socket.SOCK_STREAM
try:
    with socket.socket(socket.AF_UNIX, kind) as s:
        s.connect(sys.argv[1])
except PermissionError:
    sys.exit(13)
"""


def may_connect(path, who):
    done = subprocess.run([sys.executable, "-c", CONNECT, path], check=False, timeout=60, cwd="/",
                          **who)  # fmt: skip
    assert done.returncode in (0, 13)
    return done.returncode == 0


class OfUnit(PolicyDaemon):
    """The daemon with user, group, and directories as the unit has them."""

    def __init__(self, folder):
        unit = units.values(POLICY_UNIT)
        set_user = ["setpriv", "--reuid", str(USER), "--regid", str(GROUP), "--clear-groups",
                    "sh", "-c", f"umask {unit['UMask']} && exec \"$@\"", "sh"]  # fmt: skip
        super().__init__(folder, prefix=set_user)
        queue, run, self.state = (folder / name for name in ("queue", "run", "state"))
        for path, group, mode in ((queue, POSTFIX, "2750"),
                                  (run, GROUP, unit["RuntimeDirectoryMode"]),
                                  (self.state, GROUP, unit["StateDirectoryMode"])):  # fmt: skip
            path.mkdir()
            os.chown(path, USER, group)
            path.chmod(int(mode, 8))
        self.path, self.map_path = queue / "p.sock", queue / "t.sock"
        self.feed_path, self.store_path = run / "r.sock", self.state / "store.lmdb"
        self._listen = self.address = f"unix:{self.path}"
        # Other users may not enter the folder of the build.
        self._binary = pathlib.Path(shutil.copy2(super().binary(), folder))

    def binary(self):
        return self._binary

    def owners(self):
        """{user and group of all that lies in the directory of the store}"""
        return {(path.stat().st_uid, path.stat().st_gid) for path in self.state.iterdir()}


@pytest.fixture
def of_unit():
    require_program("postern-policy")
    if os.geteuid() != 0:
        pytest.skip("needs root to become other users")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="psu", dir="/var/tmp"))
    folder.chmod(0o755)
    with OfUnit(folder) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


def test_postfix_may_ask_and_the_milter_may_tell(of_unit):
    for path in (of_unit.path, of_unit.map_path, of_unit.feed_path):
        status = os.stat(path)
        group = GROUP if path == of_unit.feed_path else POSTFIX
        assert (status.st_uid, status.st_gid) == (USER, group), path
        assert stat.S_IMODE(status.st_mode) == 0o770, path
    may = {who: [may_connect(path, them) for path in (of_unit.path, of_unit.map_path,
                                                      of_unit.feed_path)]
           for who, them in (("smtpd", SMTPD), ("milter", MILTER), ("anybody", ANYBODY))}
    assert may == {"smtpd": [True, True, False], "milter": [True, True, True],
                   "anybody": [False, False, False]}  # fmt: skip


def test_what_root_does_to_the_store_does_not_lock_the_daemon_out(of_unit):
    """While it runs, while it does not, and when a command of root is the first to make the file."""
    login = {"protocol_state": "RCPT", "sasl_username": "alice", "sender": "alice@example.org"}
    assert of_unit.ask(**login) == "DUNNO"
    of_unit.command("brake", "deny", "alice")
    assert of_unit.ask(**login).startswith("REJECT 5.7.1")
    assert of_unit.owners() == {(USER, GROUP)}
    of_unit.kill()
    of_unit.command("brake", "release", "alice")
    assert of_unit.owners() == {(USER, GROUP)}
    of_unit.start()
    assert of_unit.ask(**login) == "DUNNO"

    of_unit.kill()
    for path in of_unit.state.iterdir():
        path.unlink()
    of_unit.command("brake", "deny", "alice")
    of_unit.command("greylist", "pass", "author.example")
    assert of_unit.owners() == {(USER, GROUP)}
    of_unit.start()
    assert of_unit.ask(**login).startswith("REJECT 5.7.1")
    assert not of_unit.events("store-down")


def test_the_milter_cannot_read_what_is_known_of_clients(of_unit):
    of_unit.ask()
    for who in (MILTER, SMTPD):
        done = subprocess.run(["cat", of_unit.store_path], check=False, capture_output=True,
                              cwd="/", **who)  # fmt: skip
        assert done.returncode != 0 and b"Permission denied" in done.stderr


class LearnerOfUnit(training.Learner):
    """The learner with user and group of its unit, and the spool as systemd-tmpfiles makes it."""

    def __init__(self, folder):
        folder.mkdir()
        set_user = ["setpriv", "--reuid", str(USER), "--regid", str(GROUP), "--clear-groups"]
        super().__init__(folder, prefix=set_user)
        os.chown(folder, USER, GROUP)
        mode = units.directories("postern-learner.conf")["/var/spool/postern/train"][0]
        self.spool.mkdir()
        os.chown(self.spool, 0, GROUP)
        self.spool.chmod(int(mode, 8))
        self._binary = pathlib.Path(shutil.copy2(training.Learner.binary(), folder))

    def binary(self):
        return self._binary


SPOOL = """
import os, sys
os.umask(0o007)
os.mkdir(sys.argv[1])
with open(sys.argv[1] + "/1-1-1", "w") as file:
    file.write("train1 id=1-1-1 kind=spam user=alice time=1\\nSubject: x\\r\\n\\r\\n")
"""


def test_the_learner_empties_the_spool_of_its_unit():
    """As a member of the group, without being root or its owner; and who reads mail only writes."""
    require_program("postern-learner")
    if os.geteuid() != 0:
        pytest.skip("needs root to become other users")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="psl", dir="/var/tmp"))
    folder.chmod(0o755)
    reader = dict(ANYBODY)
    try:
        learner = LearnerOfUnit(folder / "l")
        learner.write_config({"learner": {"senders": [str(reader["user"])]}})
        own = learner.spool / str(reader["user"])
        subprocess.run([sys.executable, "-c", SPOOL, own], check=True, timeout=60, cwd="/", **reader)
        with learner:
            assert learner.wait_for_event("training")["user"] == "alice"
            ports.wait_until(lambda: not learner.spooled(), "the spool is not empty")
            assert learner.events("learner-failed") == []
            learner.spool.chmod(0o3733)  # not even the group can look into it
            assert "mode be 3773" in learner.wait_for_event("learner-failed")["problem"]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
