"""Reading a mailbox over IMAP."""

import imaplib
import re

from . import ports

PASSWORD = "demo-password"  # of every user of the private Dovecot

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>\r\n]*>)", re.IGNORECASE | re.MULTILINE)


def message_id(raw):
    """The Message-ID of a message as text, or an empty string."""
    found = _MESSAGE_ID.search(raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0])
    return found[1].decode("latin-1") if found else ""


def fetch_all(port, user, mailbox="INBOX", password=PASSWORD):
    """Every message of the mailbox as bytes, oldest first; flags are not changed."""
    client = imaplib.IMAP4(ports.LOOPBACK, port)
    try:
        client.login(user, password)
        status, _ = client.select(f'"{mailbox}"', readonly=True)
        if status != "OK":
            return []
        _, found = client.search(None, "ALL")
        numbers = found[0].split()
        if not numbers:
            return []
        _, parts = client.fetch(b",".join(numbers).decode(), "(BODY.PEEK[])")
        return [part[1] for part in parts if isinstance(part, tuple)]
    finally:
        client.logout()


def fetch_by_id(port, user, wanted, mailbox="INBOX"):
    """The messages of the mailbox that bear this Message-ID."""
    return [raw for raw in fetch_all(port, user, mailbox) if message_id(raw) == wanted]


def wait_for_message(port, user, wanted, mailbox="INBOX", timeout_seconds=20.0):
    """The message with this Message-ID, once it has arrived."""
    return ports.wait_until(
        lambda: fetch_by_id(port, user, wanted, mailbox),
        f"no message {wanted} in {mailbox} of {user}",
        timeout_seconds,
        step_seconds=0.1,
    )[0]
