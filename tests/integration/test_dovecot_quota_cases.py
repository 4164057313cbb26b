"""postern_quota where a count is not the whole truth: several roots, shared mailboxes, the plugin trash, limits that
were raised, and a count in the middle of a command."""

import imaplib
import socket
import time

import pytest
from support import dovecot, imap, ports
from support.training import ALICE, BOB, message
from test_dovecot_quota import QuotaHost
from test_dovecot_train import require_training_host


@pytest.fixture(autouse=True)
def needed():
    require_training_host()
    if dovecot.version() >= (2, 4):
        pytest.skip("the configurations are for Dovecot 2.3")


def test_roots_of_other_namespaces_do_not_count():
    """What limits the archive limits no delivery."""
    extra = """
namespace archive {
  prefix = Old/
  separator = /
  location = maildir:~/Old
}
plugin {
  quota2 = postern:Archive:ns=Old/
  quota2_rule = *:storage=1K
}
"""
    with QuotaHost(extra=extra) as host:
        host.deliver(message("ns1", size=5000), ALICE)
        host.wait_for_line(ALICE, r": \d KiB of 1000 KiB, 1 of 500 messages, 0 %, \d+ s ago$")
        assert host.errors() == []


def test_where_dovecot_makes_room_by_itself_it_decides():
    extra = """
mail_plugins = quota trash postern_quota
plugin {
  trash = {directory}/trash.conf
}
"""
    with QuotaHost(extra=extra, files={"trash.conf": "1 Trash\n"}) as host:
        host.deliver(message("tr1"), ALICE)
        host.wait_for_line(ALICE, "1 of 500 messages.*only Dovecot knows")
        assert not any("Error" in line or "postern" in line for line in host.dovecot.log().splitlines())


def test_who_looks_into_a_shared_mailbox_does_not_speak_for_its_owner():
    """The owner's limit is unknown in that session; what changes there makes the owner uncertain."""
    extra = """
namespace shared {
  type = shared
  prefix = shared/%%u/
  separator = /
  location = maildir:{directory}/d/mail/%%d/%%n/Maildir:INDEX=~/shared/%%u
}
service auth {
  unix_listener auth-userdb {
    mode = 0777
  }
}
"""
    fields = {"bob": "userdb_quota_rule=*:storage=10K"}
    with QuotaHost(extra=extra, fields=fields) as host:
        host.deliver(message("sh1", size=20_000), ALICE)
        host.wait_for_line(ALICE, r": \d\d KiB of 1000 KiB, 1 of 500.*ago$")
        with host.client(BOB) as bob:
            assert len(bob.numbers(f"shared/{ALICE}/INBOX")) == 1
            assert bob.imap.append(f"shared/{ALICE}/INBOX", None, None, message("sh9", size=20_000))[0] == "NO"
            time.sleep(1)  # it did not fit into what that session takes for the limit
            host.wait_for_line(ALICE, r": \d\d KiB of 1000 KiB, 1 of 500.*ago$")
            bob.store(f"shared/{ALICE}/INBOX", "+FLAGS", "(\\Deleted)")
            bob.imap.expunge()
            host.wait_for_line(ALICE, r" of 1000 KiB, 1 of 500.*only Dovecot knows")
        host.deliver(message("sh2"), ALICE)
        host.wait_for_line(ALICE, r" of 1000 KiB, 1 of 500 messages, 0 %, \d+ s ago$")


def test_a_session_from_before_a_limit_was_raised():
    with QuotaHost(fields={"alice": "userdb_quota_rule=*:storage=1000K"}) as host:
        with host.client() as old:
            old.append("INBOX", message("r1"))
            host.wait_for_line(ALICE, " of 1000 KiB, 1 ")
            time.sleep(1)  # sessions are told apart by seconds
            host.set_fields({"alice": "userdb_quota_rule=*:storage=2000K"})
            host.deliver(message("r2"), ALICE)
            host.wait_for_line(ALICE, " of 1.9 MiB, 2 ")
            old.append("INBOX", message("r3"))
            host.wait_for_line(ALICE, " of 1.9 MiB, 3 ")


