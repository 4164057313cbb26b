"""Mail for full mailboxes at real RCPT: Postfix with its tables, the policy daemon, the learner, and Dovecot."""

import os
import re
import shutil
import smtplib

import pytest
from support import ports, programs
from support.policy import PolicyDaemon, RedisServer, merged
from support.policy_host import NO_MILTER, Folder
from support.postfix import Postfix
from support.training import ALICE, BOB, message
from test_dovecot_quota import QuotaHost
from test_dovecot_train import require_training_host

CAROL = "carol@example.org"
FULL = (452, b"4.2.2 <%s>: Recipient address rejected: No room in the mailbox")

VIRTUAL = f"""\
info@example.org     {ALICE}
sales@example.org    info@example.org
loop1@example.org    loop2@example.org
loop2@example.org    loop1@example.org
all@example.org      {ALICE}, {BOB}
both@example.org     {ALICE} {CAROL}
away@example.org     {ALICE}, somebody@elsewhere.example
@catch.example       {ALICE}
bob@catch.example    {BOB}
"""
ALIASES = f"""\
chief: {ALICE}
team: {ALICE}, {CAROL}
robot: "|/bin/true"
deputy: chief
"""


class QuotaMail:
    """`with QuotaMail(settings) as mail:`; store: the url that learner and policy daemon share."""

    def __init__(self, folder, settings=None, store=None, postfix=None):
        self.host = QuotaHost()
        store = store or f"lmdb:{self.host.learner.store_path}"
        self.host.learner._settings = {"store": {"url": store}}
        self.postfix = Postfix(
            folder / "postfix", "", lmtp_port=self.host.dovecot.lmtp_port, sasl_port=self.host.dovecot.sasl_port,
            settings={**NO_MILTER,
                      "virtual_alias_maps": f"hash:{folder}/virtual", "virtual_alias_domains": "catch.example",
                      "alias_maps": f"hash:{folder}/aliases", "mydestination": "local.example",
                      "local_transport": "local", "smtpd_tls_security_level": "none", "myorigin": "local.example", "recipient_delimiter": "+", **(postfix or {})},
        )  # fmt: skip
        base = {"store": {"url": store}, "policy": {"rules": ["quota"]},
                "postfix": {"config_directory": str(self.postfix.config_directory)}}  # fmt: skip
        self.policy = PolicyDaemon(folder / "policy", merged(base, settings), inet=True)
        check = f"check_policy_service {{ inet:127.0.0.1:{self.policy.port}, timeout=10s, default_action=DUNNO }}"
        self.postfix._options["settings"]["smtpd_recipient_restrictions"] = check
        (folder / "virtual").write_text(VIRTUAL)
        (folder / "aliases").write_text(ALIASES)

    def __enter__(self):
        folder = self.postfix.directory.parent
        self.postfix.directory.mkdir(parents=True)
        programs.run(["/usr/sbin/postmap", f"hash:{folder}/virtual"])
        programs.run(["/usr/sbin/postalias", f"hash:{folder}/aliases"])
        self.host.__enter__()
        self.policy.start()
        self.postfix.start()
        return self

    def __exit__(self, *_):
        self.postfix.stop()
        self.policy.kill()
        self.host.__exit__(None)

    def rcpt(self, recipient, size=None, sender="ann@author.example"):
        """(code, text) of RCPT TO in a session of its own."""
        with smtplib.SMTP(ports.LOOPBACK, self.postfix.smtp_port, timeout=30) as client:
            client.ehlo()
            client.mail(sender, [f"SIZE={size}"] if size else [])
            return client.rcpt(recipient)

    def wait_until_full(self, *users):
        for user in users:
            self.host.wait_for_line(user, "full$")
            ports.wait_until(
                lambda user=user: self.rcpt(user)[0] == 452,
                lambda user=user: f"{self.rcpt(user)} {self.policy.log()[-1500:]}",
            )


def make_full(mail, *users):
    for user in users:
        for number in range(10):
            mail.host.deliver(message(f"full{number}", size=98_000), user)
        mail.host.deliver(message("grace", size=44_000), user)  # by quota_grace
    mail.wait_until_full(*users)


@pytest.fixture(scope="module")
def mail():
    """Alice and carol are full, bob has room."""
    require_training_host()
    with Folder() as folder, QuotaMail(folder) as running:
        make_full(running, ALICE, CAROL)
        running.host.deliver(message("little", size=500_000), BOB)
        running.host.wait_for_line(BOB, "1 of 500")
        yield running
        log = running.postfix.log()
        assert "warning:" not in log, [line for line in log.splitlines() if "warning:" in line]


