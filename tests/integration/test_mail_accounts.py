"""Accounts of `postern user` in real Postfix and Dovecot, configured as examples/accounts says."""

import imaplib
import pathlib
import re
import shutil
import smtplib
import subprocess
import tempfile

import pytest

from conftest import require_mail_host
from support import dovecot, imap, ports, programs, smtp, tls
from support.account_directory import AccountDirectory, dovecot_config, postfix_settings
from support.postfix import Postfix
from test_dovecot_quota import QuotaHost
from test_dovecot_train import require_training_host

ALICE, BOB = "alice@accounts.example", "bob@accounts.example"

QUOTA23 = """
mail_plugins = $mail_plugins quota
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=2G
  quota_grace = 0
}
"""
QUOTA24 = """
mail_plugins {
  quota = yes
}
quota "User quota" {
  driver = count
}
quota_storage_size = 2G
quota_storage_grace = 0
"""
# Dovecot delays the answers to a client that has failed before, in the end longer than Postfix waits.
PATIENT = """
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
"""
# What Debian says of users of the system, which accounts must not follow; and what a log may show.
SYSTEM23 = """
mail_location = mbox:~/mail:INBOX=/var/mail/%u
first_valid_uid = 70000
auth_debug = yes
auth_verbose = yes
"""
SYSTEM24 = """
mail_driver = mbox
mail_path = %{home}/mail
mail_inbox_path = /var/mail/%{user}
first_valid_uid = 70000
mail_uid =
mail_gid =
protocol lmtp {
  auth_username_format = %{user | username | lower}
}
log_debug = category=auth
auth_verbose = yes
"""


class Host:
    """Postfix and Dovecot that find each other and the accounts by the examples alone."""

    def __init__(self, directory):
        self.directory = directory
        settings = {
            **postfix_settings(directory / "accounts"),
            "smtpd_milters": None,
            "non_smtpd_milters": None,
            "smtpd_sender_restrictions": "reject_authenticated_sender_login_mismatch",
        }
        spool = directory / "postfix"
        new = dovecot.version() >= (2, 4)
        example = dovecot_config("2.4" if new else "2.3", directory / "accounts", {
            "/var/spool/postfix": spool / "spool", "/var/vmail": directory / "vmail",
            "gid=vmail": "gid=nogroup", "gid:default = vmail": "gid:default = nogroup",
            "uid=vmail": "uid=nobody", "uid:default = vmail": "uid:default = nobody"})  # fmt: skip
        extra = (SYSTEM24 + QUOTA24 if new else SYSTEM23 + QUOTA23) + PATIENT + example
        self.dovecot = dovecot.Dovecot(directory / "dovecot", extra)
        self.postfix = Postfix(
            spool, "", lmtp_port=1, sasl_port=1, settings=settings,
            certificate=tls.write_certificate(directory, "mx.example.org"))  # fmt: skip
        self.accounts = AccountDirectory(
            directory / "accounts", self.postfix.config_directory, pause=1.1)
        (directory / "vmail").mkdir()
        shutil.chown(directory / "vmail", "nobody", "nogroup")

    def start(self):
        self.postfix.start()
        self.dovecot.start()

    def stop(self):
        self.postfix.stop()
        self.dovecot.stop()

    def logs_in(self, address, password):
        client = imaplib.IMAP4(ports.LOOPBACK, self.dovecot.imap_port)
        try:
            return client.login(address, password)[0] == "OK"
        except imaplib.IMAP4.error:
            return False
        finally:
            client.shutdown()

    def submit(self, login, password, recipient, mail_from=None, text="x"):
        self.count = getattr(self, "count", 0) + 1
        self.last_id = f"<{self.count}@accounts.example>"
        message = f"From: <{login}>\r\nMessage-ID: {self.last_id}\r\n\r\n{text}\r\n".encode()
        return smtp.submit(self.postfix.submission_port, message, mail_from or login, [recipient],
                           login, password)  # fmt: skip

    def arrives(self, address, password):
        """Whether the message sent last is in the mailbox, once it has had the time."""
        wanted = self.last_id

        def there():
            found = imap.fetch_all(self.dovecot.imap_port, address, password=password)
            return [raw for raw in found if imap.message_id(raw) == wanted]

        return ports.wait_until(there, lambda: f"no {wanted}: {self.postfix.log()[-1500:]}")

    def rcpt(self, address):
        """What Postfix says to a stranger about a recipient."""
        return smtp.send(self.postfix.smtp_port, b"Subject: x\r\n\r\nx\r\n", "a@example.net",
                         [address])  # fmt: skip


