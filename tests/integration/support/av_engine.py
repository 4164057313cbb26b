"""postern-avscan-engine as its supervisor sees it: lib/antivirus/engine_protocol.hpp and scan_protocol.hpp."""

import array
import ctypes
import fcntl
import hashlib
import os
import pathlib
import select
import signal
import socket
import subprocess
import time
from urllib.parse import quote, unquote

from . import programs

F_ADD_SEALS, SEALS = 1033, 0x0F
MAX_PACKET = 65536
MIB = 1024 * 1024

OPTIONS = {
    "max_scan_size": 100 * MIB, "max_file_size": 25 * MIB, "max_recursion": 12, "max_files": 1000, "scan_time": 20000,
    "processor_time": 30, "child_memory": 512 * MIB, "potentially_unwanted": 0,
}  # fmt: skip


def sealed(content, seal=True):
    """A descriptor of memory that nobody can change any more."""
    memory = os.memfd_create("test", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    view = memoryview(content)
    while view:
        view = view[os.write(memory, view) :]
    if seal:
        fcntl.fcntl(memory, F_ADD_SEALS, SEALS)
    return memory


def die_with_parent():
    """In the engine before it starts: no test leaves one behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)


def packet_of(text):
    """The first word of a packet, and its values by name."""
    version, *words = text.split(" ")
    return version, {name: unquote(value) for name, _, value in (word.partition("=") for word in words)}


class Child:
    """A scanning process."""

    def __init__(self, pid, connection):
        self.pid = pid
        self.connection = connection

    def send(self, objects, memory=None, text=None):
        """Asks, and does not wait. `objects`: (kind, content) each."""
        request = text or "scan1 objects=" + ",".join(
            f"{kind}:{len(content)}:{hashlib.sha256(content).hexdigest()}" for kind, content in objects
        )
        own = memory is None
        descriptor = sealed(b"".join(content for _, content in objects)) if own else memory
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        try:
            self.connection.sendmsg([request.encode()], rights)
        finally:
            if own:
                os.close(descriptor)

    def answer(self, timeout=60):
        """The outcomes, as (result, name); None when the process has gone."""
        self.connection.settimeout(timeout)
        try:
            text = self.connection.recv(MAX_PACKET).decode()
        except ConnectionResetError:
            return None
        if not text:
            return None
        _, values = packet_of(text.replace("%2c", "%252c").replace("%2C", "%252C"))
        outcomes = [outcome.partition(":")[::2] for outcome in values["outcomes"].split(",")]
        return [(result, unquote(name)) for result, name in outcomes]

    def scan(self, *objects, **more):
        """One request: each object is (kind, content)."""
        self.send(objects, **more)
        return self.answer()

    def message(self, content):
        return self.scan(("message", content))[0]

    def attachment(self, content):
        return self.scan(("attachment", content))[0]

    def status(self, name):
        """A number of /proc/PID/smaps_rollup in kB."""
        for line in pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise KeyError(name)


class Engine:
    """A running engine. What it says is in `packets` as (word, values)."""

    def __init__(self, program, database, temporary, user=None, **options):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        temporary = pathlib.Path(temporary)
        temporary.mkdir(exist_ok=True, parents=True)
        if user is not None:
            os.chown(temporary, user, user)
            program = programs.for_everybody(temporary.parent, pathlib.Path(program).name) / pathlib.Path(program).name
        identity = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        self.control = ours
        self.temporary = temporary
        self.process = subprocess.Popen(
            [program], stdin=theirs, stdout=subprocess.DEVNULL, preexec_fn=die_with_parent, **identity
        )  # fmt: skip
        theirs.close()
        self.packets = []
        values = {"database": database, "temporary_directory": temporary, **OPTIONS, **options}
        self.order("load1 " + " ".join(f"{name}={quote(str(value), safe='/')}" for name, value in values.items()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.control.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def order(self, text):
        self.control.send(text.encode())

    def next(self, timeout=60):
        """Its next packet, with a descriptor or None."""
        self.control.settimeout(timeout)
        data, descriptors, _, _ = socket.recv_fds(self.control, MAX_PACKET, 1)
        packet = packet_of(data.decode())
        self.packets.append(packet)
        return packet, (descriptors[0] if descriptors else None)

    def expect(self, word, timeout=60):
        """The values of the next packet, which must be of this kind."""
        packet, descriptor = self.next(timeout)
        assert packet[0] == word, packet
        if descriptor is not None:
            os.close(descriptor)
        return packet[1]

    def ready(self):
        return self.expect("ready1")

    def fork(self):
        self.order("fork1")
        (word, values), descriptor = self.next()
        assert word == "forked1", (word, values)
        return Child(int(values["pid"]), socket.socket(fileno=descriptor))

    def quiet(self, seconds=0.2):
        """Whether it has nothing to say for a while."""
        return not select.select([self.control], [], [], seconds)[0]

    def wait_for_empty_directory(self, seconds=5):
        """What its children have left is gone."""
        until = time.monotonic() + seconds
        while os.listdir(self.temporary) and time.monotonic() < until:
            time.sleep(0.01)
        return os.listdir(self.temporary)
