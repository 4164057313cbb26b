"""No configuration file: of the system it may be absent, and that is said; one that is named may not."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from milter_client import require_program
from support import programs
from support.policy import PolicyDaemon, answer_rule, unique_instance

FILE = "/etc/postern/postern.toml"
DEFAULTS = f"built-in defaults; there is no {FILE}"
PARTS = f"/etc/postern/postern.d; there is no {FILE}"
TRY = ["policy", "try", "client_address=192.0.2.1", "sender=a@example.org"]


class OtherEtc:
    """A copy of /etc for programs in a mount namespace of their own; `folder` is their /etc/postern.

    Where there are no namespaces, as in a chroot, that is the real one, if nobody has any.
    """

    def __init__(self, parent):
        etc = parent / "etc"
        script = 'mount --bind "$0" /etc && exec "$@"'
        self.prefix = ["unshare", "-m", "sh", "-c", script, str(etc)]
        if has_namespaces():
            subprocess.run(["cp", "-a", "/etc", etc], check=True, timeout=60)
        else:
            etc, self.prefix = pathlib.Path("/etc"), []
        self.folder = etc / "postern"
        self.clear()

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def file(self):
        return self.folder / "postern.toml"

    def clear(self):
        """Neither a file nor drop-ins."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o755)

    def write_part(self, text):
        """A drop-in."""
        (self.folder / "postern.d").mkdir(exist_ok=True)
        (self.folder / "postern.d" / "test.toml").write_text(text)

    def postern(self, *words):
        """(status, output, errors) of the command there."""
        command = [*self.prefix, programs.binary_directory() / "postern", *words]
        done = subprocess.run([str(word) for word in command], capture_output=True, timeout=60,
                              check=False, text=True)  # fmt: skip
        return done.returncode, done.stdout, done.stderr


def has_namespaces():
    return subprocess.run(["unshare", "-m", "true"], check=False,
                          capture_output=True).returncode == 0  # fmt: skip


@pytest.fixture(scope="module")
def of_module():
    require_program("postern")
    if os.geteuid() != 0 or (not has_namespaces() and os.path.exists("/etc/postern")):
        pytest.skip("needs root, and mount namespaces or a host without /etc/postern")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pse", dir="/var/tmp"))
    folder.chmod(0o755)
    etc = OtherEtc(folder)
    yield etc
    etc.remove()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def etc(of_module):
    of_module.clear()
    return of_module


# ------------------------------------------------------------------ commands


def test_config_takes_the_defaults_and_says_so(etc):
    status, out, err = etc.postern("config", "check")
    assert (status, err) == (0, "")
    assert out.startswith(f"{DEFAULTS}: ok, 0 parameters set, mode observe, ")
    status, out, err = etc.postern("config", "show")
    lines = out.splitlines()
    assert (status, err, lines[0]) == (0, "", f"# {DEFAULTS}")
    assert len(lines) > 100 and all(line.endswith("  # default") for line in lines[1:])


def test_drop_ins_count_without_the_file(etc):
    etc.write_part('mode = "enforce"\n')
    out = etc.postern("config", "check")[1]
    assert out.startswith(f"{PARTS}: ok, 1 parameters set, mode enforce, ")
    etc.write_part("mdoe = 1\n")
    status, out, err = etc.postern("config", "check")
    assert (status, out) == (1, "") and "/etc/postern/postern.d/test.toml:1: " in err


def test_a_folder_of_drop_ins_that_cannot_be_read_is_not_passed_over(etc):
    etc.file.write_text("")
    (etc.folder / "postern.d").symlink_to("postern.d")
    status, out, err = etc.postern("config", "check")
    assert (status, out) == (1, "")
    assert err.startswith("postern: /etc/postern/postern.d: cannot be read: "), err


