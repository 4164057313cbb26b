"""Stand-ins for postern-avscan and clamd: they scan for words that tests write into messages.

What a scanner does with a request is its `mode`, which may be changed at any time:
    normal   answers
    silent   takes the request and says nothing
    close    takes the request and hangs up
    garbage  answers what is no answer
    half     answers the beginning of an answer, then hangs up
    busy     answers that it cannot scan now
Whatever else a test wants is done by `answer`, a function that replaces the answer.
"""

import array
import contextlib
import fcntl
import hashlib
import os
import select
import socket
import stat
import struct
import threading
import time

from . import ports

GENERATION = "test-1"
# A word in a message, and what a scanner says of it: (result, name) for postern-avscan.
WORDS = {
    b"-test-infected-": ("infected", "Test.Virus.UNOFFICIAL"),
    b"-test-encrypted-": ("encrypted", "Heuristics.Encrypted.Zip"),
    b"-test-macro-": ("macro", "Heuristics.OLE2.ContainsMacros.VBA"),
    b"-test-limit-": ("unscannable", "Heuristics.Limits.Exceeded.MaxFiles"),
    b"-test-skipped-": ("skipped", "memory"),
    b"-test-temperror-": ("temperror", "no signatures are loaded"),
}
SEALS = 1 | 2 | 4 | 8  # F_SEAL_SEAL, _SHRINK, _GROW, _WRITE
F_GET_SEALS = 1034


def outcome_of(octets):
    """What a scan of these octets finds."""
    return next((found for word, found in WORDS.items() if word in octets), ("clean", ""))


