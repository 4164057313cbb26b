"""Case SMTP-05: mail of the host itself (sendmail, bounces) and of its users is never refused."""

from support import authres, imap, mailhost, message, ports, scenario
from support.postfix_config import GHOST, RECIPIENT_DOMAIN

# Of p=reject, unsigned, and from no address that SPF allows: from outside it would be refused.
SPOOF = "Ann <ann@author.example>"


def wait_in_inbox(host, user, message_id):
    return imap.wait_for_message(host.dovecot.imap_port, user, message_id)


def test_control_from_outside_is_refused(host):
    """Without this the tests below would prove nothing."""
    reply = host.send(message.build(SPOOF), "ann@author.example", scenario.ATTACKER_IP)
    assert reply.code == 550, reply


def test_sendmail_is_not_judged(host, daemon_alive):
    raw = message.build(SPOOF, extra=scenario.FORGED_FIELDS)
    done = host.postfix.sendmail(raw, mailhost.BOB, [mailhost.ALICE])
    assert done.returncode == 0, done.stderr
    delivered = wait_in_inbox(host, mailhost.ALICE, imap.message_id(raw))
    results = authres.Results(delivered, mailhost.AUTHSERV_ID)
    assert "pass" not in [item.result for item in results.items], results
    check_passed_unharmed(host, last_queue_id(host, raw))


def check_passed_unharmed(host, queue_id):
    """The message went through the daemon, which let it pass."""
    assert "milter-reject" not in "\n".join(host.postfix.log_of(queue_id))
    events = host.milter.events_of(queue_id)
    assert [event["action"] for event in events] == ["accept"], events


def last_queue_id(host, raw):
    """The queue id under which cleanup logged this Message-ID last."""
    wanted = f"message-id={imap.message_id(raw)}"
    lines = [line for line in host.postfix.log().splitlines() if wanted in line]
    assert lines, "cleanup has not seen the message"
    return lines[-1].split("cleanup[", 1)[1].split(": ", 2)[1]


def test_sendmail_with_null_sender(host, daemon_alive):
    raw = message.build("MAILER-DAEMON@author.example")
    done = host.postfix.sendmail(raw, "", [mailhost.ALICE])
    assert done.returncode == 0, done.stderr
    assert wait_in_inbox(host, mailhost.ALICE, imap.message_id(raw))
    check_passed_unharmed(host, last_queue_id(host, raw))


def test_bounce_reaches_its_sender(host, daemon_alive):
    """Postfix makes a bounce, which passes the milter (internal_mail_filter_classes = bounce)."""
    ghost = f"{GHOST}@{RECIPIENT_DOMAIN}"
    raw = message.build("alice@example.org", recipient=ghost)
    before = len(bounces(host))
    reply = host.send(raw, mailhost.ALICE, "127.0.0.8", [ghost])
    assert reply.accepted, reply  # by Postfix; Dovecot then knows no such user
    ports.wait_until(lambda: len(bounces(host)) > before, "no bounce arrives", 20, 0.1)
    bounce = bounces(host)[-1]
    assert imap.message_id(raw).encode() in bounce
    queue_id = imap.message_id(bounce).strip("<>").split("@")[0].split(".")[-1]
    check_passed_unharmed(host, queue_id)


def bounces(host):
    inbox = imap.fetch_all(host.dovecot.imap_port, mailhost.ALICE)
    return [raw for raw in inbox if b"\nSubject: Undelivered Mail Returned to Sender" in raw
            .replace(b"\r\n", b"\n")]


def test_submission_is_not_judged_as_inbound(host, daemon_alive):
    """An authenticated user on a dial-up address: SPF and DMARC of his own domain do not matter."""
    raw = message.build(SPOOF, recipient=mailhost.BOB)
    reply = host.submit(raw)
    if reply.rejected:  # only for who may write which From, never for DMARC
        assert "DMARC" not in reply.text and "SPF" not in reply.text, reply
    own = message.build("Alice <alice@example.org>", recipient=mailhost.BOB)
    reply = host.submit(own)
    assert reply.accepted, reply
    delivered = wait_in_inbox(host, mailhost.BOB, imap.message_id(own))
    results = authres.Results(delivered, mailhost.AUTHSERV_ID)
    assert "fail" not in [item.result for item in results.items], results
