"""An SMTP server that keeps every message as it came over the wire, dot-stuffing undone."""

import dataclasses
import socketserver
import threading
import time

from . import ports

REFUSED = "nowhere.example"  # recipients of this domain are


@dataclasses.dataclass(frozen=True)
class Received:
    """One message: the commands' paths with their parameters, and the octets of DATA."""

    mail_from: str
    recipients: tuple
    raw: bytes
    at: float  # seconds since the epoch


class _Handler(socketserver.StreamRequestHandler):
    """One connection."""

    def _say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def _data(self):
        """Up to the dot that stands alone between two CRLF (RFC 5321 §4.5.2)."""
        lines, begins = [], True
        while True:
            line = self.rfile.readline()
            if not line:
                return None
            if begins and line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if begins and line.startswith(b".") else line)
            begins = line.endswith(b"\r\n")

    def handle(self):
        self._say("220 sink.example ESMTP")
        mail_from, recipients = "", []
        while True:
            line = self.rfile.readline().decode("utf-8", "surrogateescape").strip()
            verb = line[:4].upper()
            if not line or verb == "QUIT":
                return
            if verb == "EHLO":
                self._say("250-sink.example\r\n250-8BITMIME\r\n250 SMTPUTF8")
            elif verb == "DATA":
                self._say("354 go on")
                raw = self._data()
                if raw is None:
                    return
                received = Received(mail_from, tuple(recipients), raw, time.time())
                self.server.take(received)
                recipients = []
                self._say("250 kept")
            else:
                if verb == "MAIL":
                    mail_from = line[len("MAIL FROM:"):]
                elif verb == "RCPT":
                    if f"@{REFUSED}>" in line:
                        self._say("550 no such user")
                        continue
                    recipients.append(line[len("RCPT TO:"):].partition(">")[0].strip("<"))
                self._say("250 ok")


class Sink(socketserver.ThreadingTCPServer):
    """`start()` listens, `stop()` ends; `messages` grows as mail comes in."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100

    def __init__(self):
        self.port = ports.free_port()
        self.messages = []
        self._of_recipient = {}
        self._changed = threading.Condition()
        super().__init__((ports.LOOPBACK, self.port), _Handler)

    def start(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()

    def take(self, received):
        with self._changed:
            self.messages.append(received)
            for recipient in received.recipients:
                self._of_recipient[recipient] = received
            self._changed.notify_all()

    def wait_for(self, recipient, timeout_seconds=30.0):
        """The latest message for a recipient, once there is one."""
        with self._changed:
            if not self._changed.wait_for(lambda: recipient in self._of_recipient,
                                          timeout_seconds):
                raise TimeoutError(f"nothing for {recipient} within {timeout_seconds:g} s")
            return self._of_recipient[recipient]
