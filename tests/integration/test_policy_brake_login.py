"""The brake for stolen accounts with real logins: TLS, AUTH PLAIN against Dovecot, submission through
Postfix, mail on hold, notices in mailboxes, and the commands that free a login or deny it."""

import pathlib
import re
import shutil
import tempfile

import pytest

from conftest import require_mail_host
from milter_client import require_program
from support import imap, message, ports, smtp, tls
from support.dovecot import Dovecot
from support.policy import PolicyDaemon, unique_word
from support.postfix import Postfix
from support.postfix_config import HOSTNAME
from support.sink import Sink

ALICE, BOB, CAROL = (f"{name}@example.org" for name in ("alice", "bob", "carol"))
POSTMASTER = f"postmaster@{HOSTNAME}"
STRANGER = "127.0.0.66"
LIMIT = 6  # new recipients in an hour
BOUNCES = 3


class Host:
    """Users submit to Postfix, which asks the policy daemon; mail for outside goes to a sink."""

    def __init__(self, folder):
        self.sink = Sink()
        self.dovecot = Dovecot(folder / "dovecot")
        self.policy = PolicyDaemon(folder / "policy", inet=True)
        ask = f"inet:127.0.0.1:{self.policy.port}, timeout=10s, default_action=DUNNO"
        outside = f"smtp:[127.0.0.1]:{self.sink.port}"
        self.postfix = Postfix(
            folder / "postfix", "", lmtp_port=self.dovecot.lmtp_port,
            sasl_port=self.dovecot.sasl_port, certificate=tls.write_certificate(folder, HOSTNAME),
            settings={
                # As README.md has it.
                "postern_policy": f"check_policy_service {{ {ask} }}",
                "smtpd_recipient_restrictions": "reject_unlisted_recipient, $postern_policy,",
                "smtpd_end_of_data_restrictions": "$postern_policy,",
                "default_transport": outside, "relay_transport": outside,
                "smtpd_milters": "", "non_smtpd_milters": "",
                "virtual_alias_domains": HOSTNAME,
                "virtual_alias_maps": f"inline:{{ {POSTMASTER}={CAROL} }}",
            })  # fmt: skip
        self.policy.write_config({
            "local_networks": ["127.0.0.1"],
            "policy": {"notice_server": f"127.0.0.1:{self.postfix.smtp_port}"},
            "brake": {"per_hour": LIMIT, "bounces": BOUNCES},
            "greylist": {"when": "never"},
        })  # fmt: skip

    def __enter__(self):
        self.sink.start()
        for part in (self.dovecot, self.policy, self.postfix):
            part.start()
        return self

    def __exit__(self, *_):
        self.postfix.stop()
        self.policy.kill()
        self.dovecot.stop()
        self.sink.stop()

    def submit(self, login, recipients):
        """(reply, text of the message); a login with TLS and AUTH PLAIN of its own."""
        raw = message.build(f"<{login}>", recipients[0])
        reply = smtp.submit(self.postfix.submission_port, raw, login, recipients, login,
                            imap.PASSWORD)  # fmt: skip
        return reply, raw

    def send_out(self, login, recipients):
        """Submits what goes on to the sink at once; returns when it is there."""
        reply, raw = self.submit(login, recipients)
        assert reply.accepted and self.postfix.queue_name(reply.queue_id) != "hold", reply
        self.check_arrived(recipients, raw)

    def check_arrived(self, recipients, raw):
        for recipient in recipients:
            arrived = self.sink.wait_for(recipient).raw
            assert imap.message_id(arrived) == imap.message_id(raw)

    def is_in_sink(self, raw):
        wanted = imap.message_id(raw)
        return any(imap.message_id(item.raw) == wanted for item in self.sink.messages)

    def notices(self, user):
        """What lies in a mailbox about the brake."""
        mails = imap.fetch_all(self.dovecot.imap_port, user)
        return [mail for mail in mails if re.search(rb"^Subject: .*is on hold", mail, re.M)]

    def wait_for_notice(self, user):
        return ports.wait_until(
            lambda: self.notices(user),
            lambda: f"no notice for {user}: {self.policy.log()[-1500:]}", 30, 0.2)[-1]  # fmt: skip

    def bounce_to(self, user):
        """A bounce from outside, to its end in the mailbox."""
        raw = message.build("MAILER-DAEMON@target.example", user, subject="Undelivered Mail")
        reply = smtp.send(self.postfix.smtp_port, raw, "", [user], source=STRANGER)
        assert reply.accepted, reply
        imap.wait_for_message(self.dovecot.imap_port, user, imap.message_id(raw), "INBOX", 30)


def strangers(count):
    """Addresses that nobody here has written to."""
    return [f"{unique_word()}@target.example" for _ in range(count)]


@pytest.fixture(scope="module")
def host():
    require_mail_host()
    require_program("postern-policy")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="psb", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        with Host(folder) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def hold(host, login):
    """Submits to one more new recipient than is fine; the message, and its queue id."""
    host.policy.command("brake", "release", login)  # counts begin anew
    host.send_out(login, strangers(LIMIT))
    reply, raw = host.submit(login, strangers(1))
    assert reply.accepted, reply
    assert host.postfix.queue_name(reply.queue_id) == "hold"
    return raw, reply.queue_id