@pytest.mark.parametrize(
    "recipient",
    [
        ALICE,
        "Alice@Example.ORG",
        "alice+shop@example.org",  # extension
        "info@example.org",  # alias
        "sales@example.org",  # of an alias
        "sales+x@example.org",
        "both@example.org",  # a list of which all are full
        "whatever@catch.example",  # catch-all
        "chief@local.example",  # aliases(5)
        "deputy@local.example",
        "team+x@local.example",
    ],
)
def test_refused(mail, recipient):
    code, text = mail.rcpt(recipient)
    assert (code, text) == (452, FULL[1] % recipient.encode()), mail.policy.log()[-1000:]


@pytest.mark.parametrize(
    "recipient",
    [
        BOB,
        "all@example.org",  # bob has room
        "bob@catch.example",
        "away@example.org",  # nobody knows of somewhere else
        "robot@local.example",  # a command
        "loop1@example.org",
        "ghost@example.org",  # Postfix takes it, Dovecot has never heard of it
    ],
)
def test_accepted(mail, recipient):
    assert mail.rcpt(recipient)[0] == 250, mail.policy.log()[-1000:]


def test_unknown_recipients_stay_postfixs_business(mail):
    code, text = mail.rcpt("nobody@example.org")
    assert code == 550 and b"User unknown" in text


def test_the_declared_size_counts(mail):
    assert mail.rcpt(BOB, size=100_000)[0] == 250
    assert mail.rcpt(BOB, size=900_000)[0] == 452
    assert mail.rcpt("all@example.org", size=900_000)[0] == 452
    assert mail.rcpt(BOB, size=900_000, sender="")[0] == 452
    code, text = mail.rcpt(BOB, size=2_000_000)
    assert code == 552 and text.startswith(b"5.2.3 "), text  # it would not fit into an empty one either


def test_accepted_mail_arrives_and_the_log_says_why(mail):
    line = mail.policy.events("policy")[-1]
    assert line["rule"] in ("quota", "none")
    found = [e for e in mail.policy.events("policy") if e["recipient"] == ALICE][-1]
    assert re.fullmatch(r"alice@example\.org: 10\d\d KiB of 1000 KiB, 11 of 500 messages", found["why"])
    assert found["quota"] == found["why"] and found["action"].startswith("452 4.2.2")


def test_room_again_is_seen_at_once(mail):
    """The owner deletes; the next mail is taken."""
    with mail.host.client(CAROL) as carol:
        carol.store("INBOX", "+FLAGS.SILENT", "(\\Deleted)")
        carol.imap.expunge()
        ports.wait_until(lambda: mail.rcpt(CAROL)[0] == 250, lambda: mail.policy.log()[-1000:])
    make_full(mail, CAROL)


def test_after_a_restart_of_the_learner_dovecot_decides_and_tells(mail):
    """One message goes through to Dovecot, which refuses it; then Postfix knows again."""
    mail.host.learner.kill()
    mail.host.learner.start()
    ports.wait_until(lambda: mail.rcpt(ALICE)[0] == 250, lambda: mail.policy.log()[-1000:])
    with smtplib.SMTP(ports.LOOPBACK, mail.postfix.smtp_port, timeout=30) as client:
        client.sendmail("bob@example.org", [ALICE], message("returned", size=5000))
    mail.wait_until_full(ALICE)
    ports.wait_until(lambda: "Quota exceeded" in mail.postfix.log(), lambda: mail.postfix.log()[-500:], 20)
    assert mail.host.try_to_deliver(message("c"), CAROL)[-1][0] == 552
    mail.wait_until_full(CAROL)


def test_while_the_policy_daemon_is_away(mail):
    mail.policy.kill()
    try:
        assert mail.rcpt(ALICE)[0] == 250
    finally:
        mail.policy.start()
    # Postfix has warned of it, rightly.
    mail.postfix.log_path.write_text("")
    mail.wait_until_full(ALICE)