class _Scanner:
    """A thread that accepts connections, and one for each of them."""

    kind = socket.SOCK_STREAM

    def __init__(self):
        self.mode, self.delay, self.answer = "normal", 0.0, None
        self.scanned = []  # octets of each object, in order
        self.connections = 0
        self._listener, self._open = None, []

    def start(self):
        self._listener = self._listen()
        self._stop, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def stop(self):
        """Gone, with all its connections."""
        if self._listener is None:
            return
        os.write(self._wake, b"x")
        self._thread.join(5)
        self._listener.close()
        self._listener = None
        if self.path:
            self.path.unlink(missing_ok=True)
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._open = []
        os.close(self._stop)
        os.close(self._wake)

    def restart(self):
        self.stop()
        self.start()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def _unix(self, path):
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, self.kind)
        listener.bind(str(path))
        os.chmod(path, 0o666)
        listener.listen(64)
        return listener

    def _accept(self):
        while True:
            ready, _, _ = select.select([self._listener, self._stop], [], [])
            if self._stop in ready:
                return
            connection, _ = self._listener.accept()
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError, EOFError):
            while self._one(connection):
                pass

    def _misbehaves(self, connection, usual):
        """Does what the mode says; whether that was all."""
        if self.delay:
            time.sleep(self.delay)
        if self.mode == "silent":
            with contextlib.suppress(OSError):
                connection.recv(1)
        elif self.mode == "garbage":
            connection.sendall(b"\xff\0 virus! =%0d%0a 250 OK\r\n\0")
        elif self.mode == "half":
            connection.sendall(usual[: len(usual) // 2])
        return self.mode in ("silent", "close", "garbage", "half")


class Avscan(_Scanner):
    """Speaks lib/antivirus/scan_protocol.hpp at a path."""

    kind = socket.SOCK_SEQPACKET

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.address = f"avscan:{path}"
        self.requests = []  # of each: [(kind, size)]
        self.problems = []  # what was wrong with a request

    def _listen(self):
        return self._unix(self.path)

    def _one(self, connection):
        descriptors = array.array("i")
        text, ancillary, flags, _ = connection.recvmsg(65536, socket.CMSG_SPACE(16))
        for level, kind, octets in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptors.frombytes(octets[: len(octets) // 4 * 4])
        if not text:
            return False
        try:
            objects = self._read(text, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        outcomes = [outcome_of(octets) for octets in objects]
        if self.mode == "busy":
            outcomes = [("temperror", "busy")] * len(objects)
        usual = self.format(outcomes)
        if self._misbehaves(connection, usual):
            return False
        connection.sendall(self.answer(outcomes) if self.answer else usual)
        return True

    @staticmethod
    def format(outcomes, generation=GENERATION):
        words = [f"{result}:{name}" if name else result for result, name in outcomes]
        return f"scanned1 generation={generation} outcomes={','.join(words)}".encode()

    def _read(self, text, descriptors):
        """The objects of a request; whatever is not as the protocol has it is a problem."""
        version, _, value = text.decode().partition(" objects=")
        listed = [word.split(":") for word in value.split(",")]
        self._expect(version == "scan1" and len(descriptors) == 1, text)
        memory = descriptors[0]
        self._expect(fcntl.fcntl(memory, F_GET_SEALS) & SEALS == SEALS, "not sealed")
        size = os.fstat(memory).st_size
        self._expect(stat.S_ISREG(os.fstat(memory).st_mode), "no memory")
        self._expect(size == sum(int(words[1]) for words in listed), f"{size} octets for {text}")
        objects, at = [], 0
        for _, length, digest in listed:
            octets = os.pread(memory, int(length), at)
            at += int(length)
            known = digest == "-" or hashlib.sha256(octets).hexdigest() == digest
            self._expect(known, f"digest of {text}")
            objects.append(octets)
        self.requests.append([(kind, int(length)) for kind, length, _ in listed])
        self.scanned += objects
        return objects

    def _expect(self, is_right, what):
        if not is_right:
            self.problems.append(what)


class Clamd(_Scanner):
    """Speaks clamd's zINSTREAM and zFILDES, at a path or a port, one command to a connection."""

    def __init__(self, path=None):
        super().__init__()
        self.path = path
        self.port = None if path else ports.free_port()
        self.address = f"clamd:{path or f'{ports.LOOPBACK}:{self.port}'}"
        self.knows_fildes = True
        self.commands = []

    def _listen(self):
        if self.path:
            return self._unix(self.path)
        return socket.create_server((ports.LOOPBACK, self.port), backlog=64)

    def _one(self, connection):
        reader = _Reader(connection)
        command = reader.until(b"\0")
        self.commands.append(command)
        if command == b"zFILDES" and self.knows_fildes:
            octets = self._described(connection, reader)
            origin = "fd[10]"
        elif command == b"zINSTREAM":
            octets = self._streamed(reader)
            origin = "stream"
        else:
            connection.sendall(b"UNKNOWN COMMAND\0")
            return False
        self.scanned.append(octets)
        result, name = outcome_of(octets)
        usual = f"{origin}: {name} FOUND" if name else f"{origin}: OK"
        if result == "temperror":
            usual = f"{origin}: Can't create temporary file ERROR"
        if self.mode == "busy":
            usual = "INSTREAM size limit exceeded. ERROR"
        usual = usual.encode() + b"\0"
        if not self._misbehaves(connection, usual):
            connection.sendall(self.answer(result, name) if self.answer else usual)
        return False

    @staticmethod
    def _streamed(reader):
        octets = b""
        while length := struct.unpack(">I", reader.exactly(4))[0]:
            octets += reader.exactly(length)
        return octets

    @staticmethod
    def _described(connection, reader):
        # Some clients send the descriptor with the command, some with the octet that follows it.
        if not reader.descriptors:
            reader.more(1)
        descriptor = reader.descriptors[0]
        try:
            return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        finally:
            os.close(descriptor)


class _Reader:
    """What comes over a stream, with the descriptors on the way."""

    def __init__(self, connection):
        self._connection, self._rest, self.descriptors = connection, b"", array.array("i")

    def more(self, size=65536):
        octets, ancillary, _, _ = self._connection.recvmsg(size, socket.CMSG_SPACE(16))
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self.descriptors.frombytes(data[: len(data) // 4 * 4])
        if not octets:
            raise EOFError
        self._rest += octets

    def until(self, end):
        while end not in self._rest:
            self.more()
        octets, _, self._rest = self._rest.partition(end)
        return octets

    def exactly(self, size):
        while len(self._rest) < size:
            self.more()
        octets, self._rest = self._rest[:size], self._rest[size:]
        return octets