SAY_IN_OUTPUT = {
    "check": (["check", "spf", "--client-ip", "192.0.2.1", "--helo", "a.example.org"],
              f"config     {DEFAULTS}"),
    "dns": (["dns", "example.org", "--host", "mx.example.org", "--ip", "192.0.2.1"],
            f"; Configuration: {DEFAULTS}"),
    "doctor": (["doctor", "--only", "config"], f"{FILE}: does not exist; the built-in defaults"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAY_IN_OUTPUT)
def test_commands_that_name_their_configuration_name_the_defaults(etc, tmp_path, name):
    words, line = SAY_IN_OUTPUT[name]
    zone = tmp_path / "zone.json"
    zone.write_text("{}")
    assert line in etc.postern(*words, "--zone", zone)[1]


SAY_BESIDE = {
    "policy try": TRY,
    "policy replay": ["policy", "replay", "/dev/null"],
    "greylist list": ["greylist", "list"],
    "brake list": ["brake", "list"],
    "reputation show": ["reputation", "show", "192.0.2.1"],
    "dkim list": ["dkim", "list"],
}


@pytest.mark.parametrize("name", SAY_BESIDE)
def test_other_commands_say_it_in_a_line_on_standard_error(etc, tmp_path, name):
    (tmp_path / "store").mkdir()
    etc.write_part(f'dns.servers = ["127.0.0.1@9"]\nstore.url = "lmdb:{tmp_path}/store/s.lmdb"\n'
                   f'signing.keys = "{tmp_path}/keys"\n')  # fmt: skip
    err = etc.postern(*SAY_BESIDE[name])[2]
    assert err.splitlines()[0] == f"postern: {PARTS}"
    etc.file.write_text("")
    assert PARTS not in etc.postern(*SAY_BESIDE[name])[2]


def test_a_timer_hears_nothing_of_it(etc, tmp_path):
    """`dkim rotate --quiet` runs from cron, which mails what is said."""
    etc.write_part(f'signing.keys = "{tmp_path}/keys"\n')
    assert PARTS not in "".join(etc.postern("dkim", "rotate", "--auto", "--quiet")[1:])
    assert PARTS in etc.postern("dkim", "rotate", "--auto")[2]


COMMANDS = [["config", "check"], ["config", "show"], TRY, *SAY_BESIDE.values(),
            *(words for words, _ in SAY_IN_OUTPUT.values())]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_file_that_is_named_must_exist(tmp_path, words):
    binary = require_program("postern")
    missing = tmp_path / "none.toml"
    done = subprocess.run([binary, *words, "--config", missing], capture_output=True, timeout=60,
                          check=False, text=True)  # fmt: skip
    said = done.stdout if words[0] == "doctor" else done.stderr
    assert done.returncode != 0
    assert f"{missing}: cannot be read: No such file or directory" in said, done


def test_a_command_of_root_makes_no_directory_for_the_store(tmp_path):
    binary = require_program("postern")
    config = tmp_path / "p.toml"
    config.write_text(f'store.url = "lmdb:{tmp_path}/later/store.lmdb"\n')
    done = subprocess.run([binary, "brake", "list", "--config", config], capture_output=True,
                          timeout=60, check=False, text=True)  # fmt: skip
    assert done.returncode == 1 and "its directory does not exist" in done.stderr
    assert not (tmp_path / "later").exists()


# ------------------------------------------------------------------ daemons


class OfSystem(PolicyDaemon):
    """A daemon started without --config; its settings stand in a drop-in."""

    def __init__(self, folder, etc, program):
        super().__init__(folder, prefix=etc.prefix)
        self.config_path = etc.folder / "postern.d" / "test.toml"
        self.config_path.parent.mkdir(exist_ok=True)
        self._program = program

    def binary(self):
        return programs.binary_directory() / self._program

    def own_command(self):
        return [str(self.binary())]

    def base_settings(self):
        settings = super().base_settings()
        del settings["mode"]
        return {**settings, "milter": {"socket": f"inet:{self.port}@127.0.0.1"}}


@pytest.fixture(params=["postern-milter", "postern-policy"])
def daemon(etc, tmp_path, request):
    require_program(request.param)
    with OfSystem(tmp_path, etc, request.param) as running:
        yield running


def test_a_daemon_starts_without_a_file_and_says_so(etc, daemon):
    """It reads one that appears, and keeps what it has when that is gone again."""
    assert [e["config"] for e in daemon.events("started")] == [PARTS]
    assert daemon.events("started")[0]["mode"] == "observe"
    daemon.reload()
    assert daemon.wait_for_event("reloaded")["config"] == PARTS
    etc.file.write_text('mode = "enforce"\n')
    daemon.reload()
    line = daemon.wait_for_event("reloaded", 2)
    assert (line["config"], line["mode"]) == (FILE, "enforce")
    etc.file.unlink()
    daemon.reload()
    assert daemon.wait_for_event("reload-failed")["problem"] == (
        f"{FILE}: cannot be read: No such file or directory")
    assert len(daemon.events("reloaded")) == 2 and daemon.running()


def test_a_policy_daemon_whose_file_is_gone_goes_on_enforcing(etc, tmp_path):
    require_program("postern-policy")
    with OfSystem(tmp_path, etc, "postern-policy") as daemon:
        daemon.write_config(answer_rule("REJECT here"))
        etc.file.write_text('mode = "enforce"\n')
        daemon.reload()
        daemon.wait_for_event("reloaded")
        etc.file.unlink()
        daemon.reload()
        daemon.wait_for_event("reload-failed")
        assert daemon.ask(instance=unique_instance()) == "REJECT here"


@pytest.mark.parametrize("program", ["postern-milter", "postern-policy"])
def test_a_daemon_whose_file_was_named_does_not_start_without_it(tmp_path, program):
    binary = require_program(program)
    missing = tmp_path / "none.toml"
    done = subprocess.run([binary, "--config", missing], capture_output=True, timeout=60,
                          check=False, text=True)  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{program}: {missing}: cannot be read: No such file or directory\n"