@pytest.fixture(scope="module")
def host():
    require_mail_host()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="pst", dir="/var/tmp"))
    directory.chmod(0o755)
    running = Host(directory)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="module")
def passwords(host):
    return {ALICE: host.accounts.add(ALICE), BOB: host.accounts.add(BOB)}


def test_a_message_from_one_account_to_another(host, passwords):
    assert host.submit(ALICE, passwords[ALICE], BOB).accepted
    assert host.arrives(BOB, passwords[BOB])
    assert (host.directory / "vmail/accounts.example/bob/Maildir").is_dir()
    assert host.submit(ALICE, passwords[ALICE], "bob+shop@accounts.example").accepted
    assert host.arrives(BOB, passwords[BOB])
    assert f"lmtp({BOB})" in host.dovecot.log()  # with the domain, for quota and Sieve
    assert not host.logs_in(ALICE, passwords[BOB])
    assert host.submit(ALICE, passwords[BOB], BOB).code == 535
    assert host.rcpt("nobody@accounts.example").code == 550
    # A user of another database.
    assert "succeeded" in host.dovecot.doveadm(
        "auth", "test", "alice@example.org", imap.PASSWORD)


def test_app_passwords(host, passwords):
    phone = host.accounts.add_app_password(ALICE, "phone")
    laptop = host.accounts.add_app_password(ALICE, "laptop")
    for password in (phone, laptop, passwords[ALICE], phone):
        assert host.logs_in(ALICE, password)
    assert host.submit(ALICE, phone, BOB).accepted and host.arrives(BOB, passwords[BOB])
    assert not host.logs_in(BOB, phone)
    assert not host.logs_in(ALICE, phone[:-1] + ("b" if phone[-1] == "a" else "a"))
    host.accounts.ok("user", "app-password", "remove", ALICE, "phone")
    assert not host.logs_in(ALICE, phone)
    assert host.submit(ALICE, phone, BOB).code == 535
    assert host.logs_in(ALICE, laptop) and host.logs_in(ALICE, passwords[ALICE])


def test_no_password_is_in_the_log(host, passwords):
    phone = host.accounts.add_app_password(ALICE, "logged")
    assert host.logs_in(ALICE, phone) and not host.logs_in(ALICE, "a wrong password it is")
    log = host.dovecot.log()
    assert "lookup: user=alice@accounts.example/" in log  # so it would be seen
    for word in (phone, phone[:5], passwords[ALICE], passwords[ALICE][:5], "a wrong"):
        assert word not in log


def test_a_new_password_counts_within_a_second(host):
    first = host.accounts.add("carol@accounts.example")
    assert host.logs_in("carol@accounts.example", first)
    for _ in range(3):  # the files are of one size
        out = host.accounts.ok("user", "passwd", "carol@accounts.example", "--generate")
        second = out.split("shown this once: ")[1].split()[0]
        assert host.logs_in("carol@accounts.example", second)
        assert not host.logs_in("carol@accounts.example", first)
        first = second


def test_a_disabled_account_gets_mail_and_cannot_log_in(host, passwords):
    app = host.accounts.add_app_password(BOB, "disabled")
    host.accounts.ok("user", "disable", BOB)
    assert not host.logs_in(BOB, passwords[BOB]) and not host.logs_in(BOB, app)
    assert host.submit(BOB, passwords[BOB], ALICE).code == 535
    assert host.submit(ALICE, passwords[ALICE], BOB).accepted
    host.accounts.ok("user", "enable", BOB)
    assert host.arrives(BOB, passwords[BOB]) and host.logs_in(BOB, app)


def test_aliases_and_who_may_send_as_them(host, passwords):
    host.accounts.ok("alias", "add", "team@accounts.example", BOB)
    assert host.submit(ALICE, passwords[ALICE], "team@accounts.example").accepted
    assert host.arrives(BOB, passwords[BOB])
    assert host.submit(ALICE, passwords[ALICE], "postmaster@accounts.example").accepted
    assert host.arrives(ALICE, passwords[ALICE])
    assert host.submit(BOB, passwords[BOB], ALICE, "team@accounts.example").accepted
    assert host.submit(BOB, passwords[BOB], ALICE, "bob+x@accounts.example").accepted
    for sender in ("team@accounts.example", BOB, "new@accounts.example", "a@example.net"):
        reply = host.submit(ALICE, passwords[ALICE], BOB, sender)
        assert reply.code == 553 and "not owned" in reply.text


