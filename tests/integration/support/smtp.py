"""A raw SMTP client: any bytes, any loopback source address, and the exact final reply."""

import base64
import dataclasses
import re
import socket
import ssl

from . import ports


@dataclasses.dataclass(frozen=True)
class Reply:
    """One SMTP reply; `code` 0 means that the connection ended instead of a reply."""

    code: int
    text: str
    stage: str = ""  # the command it answers: banner, EHLO, MAIL, RCPT, DATA, message

    @property
    def accepted(self):
        return 200 <= self.code < 300

    @property
    def rejected(self):
        return 500 <= self.code < 600

    @property
    def deferred(self):
        return self.code == 0 or 400 <= self.code < 500

    @property
    def queue_id(self):
        """The queue id Postfix named when it accepted the message, or None."""
        found = re.search(r"queued as (\w+)", self.text)
        return found[1] if found else None

    def __str__(self):
        return f"{self.code} {self.text}" if self.code else f"connection closed ({self.text})"


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def angle(address):
    """The address as a path of RFC 5321 §4.1.2; one that has its brackets stays as it is."""
    raw = _bytes(address)
    return raw if raw.startswith(b"<") else b"<" + raw + b">"


def dot_stuffed(message):
    """The message as it goes after DATA, with the final dot (RFC 5321 §4.5.2).

    Only lines that end in CRLF count, so that bare CR and LF travel unchanged.
    """
    data = b"\r\n" + message
    data = data.replace(b"\r\n.", b"\r\n..")[2:]
    return data + (b".\r\n" if data.endswith(b"\r\n") or not data else b"\r\n.\r\n")


class SmtpClient:
    """One connection; every command returns a Reply and raises nothing for 4xx, 5xx, or a close."""

    def __init__(self, port, source=ports.LOOPBACK, timeout_seconds=120.0):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.settimeout(timeout_seconds)
        self._socket.bind((source, 0))
        self._stream = None
        self._connect_error = None
        try:
            self._socket.connect((ports.LOOPBACK, port))
            self._stream = self._socket.makefile("rb")
        except OSError as error:
            self._connect_error = error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self._stream is not None:
            self._stream.close()
        self._socket.close()

    def read_reply(self, stage):
        if self._stream is None:
            return Reply(0, type(self._connect_error).__name__, stage)
        lines = []
        try:
            while True:
                line = self._stream.readline()
                if len(line) < 4:
                    return Reply(0, "end of stream", stage)
                lines.append(line[4:].decode("utf-8", "replace").rstrip("\r\n"))
                if line[3:4] != b"-":
                    return Reply(int(line[:3]), "\n".join(lines), stage)
        except (OSError, ValueError) as error:
            return Reply(0, type(error).__name__, stage)

    def send_raw(self, data):
        """Sends bytes as they are; what goes wrong shows in the next reply."""
        try:
            self._socket.sendall(data)
        except OSError:
            pass

    def command(self, line, stage=None):
        self.send_raw(_bytes(line) + b"\r\n")
        return self.read_reply(stage or _bytes(line).split(b" ")[0].decode("ascii", "replace"))

    def starttls(self):
        """Upgrades the connection without looking at the certificate, and greets again."""
        reply = self.command("STARTTLS")
        if not reply.accepted:
            return reply
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self._stream.close()
        self._socket = context.wrap_socket(self._socket)
        self._stream = self._socket.makefile("rb")
        return self.command("EHLO client.example")

    def login(self, user, password):
        token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return self.command("AUTH PLAIN " + token, "AUTH")

    def transaction(self, message, mail_from, recipients):
        """MAIL, RCPT, DATA, the message; returns the first reply that is no success, or the last."""
        steps = [(b"MAIL FROM:" + angle(mail_from), "MAIL")]
        steps += [(b"RCPT TO:" + angle(address), "RCPT") for address in recipients]
        steps.append((b"DATA", "DATA"))
        for line, stage in steps:
            reply = self.command(line, stage)
            if not 200 <= reply.code < 400:
                return reply
        self.send_raw(dot_stuffed(message))
        return self.read_reply("message")


def send(port, message, mail_from, recipients, source=ports.LOOPBACK, helo="client.example",
         timeout_seconds=120.0):
    """Sends one message on a connection of its own and returns the reply that decided."""
    with SmtpClient(port, source, timeout_seconds) as client:
        for reply in (client.read_reply("banner"), client.command(b"EHLO " + _bytes(helo), "EHLO")):
            if not reply.accepted:
                return reply
        reply = client.transaction(message, mail_from, recipients)
        client.send_raw(b"QUIT\r\n")
        return reply


def submit(port, message, mail_from, recipients, user, password, source=ports.LOOPBACK,
           helo="client.example"):
    """Sends one message as an authenticated user through the submission port."""
    with SmtpClient(port, source) as client:
        for step in (
            lambda: client.read_reply("banner"),
            lambda: client.command(b"EHLO " + _bytes(helo), "EHLO"),
            client.starttls,
            lambda: client.login(user, password),
        ):
            reply = step()
            if not reply.accepted:
                return reply
        reply = client.transaction(message, mail_from, recipients)
        client.send_raw(b"QUIT\r\n")
        return reply