@pytest.mark.parametrize("location", ["mbox:~/mail:INBOX=~/inbox", "maildir:~/Maildir", "sdbox:~/sdbox"])
def test_nothing_is_counted_in_the_middle_of_a_command(location):
    """An APPEND whose message comes slowly: the mailbox is whole, and then it is counted."""
    with QuotaHost(extra=f"mail_location = {location}\n") as host:
        raw = message("slow", size=300_000)
        with socket.create_connection((ports.LOOPBACK, host.dovecot.imap_port), 30) as client:
            lines = client.makefile("rb")
            client.sendall(b"a LOGIN %s %s\r\n" % (ALICE.encode(), imap.PASSWORD.encode()))
            while not lines.readline().startswith(b"a OK"):
                pass
            client.sendall(b"b APPEND INBOX {%d+}\r\n" % len(raw) + raw[:100_000])
            time.sleep(1.5)
            client.sendall(raw[100_000:200_000])
            time.sleep(1.5)
            assert "nothing is known" in host.published(ALICE)
            client.sendall(raw[200_000:] + b"\r\n")
            while not (line := lines.readline()).startswith(b"b "):
                pass
            assert line.startswith(b"b OK"), line
            host.wait_for_line(ALICE, ", 1 of 500 messages, [23][0-9] %")
        assert host.errors() == []
        with host.client() as alice:
            alice.select("INBOX")
            stored = alice.imap.fetch("1", "(BODY.PEEK[])")[1][0][1]
        assert stored == raw


def test_a_mailbox_that_cannot_be_counted_is_told_as_such():
    """One of its folders is a file of nobody's; once it has gone, the count comes by itself."""
    with QuotaHost() as host:
        with host.client() as alice:
            alice.append("INBOX", message("u1"))
            host.wait_for_line(ALICE, ", 1 of 500.*ago$")
            home = host.directory / "d" / "mail" / "example.org" / "alice" / "Maildir"
            for path in home.glob("dovecot.index*"):
                path.chmod(0)
            alice._ok(alice.imap.create("Odd"))
            odd = home / ".Odd"
            for path in (odd / "cur", odd / "new", odd):
                path.chmod(0)
            alice.imap.append("Archive", None, None, message("u2"))
            found = host.wait_for_line(ALICE, "(only Dovecot knows|, 2 of 500)")
            for path in (odd, odd / "new", odd / "cur"):
                path.chmod(0o700)
            for path in home.glob("dovecot.index*"):
                path.chmod(0o600)
            assert found
            host.wait_for_line(ALICE, r", 2 of 500 messages, 0 %, \d+ s ago$")


def recalc_all(host):
    config = ("--dovecot-config", host.dovecot.config_path)
    return host.learner.command("quota", "recalc", "--all", *config, check=False)


def test_recalc_of_all_tells_who_is_missing():
    """A user whose limit cannot be read, which doveadm passes over; a learner that does not listen to Dovecot."""
    with QuotaHost(fields={"carol": "userdb_quota_rule=nonsense"}) as host:
        status, output, errors = recalc_all(host)
        assert (status, output) == (1, "counted and told: 2\n"), errors
        assert "carol@example.org" in errors and "nonsense" in errors and "Dovecot told nothing" in errors
        host.set_fields({})
        assert recalc_all(host) == (0, "counted and told: 3\n", "")
        learner = {"learner": {"senders": ["daemon"]}}
        host.learner.reload_with(learner)
        status, output, errors = recalc_all(host)
        assert (status, output) == (1, "counted and told: 0\n"), errors
        assert "learner.senders" in errors
        # What was told before does not count any more, since somebody says that it has changed.
        host.wait_for_line(ALICE, "only Dovecot knows")
        host.deliver(message("rc"), ALICE)
        complaints = [line for line in host.errors() if "postern_quota" in line]
        assert complaints and all("learner.senders" in line for line in complaints)
        host.learner.reload_with({})
        assert recalc_all(host)[0] == 0
        host.wait_for_line(ALICE, "1 of 500 messages, 0 %, . s ago$")


def test_recalc_names_whom_dovecot_told_of():
    with QuotaHost() as host:
        config = ("--dovecot-config", host.dovecot.config_path)
        host.dovecot.stop()
        status, _, errors = host.learner.command("quota", "recalc", "--all", *config, check=False)
        assert status == 1 and "does Dovecot run?" in errors or "lists no users" in errors, errors


def test_leaving_with_sessions_that_are_open():
    """As the README says: kicked, and then forgotten."""
    with QuotaHost() as host:
        old = host.client()
        old.append("INBOX", message("l1"))
        host.wait_for_line(ALICE, ", 1 of 500")
        host.dovecot.doveadm("kick", "*")
        host.learner.command("quota", "forget", "--all")
        with pytest.raises((imaplib.IMAP4.abort, OSError)):
            old.append("INBOX", message("l2"))
        time.sleep(1)
        assert "nothing is known" in host.published(ALICE)


def test_forget(needed):
    with QuotaHost() as host:
        host.deliver(message("f1"), ALICE)
        host.deliver(message("f2"), BOB)
        host.wait_for_line(ALICE, ", 1 of 500")
        host.wait_for_line(BOB, ", 1 of 500")
        output = host.learner.command("quota", "forget", ALICE)[1]
        assert output.startswith("forgotten: 1; ")
        assert "nothing is known" in host.published(ALICE) and ", 1 of 500" in host.published(BOB)
        host.learner.command("quota", "forget", "--all")
        assert "nothing is known" in host.published(BOB)