def test_a_catch_all_takes_no_mail_of_accounts(host, passwords):
    host.accounts.ok("alias", "add", "@accounts.example", ALICE)
    assert host.submit(ALICE, passwords[ALICE], "whoever@accounts.example").accepted
    assert host.arrives(ALICE, passwords[ALICE])
    for recipient in (BOB, "bob+x@accounts.example", "team@accounts.example"):
        assert host.submit(ALICE, passwords[ALICE], recipient).accepted
        assert host.arrives(BOB, passwords[BOB])
    host.accounts.ok("alias", "remove", "@accounts.example")
    assert host.rcpt("whoever@accounts.example").code == 550


def test_quotas(host, passwords):
    def limit():
        lines = host.dovecot.doveadm("quota", "get", "-u", BOB).splitlines()
        return next(line for line in lines if "STORAGE" in line).split()[4]

    def deliver(size):
        with smtplib.LMTP(ports.LOOPBACK, host.dovecot.lmtp_port) as lmtp:
            lmtp.ehlo()  # LHLO
            lmtp.mail("a@example.net")
            code, _ = lmtp.rcpt(BOB)
            text = b"Subject: x\r\n\r\n" + (b"x" * 76 + b"\r\n") * (size // 78)
            return lmtp.data(text)[0] if code == 250 else code

    for size, kilobytes in (
        ("1M", "1024"), ("3G", "3145728"), ("none", "-"), ("default", "2097152"),
    ):  # fmt: skip
        host.accounts.ok("user", "quota", BOB, size)
        assert limit() == kilobytes
    host.accounts.ok("user", "quota", BOB, "1M")
    assert deliver(1000) == 250
    assert deliver(2_000_000) in (552, 452)
    host.accounts.ok("user", "quota", BOB, "default")
    assert deliver(2_000_000) == 250


def test_quotas_hold_for_postern_quota_too(tmp_path):
    require_training_host()
    accounts = AccountDirectory(tmp_path / "accounts")
    accounts.add("alice@example.org", "--quota", "3G")
    fields = (accounts.path / "users").read_text().rstrip().rpartition(":::")[2]
    with QuotaHost(fields={"alice": fields}) as running:
        told = running.dovecot.doveadm("quota", "get", "-u", "alice@example.org")
        assert re.search(r"STORAGE +0 +3145728 ", told)
        told = running.dovecot.doveadm("quota", "get", "-u", "bob@example.org")
        assert re.search(r"STORAGE +0 +1000 ", told)


def test_a_removed_account_is_gone_for_everybody(host, passwords):
    password = host.accounts.add("dave@accounts.example")
    assert host.submit(ALICE, passwords[ALICE], "dave@accounts.example").accepted
    assert host.arrives("dave@accounts.example", password)
    app = host.accounts.add_app_password("dave@accounts.example", "phone")
    host.accounts.ok("user", "remove", "dave@accounts.example")
    for secret in (password, app):
        assert not host.logs_in("dave@accounts.example", secret)
        assert host.submit("dave@accounts.example", secret, BOB).code == 535
    assert host.rcpt("dave@accounts.example").code == 550


def test_the_arguments_for_master_cf_are_accepted(tmp_path):
    """postconf takes each line, and Postfix finds no fault with the result."""
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\n")
    (tmp_path / "master.cf").write_text("smtp inet n - y - - smtpd\n")
    example = programs.ROOT / "examples/accounts/postfix/master.cf.add"
    for line in example.read_text().splitlines():
        option, argument = line.split(" ", 1)
        programs.run(["/usr/sbin/postconf", "-c", tmp_path, option, argument])
    for option in (["-M"], ["-P"], ["-n"]):
        done = subprocess.run(["/usr/sbin/postconf", "-c", str(tmp_path), *option],
                              capture_output=True, text=True, check=True)  # fmt: skip
        assert "warning" not in done.stderr
    services = programs.run(["/usr/sbin/postconf", "-c", tmp_path, "-P"])
    assert services.count("reject_authenticated_sender_login_mismatch") == 2
    assert "submissions/inet/smtpd_tls_wrappermode = yes" in services