def test_observe_mode_and_another_reply(mail):
    settings = mail.policy._settings
    mail.policy.reload_with(merged(settings, {"quota": {"action": "552 5.2.2 Full"}}))
    assert mail.rcpt(ALICE) == (552, b"5.2.2 <alice@example.org>: Recipient address rejected: Full")
    mail.policy.reload_with(merged(settings, {"mode": "observe"}))
    assert mail.rcpt(ALICE)[0] == 250
    line = mail.policy.events("policy")[-1]
    assert line["action"] == "DUNNO" and line["wanted"].startswith("452")
    mail.policy.reload_with(settings)
    assert mail.rcpt(ALICE)[0] == 452


def test_old_news_do_not_count(mail):
    settings = mail.policy._settings
    mail.policy.reload_with(merged(settings, {"quota": {"max_age": "1ms"}}))
    assert mail.rcpt(ALICE)[0] == 250
    assert "too long ago" in mail.policy.events("policy")[-1]["quota"]
    mail.policy.reload_with(settings)


def test_a_table_that_fails_keeps_no_mail(mail):
    """It is the policy daemon's alone, which looks into another main.cf."""
    settings = {"virtual_alias_maps": f"hash:{mail.postfix.directory}/no-such-file"}
    config = mail.postfix.directory.parent / "other"
    shutil.copytree(mail.postfix.config_directory, config)
    base = mail.policy._settings
    programs.run(["/usr/sbin/postconf", "-c", config, "-e", *[f"{k}={v}" for k, v in settings.items()]])
    os.utime(config / "main.cf", (0, 0))  # of one that has just changed Postfix's programs wait to read it
    mail.policy.restart(merged(base, {"postfix": {"config_directory": str(config)}}))
    try:
        line = ports.wait_until(
            lambda: (found := mail.policy.decision(recipient=ALICE))[1].get("failed") and found[1],
            lambda: mail.policy.log()[-1000:],
        )
        assert line["action"] == "DUNNO" and "no-such-file" in line["failed"], line
    finally:
        mail.policy.restart(base)
    mail.wait_until_full(ALICE)


def test_owners_are_told(mail):
    """Bob at half of his quota, by mail that arrives; of a full mailbox the postmaster hears."""
    settings = merged(mail.policy._settings, {
        "policy": {"notice_server": f"127.0.0.1:{mail.postfix.smtp_port}"},
        "postmaster": None, "quota": {"warn_at": ["40%", "99%"]},
    })  # fmt: skip
    settings["policy"]["postmaster"] = BOB
    mail.policy.reload_with(settings)
    before = len(mail.policy.events("quota-notice"))
    for _ in range(3):
        assert mail.rcpt(BOB)[0] == 250
    with mail.host.client(CAROL) as carol:  # who is full anew: that is told again
        carol.store("INBOX", "+FLAGS.SILENT", "(\\Deleted)")
        carol.imap.expunge()
    make_full(mail, CAROL)
    for _ in range(3):
        assert mail.rcpt(CAROL)[0] == 452

    def letters():
        with mail.host.client(BOB) as bob:
            bob.select("INBOX")
            found = bob.imap.search(None, "SUBJECT", '"mailbox"')[1][0].split()
            return [bob.imap.fetch(number, "(BODY[])")[1][0][1].decode() for number in found]

    ports.wait_until(lambda: len(letters()) >= 2,
                     lambda: f"{letters()} {mail.policy.events('notice-lost')} {mail.postfix.log()[-2000:]}")  # fmt: skip
    subjects = sorted(re.search(r"^Subject: (.*)\r$", text, re.M)[1] for text in letters())
    assert re.fullmatch(r"The mailbox of carol@example\.org is full", subjects[0])
    assert re.fullmatch(r"Your mailbox is \d\d % full", subjects[1])
    assert len(mail.policy.events("quota-notice")) == before + 2


def test_a_corrupt_value_and_a_store_that_is_away():
    """On Redis, which lets us write what nobody of ours would."""
    require_training_host()
    with Folder() as folder, RedisServer(folder / "redis") as redis:
        with QuotaMail(folder, store=redis.url) as mail:
            make_full(mail, ALICE)
            [key] = re.findall(rb"[^\r\n]*q/u/alice[^\r\n]*", redis.command("KEYS", "*q/u/*"))
            redis.command("SET", key.decode(), "quota1 user=alice \x01 storage=9/x")
            assert mail.rcpt(ALICE)[0] == 250
            mail.host.recalc(ALICE)
            mail.wait_until_full(ALICE)
            redis.kill()
            assert mail.rcpt(ALICE)[0] == 250
            mail.host.try_to_deliver(message("x"), ALICE)  # no delivery waits for the store