def test_a_login_that_suddenly_writes_to_many_is_held_told_released_and_denied(host):
    host.send_out(ALICE, strangers(LIMIT - 2))
    recipients = strangers(4)
    reply, raw = host.submit(ALICE, recipients)  # two of them are too many
    assert reply.accepted, reply  # nobody who stole a password learns of the brake
    assert host.postfix.queue_name(reply.queue_id) == "hold"
    again, more = host.submit(ALICE, [BOB])  # whom it writes to does not matter now
    assert again.accepted and host.postfix.queue_name(again.queue_id) == "hold"
    host.send_out(BOB, strangers(2))  # other logins go on

    check_notices(host)
    listed = host.policy.command("brake", "list")[1]
    assert re.search(rf"  held +{ALICE}: 7 new recipients this hour \(limit 6\)", listed), listed

    text = host.policy.command("brake", "release", ALICE)[1]
    assert "may send again" in text and "postsuper -H QUEUE_ID" in text
    host.send_out(ALICE, strangers(LIMIT))
    assert not host.is_in_sink(raw) and host.postfix.queue_name(reply.queue_id) == "hold"
    host.postfix.command("postsuper", "-H", reply.queue_id)
    host.postfix.command("postqueue", "-f")
    host.check_arrived(recipients, raw)
    host.postfix.command("postsuper", "-H", again.queue_id)
    host.postfix.command("postqueue", "-f")
    imap.wait_for_message(host.dovecot.imap_port, BOB, imap.message_id(more), "INBOX", 30)

    check_denied(host)


def check_notices(host):
    """Owner and postmaster, once each, in their mailboxes."""
    owner, postmaster = (host.wait_for_notice(user) for user in (ALICE, CAROL))
    assert b"nothing is lost" in owner and b"To: <alice@example.org>" in owner
    assert b"postsuper" not in owner  # commands are for the postmaster
    for words in (b"postern brake release 'alice@example.org'", b"postsuper -H QUEUE_ID",
                  b"postern brake deny 'alice@example.org'"):  # fmt: skip
        assert words in postmaster, postmaster
    assert b"7 new recipients this hour" in postmaster
    assert len(host.notices(ALICE)) == 1 and len(host.notices(CAROL)) == 1
    assert len(host.policy.events("brake-on")) == 1


def check_denied(host):
    host.policy.command("brake", "deny", ALICE, "--why", "ticket 7")
    reply, raw = host.submit(ALICE, [BOB])
    assert reply.code == 554 and reply.stage == "RCPT", reply
    assert reply.text.startswith("5.7.1 ")
    assert "This account may not send mail; please ask your postmaster" in reply.text
    assert "denied  alice@example.org: ticket 7" in host.policy.command("brake", "list")[1]
    assert not host.is_in_sink(raw)
    host.policy.command("brake", "release", ALICE)
    host.send_out(ALICE, strangers(1))
    assert host.policy.command("brake", "list")[1] == "No login is held or denied.\n"


def test_mail_that_comes_back_holds_the_login_that_sent_it(host):
    """Each bounce is itself delivered; what the login sends after too many of them is held."""
    host.policy.command("brake", "release", BOB)  # counts begin anew
    host.send_out(BOB, strangers(BOUNCES + 1))
    told = len(host.notices(CAROL))
    for _ in range(BOUNCES):
        host.bounce_to(BOB)
    host.send_out(BOB, strangers(1))
    host.bounce_to(BOB)
    reply, raw = host.submit(BOB, [ALICE])
    assert reply.accepted and host.postfix.queue_name(reply.queue_id) == "hold"
    assert b"bounces" not in host.wait_for_notice(BOB)  # the owner need not know how it is found
    ports.wait_until(lambda: len(host.notices(CAROL)) > told, "the postmaster is told", 30, 0.2)
    assert b"4 bounces today (limit 3)" in host.notices(CAROL)[-1]
    assert "4 bounces today" in host.policy.command("brake", "list")[1]
    host.policy.command("brake", "release", BOB)
    host.postfix.command("postsuper", "-H", reply.queue_id)
    host.postfix.command("postqueue", "-f")
    imap.wait_for_message(host.dovecot.imap_port, ALICE, imap.message_id(raw), "INBOX", 30)
    host.send_out(BOB, strangers(1))


def test_forged_bounces_hold_nobody(host):
    """CAROL sends nothing; bounces to what strangers send in her name do not count."""
    for _ in range(BOUNCES + 2):
        host.bounce_to(CAROL)
    host.send_out(CAROL, strangers(1))


def test_what_was_held_while_the_daemon_was_away_stays_so(host):
    """Neither a restart nor the daemon's absence loses a held message or frees the login."""
    raw, queue_id = hold(host, CAROL)
    host.policy.kill()
    host.policy.start()
    reply, _ = host.submit(CAROL, [ALICE])
    assert reply.accepted and host.postfix.queue_name(reply.queue_id) == "hold"
    host.policy.command("brake", "release", CAROL)
    host.postfix.command("postsuper", "-d", reply.queue_id)
    host.postfix.command("postsuper", "-H", queue_id)
    host.postfix.command("postqueue", "-f")
    ports.wait_until(lambda: host.is_in_sink(raw), lambda: str(host.postfix.queue()), 30)
