"""Starts and stops the daemons of the bench, each with a private configuration on loopback."""
import fcntl
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import time

AUTHSERV_ID = "mx.bench.example.org"
START_SECONDS = 90  # rspamd compiles its list of top-level domains first
STOP_SECONDS = 8  # libmilter looks at its stop flag every 5 seconds
INSIDE = "POSTERN_BENCH_INSIDE"  # set once the program runs in its own namespaces


class BenchError(Exception):
    """Something that must not pass in silence; the text goes to the operator."""


def enter_private_network(argv):
    """Runs this program again with its own loopback, processes and mounts; returns if inside.

    opendmarc reads /etc/resolv.conf and knows only port 53, so it sees the local DNS server only
    where both can be ours. Returns False if the kernel or the container does not allow it.
    """
    if os.environ.get(INSIDE):
        return True
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        command.append("--map-root-user")
    try:
        allowed = subprocess.run(command + ["true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        allowed = False
    if not allowed:
        return False
    os.environ[INSIDE] = "1"
    os.execvp(command[0], command + [sys.executable] + argv)


def raise_loopback():
    """Switches the interface lo on (it is off in a new network namespace)."""
    get_flags, set_flags, up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(control, get_flags, request))[1]
        fcntl.ioctl(control, set_flags, struct.pack("16sH14x", b"lo", flags | up))


def use_local_dns(directory):
    """Lets programs in our mount namespace read a resolv.conf that names the local DNS server."""
    own = directory / "resolv.conf"
    own.write_text("nameserver 127.0.0.1\noptions timeout:2\n")
    target = os.path.realpath("/etc/resolv.conf")
    subprocess.run(["mount", "--bind", str(own), target], check=True)


def find_program(name):
    """Path of a program; Debian keeps daemons where a user's PATH does not look."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Endpoint:
    """Where a daemon listens, in the notations of those who must know."""

    def __init__(self, path=None, port=None):
        self.path, self.port = path, port

    @property
    def address(self):  # milter-load
        return f"unix:{self.path}" if self.path else f"inet:127.0.0.1:{self.port}"

    @property
    def libmilter(self):
        return f"unix:{self.path}" if self.path else f"inet:{self.port}@127.0.0.1"

    @property
    def rspamd(self):
        return f"{self.path} mode=0600" if self.path else f"127.0.0.1:{self.port}"

    def answers(self):
        with socket.socket(socket.AF_UNIX if self.path else socket.AF_INET) as probe:
            probe.settimeout(1)
            try:
                probe.connect(self.path if self.path else ("127.0.0.1", self.port))
            except OSError:
                return False
        return True


class Daemon:
    """One running program with its log."""

    def __init__(self, name, command, directory, endpoint):
        self.name, self.endpoint = name, endpoint
        self.log = directory / f"{name}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=directory,
                                            stdout=log, stderr=subprocess.STDOUT,
                                            start_new_session=True)

    @property
    def pid(self):
        return self.process.pid

    @property
    def address(self):
        return self.endpoint.address

    def wait_until_listening(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if self.endpoint.answers():
                return
            time.sleep(0.05)
        self.terminate()
        raise BenchError(f"{self.name} does not listen on {self.address}; its log ends with:\n"
                         + self.log_tail())

    def log_tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def terminate(self):
        if self.process.poll() is None:
            self.process.terminate()

    def kill(self):
        """Waits for the end; what does not stop by itself is killed with its children."""
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()


class Places:
    """Where things are: programs of ours, the temporary directory, the DNS server, sockets."""

    def __init__(self, directory, binaries, dns_port, private, transport):
        self.directory, self.binaries = pathlib.Path(directory), pathlib.Path(binaries)
        self.dns_port, self.private, self.transport = dns_port, private, transport

    def endpoint(self, name):
        if self.transport == "inet":
            return Endpoint(port=free_port())
        return Endpoint(path=str(self.directory / f"{name}.sock"))

    def own(self, name):
        return str(self.binaries / name)

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return str(path)


def start_dns(places):
    """unbound with the zone that make_messages.py wrote below messages/."""
    config = places.directory / "messages" / "unbound.conf"
    command = [find_program("unbound"), "-d", "-c", str(config)]
    return Daemon("unbound", command, places.directory, Endpoint(port=places.dns_port))


def start_postern(places, name="postern-milter"):
    endpoint = places.endpoint(name)
    config = places.write(f"{name}.toml", f"""\
mode = "enforce"
authserv_id = "{AUTHSERV_ID}"
local_networks = []

[milter]
socket = "{endpoint.libmilter}"

[dns]
servers = ["127.0.0.1@{places.dns_port}"]
""")
    command = [places.own("postern-milter"), "--config", config]
    return Daemon(name, command, places.directory, endpoint)


def start_noop(places, name, options):
    endpoint = places.endpoint(name)
    command = [places.own("noop-milter"), "--socket", endpoint.libmilter] + options
    return Daemon(name, command, places.directory, endpoint)


def start_opendkim(places):
    endpoint = places.endpoint("opendkim")
    config = places.write("opendkim.conf", f"""\
Mode v
Socket {endpoint.libmilter}
AuthservID {AUTHSERV_ID}
InternalHosts 127.0.0.1
Nameservers 127.0.0.1
Syslog no
Background no
""")
    command = [find_program("opendkim"), "-f", "-x", config]
    return Daemon("opendkim", command, places.directory, endpoint)


def start_opendmarc(places):
    endpoint = places.endpoint("opendmarc")
    config = places.write("opendmarc.conf", f"""\
Socket {endpoint.libmilter}
AuthservID {AUTHSERV_ID}
TrustedAuthservIDs {AUTHSERV_ID}
IgnoreHosts {places.write("opendmarc-ignore", "127.0.0.1")}
RejectFailures true
SPFSelfValidate true
SPFIgnoreResults true
Syslog false
Background false
""")
    command = [find_program("opendmarc"), "-f", "-c", config]
    return Daemon("opendmarc", command, places.directory, endpoint)


RSPAMD_CONFIG = """\
modules {{
  path = "$PLUGINSDIR/spf.lua";
  path = "$PLUGINSDIR/dmarc.lua";
  path = "$PLUGINSDIR/arc.lua";
  path = "$PLUGINSDIR/milter_headers.lua";
}}
options {{
  filters = "dkim";
  dns {{ nameserver = ["127.0.0.1:{dns_port}:1"]; timeout = 2s; sockets = 16; }}
  local_addrs = [];
  url_tld = "$SHAREDIR/effective_tld_names.dat";
  tempdir = "{directory}";
  cache_file = "{directory}/symbols.cache";
  hs_cache_dir = "{directory}";
  control_socket = "{directory}/rspamd.sock mode=0600";
  task_timeout = 8s;
}}
logging {{ type = "console"; level = "info"; }}
actions {{ reject = 1000; add_header = 900; greylist = 800; }}
group "policies" {{ .include "$CONFDIR/scores.d/policies_group.conf" }}
worker "rspamd_proxy" {{
  bind_socket = "{socket}";
  milter = yes;
  timeout = 120s;
  count = 1;
  upstream "local" {{ default = yes; self_scan = yes; }}
}}
spf {{ spf_cache_size = 2k; spf_cache_expire = 1d; }}
dkim {{ dkim_cache_size = 2k; dkim_cache_expire = 1d; trusted_only = false; }}
dmarc {{ reporting {{ enabled = false; }} }}
arc {{ sign_inbound = false; sign_local = false; sign_authenticated = false; }}
milter_headers {{ use = ["authentication-results"]; }}
"""


def start_rspamd(places):
    """rspamd with its authentication modules only, without Redis."""
    endpoint = places.endpoint("rspamd")
    directory = places.directory / "rspamd"
    directory.mkdir(exist_ok=True)
    text = RSPAMD_CONFIG.format(socket=endpoint.rspamd, dns_port=places.dns_port,
                                directory=directory)
    config = places.write("rspamd.conf", text)
    variables = [f"--var={name}={directory}" for name in ("DBDIR", "RUNDIR", "LOGDIR")]
    command = [find_program("rspamd"), "-f", "-i", "-c", config] + variables
    return Daemon("rspamd", command, places.directory, endpoint)


class Peer:
    """A milter or a chain of milters that is measured as one."""

    def __init__(self, name, starters, expected, speed, debian=(), own=(), private=False):
        self.name, self.starters, self.expected = name, starters, expected
        self.speed = speed  # messages of a round, as a multiple of the plain count
        self.debian, self.own, self.needs_private = debian, own, private
        self.daemons = []

    def missing(self, places):
        """Why it cannot run, or None."""
        programs = [name for name in self.debian if not find_program(name)]
        if programs:
            return f"{' and '.join(programs)} not installed: apt install {' '.join(programs)}"
        built = [name for name in self.own if not os.access(places.own(name), os.X_OK)]
        if built:
            return f"{' and '.join(built)} not found in {places.binaries}: build it, or give --bin"
        if self.needs_private and not places.private:
            return "needs its own network and mount namespace (unshare), refused here: run as root"
        return None

    def start(self, places):
        self.daemons = [starter(places) for starter in self.starters]
        for daemon in self.daemons:
            daemon.wait_until_listening()


def all_peers():
    verified = ["spf=pass", "dkim=pass", "dmarc=pass"]
    return [
        Peer("postern", [start_postern], verified, 3, own=["postern-milter"]),
        Peer("noop", [lambda places: start_noop(places, "noop", [])], [], 4, own=["noop-milter"]),
        Peer("noop-reply", [lambda places: start_noop(places, "noop-reply", ["--reply-all"])], [],
             2, own=["noop-milter"]),
        Peer("opendkim+opendmarc", [start_opendkim, start_opendmarc], verified, 1,
             debian=["opendkim", "opendmarc"], private=True),
        Peer("rspamd", [start_rspamd], verified, 1, debian=["rspamd"]),
    ]


def machine():
    """One line about the computer and the versions of the peers."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", text)
    return f"{os.cpu_count()} CPUs, {model.group(1) if model else 'unknown model'}"
