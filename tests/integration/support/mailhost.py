"""A whole private mail host in one context manager: DNS, postern-milter, Postfix, Dovecot."""

import dataclasses
import os
import pathlib
import shutil
import tempfile
import time

from . import authres, imap, ports, smtp, tls
from .dns_server import DnsServer
from .dovecot import Dovecot
from .milter import Milter
from .postfix import Postfix
from .postfix_config import HOSTNAME, RECIPIENT_DOMAIN

AUTHSERV_ID = HOSTNAME
ALICE = "alice@" + RECIPIENT_DOMAIN
BOB = "bob@" + RECIPIENT_DOMAIN

# What the daemon is told besides the address of the name server. Our root zone is not signed.
BASE_SETTINGS = {"mode": "enforce", "authserv_id": AUTHSERV_ID, "local_networks": []}
BASE_DNS = {"dnssec": False}


@dataclasses.dataclass
class Outcome:
    """What became of one message: Postfix's reply, our log line, where the message is now."""

    reply: smtp.Reply
    event: dict  # the daemon's log line; empty when there is none
    place: str  # inbox, junk, hold, deferred, rejected, tempfail
    raw: bytes = b""  # as delivered or held

    @property
    def results(self):
        return authres.Results(self.raw, AUTHSERV_ID)


def merged(base, changes):
    """Settings with changes; tables are merged, None removes."""
    out = dict(base)
    for name, value in (changes or {}).items():
        if isinstance(value, dict):
            out[name] = merged(out.get(name, {}), value)
        elif value is None:
            out.pop(name, None)
        else:
            out[name] = value
    return out


class MailHost:
    """`with MailHost(zone, config) as host:`; up in a few seconds, gone without a trace after.

    zone: see dns_server. config: changes to BASE_SETTINGS. postfix: main.cf parameters.
    sink: mail goes to files instead of Dovecot. dns_address: another server instead of ours.
    dovecot: more of its configuration, and the environment it runs in.
    """

    def __init__(self, zone, config=None, postfix=None, sink=False, dns_address=None, keep=False,
                 dovecot=("", None)):  # fmt: skip
        # Short, because unix socket paths end at 107 bytes; not $TMPDIR, which the users of
        # Postfix and Dovecot may not be able to enter.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="pst", dir="/var/tmp"))
        self.directory.chmod(0o755)
        self._keep = keep or bool(os.environ.get("POSTERN_KEEP"))
        self.dns = None if dns_address else DnsServer(self.directory / "dns", zone)
        servers = [dns_address or self.dns.address]
        dns = {"dns": {"servers": servers, **BASE_DNS}}
        self.settings = merged(merged(BASE_SETTINGS, dns), config)
        self.milter = Milter(self.directory / "milter", self.settings)
        self.dovecot = None if sink else Dovecot(self.directory / "dovecot", *dovecot)
        options = {} if sink else {
            "lmtp_port": self.dovecot.lmtp_port,
            "sasl_port": self.dovecot.sasl_port,
            "certificate": tls.write_certificate(self.directory, HOSTNAME),
        }
        self.postfix = Postfix(
            self.directory / "postfix", self.milter.address, settings=postfix, **options
        )

    def __enter__(self):
        try:
            for part in (self.dns, self.milter, self.dovecot, self.postfix):
                if part is not None:
                    part.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Stops everything, in whatever state it is, and removes the directory."""
        parts = [part.stop for part in (self.postfix, self.dovecot, self.dns) if part is not None]
        parts.insert(1, self.milter.kill)  # nothing is in flight; a clean stop would take 5 s
        for stop in parts:
            try:
                stop()
            except Exception as error:  # the others must still be stopped
                print(f"{stop.__qualname__}: {error}")
        if self._keep:
            print(f"kept: {self.directory}")
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def send(self, message, mail_from, client, recipients=(ALICE,), helo="client.example"):
        """Sends over SMTP from the given source address and returns the reply."""
        return smtp.send(
            self.postfix.smtp_port, message, mail_from, recipients, source=client, helo=helo
        )

    def submit(self, message, user=ALICE, recipients=(BOB,), mail_from=None):
        return smtp.submit(
            self.postfix.submission_port, message, mail_from or user, recipients, user,
            imap.PASSWORD,
        )

    def deliver(self, message, mail_from, client, recipients=(ALICE,), helo="client.example"):
        """Sends, then follows the message to its end; see Outcome."""
        logged = len(self.milter.events())
        reply = self.send(message, mail_from, client, recipients, helo)
        return self.follow(message, reply, logged, recipients[0])

    def follow(self, message, reply, events_before, recipient=ALICE):
        """Finds what became of a message after its reply."""
        if not reply.accepted:
            place = "rejected" if reply.rejected else "tempfail"
            return Outcome(reply, self._event(None, events_before), place)
        event = self._event(reply.queue_id, events_before)
        place, raw = self._locate(imap.message_id(message), reply.queue_id, recipient)
        return Outcome(reply, event, place, raw)

    def _event(self, queue_id, before):
        """The log line for this message: by queue id, or the next one when Postfix named none."""

        def find():
            new = self.milter.events()[before:]
            return [e for e in new if queue_id is None or e.get("queue_id") == queue_id]

        end = time.monotonic() + (3.0 if queue_id else 1.0)
        while time.monotonic() < end:
            found = find()
            if found:
                return found[-1]
            time.sleep(0.02)
        return {}

    def _locate(self, message_id, queue_id, recipient, timeout_seconds=20.0):
        def find():
            name = self.postfix.queue_name(queue_id)
            if name == "hold":
                return name, self.postfix.queued_message(queue_id)
            for mailbox, place in (("INBOX", "inbox"), ("Junk", "junk")):
                found = imap.fetch_by_id(self.dovecot.imap_port, recipient, message_id, mailbox)
                if found:
                    return place, found[0]
            return None

        try:
            return ports.wait_until(find, "", timeout_seconds, step_seconds=0.05)
        except TimeoutError:
            return self.postfix.queue_name(queue_id) or "nowhere", b""
