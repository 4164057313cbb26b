"""postern_quota in a real Dovecot: what it publishes is what Dovecot itself counts, always."""

import contextlib
import re
import signal
import threading

import pytest
from support import dovecot, ports, programs, training
from support.training import ALICE, BOB, TrainingHost, message
from test_dovecot_train import require_training_host

LIMIT = 1000 * 1024  # octets; of the storage of each user
COUNT = 500  # messages

_QUOTA_23 = """
mail_plugins = quota postern_quota
protocol imap {
  mail_plugins = $mail_plugins imap_quota
}
plugin {
  quota = postern:User quota
  quota_rule = *:storage=1000K:messages=500
  quota_rule2 = Trash:ignore
  quota_grace = 10K
  quota_vsizes = yes
  postern_quota_socket = {socket}
}
namespace inbox {
  mailbox Trash {
    auto = create
    special_use = \\Trash
  }
  mailbox Archive {
    auto = create
  }
}
"""
_QUOTA_24 = """
mail_plugins = quota postern_quota
protocol imap {
  mail_plugins {
    imap_quota = yes
  }
}
quota "User quota" {
  driver = postern
}
quota_storage_size = 1000K
quota_message_count = 500
quota_storage_grace = 10K
postern_quota_socket = {socket}
namespace inbox {
  mailbox Trash {
    auto = create
    special_use = \\Trash
    quota_ignore = yes
  }
  mailbox Archive {
    auto = create
  }
}
"""


class QuotaHost(TrainingHost):
    """Dovecot with postern_quota for all protocols, and the learner behind it."""

    def __init__(self, change=None, extra="", fields=None, files=None):
        super().__init__(extra23=_QUOTA_23 + extra, extra24=_QUOTA_24 + extra, bare=True, change=change,
                         fields=fields)  # fmt: skip
        for name, text in (files or {}).items():
            (self.directory / name).write_text(text)

    def set_fields(self, fields):
        """Other extra fields of users, for sessions that begin now."""
        self.dovecot._fields = fields
        self.dovecot.write_users()

    def recalc(self, user):
        """What `postern quota recalc` prints."""
        return self.learner.command("quota", "recalc", user, "--dovecot-config", self.dovecot.config_path)[1]

    def counted(self, user):
        """(octets rounded up to KiB, messages) as Dovecot counts them from the files themselves."""
        self.dovecot.doveadm("quota", "recalc", "-u", user)
        table = self.dovecot.doveadm("-f", "tab", "quota", "get", "-u", user)
        values = dict(line.split("\t")[1:3] for line in table.splitlines()[1:])
        return int(values["STORAGE"]), int(values["MESSAGE"])

    def published(self, user):
        """The line that the store has of a user, as {name: value}; empty when there is none."""
        _, output, _ = self.learner.command("quota", "show", user)
        return output.strip()

    def wait_for_line(self, user, pattern):
        return ports.wait_until(
            lambda: re.search(pattern, self.published(user)),
            lambda: f"{pattern}; {self.published(user)}\n{self.learner.log()[-2000:]}"
                    f"\n{self.dovecot.log()[-2000:]}",
        )  # fmt: skip


@pytest.fixture(scope="module")
def host():
    require_training_host()
    with QuotaHost() as running:
        yield running


@pytest.fixture
def alice(host):
    with host.client() as client:
        for box in ("INBOX", "Archive", "Trash"):
            if client.numbers(box):
                client.store(box, "+FLAGS.SILENT", "(\\Deleted)")
                client.imap.expunge()
        host.recalc(ALICE)
        yield client
    assert host.errors() == []
    assert host.learner.events("training-refused") == []


def used(line):
    return re.search(r": ([0-9.]+ (Ki)?B) of", line)[1]


def test_what_a_delivery_brings_is_published(host, alice):
    host.deliver(message("q1", size=20_000), ALICE)
    found = host.wait_for_line(ALICE, r"1 of 500 messages, \d+ %, \d+ s ago")
    assert "does not count" not in found.string
    assert re.search(r"alice@\S+: (19|2\d) KiB of 1000 KiB", found.string)


def test_append_copy_move_and_expunge(host, alice):
    """After every command, without a logout: the client stays connected."""
    alice.append("INBOX", message("q2", size=50_000))
    host.wait_for_line(ALICE, ", 1 of 500")
    alice.copy("INBOX", "Archive")
    host.wait_for_line(ALICE, ", 2 of 500")
    alice.move("INBOX", "Archive")
    alice.append("INBOX", message("q3"))
    host.wait_for_line(ALICE, ", 3 of 500")
    alice.move("Archive", "Trash")  # which does not count
    host.wait_for_line(ALICE, ", 1 of 500")
    alice.store("INBOX", "+FLAGS", "(\\Deleted)")
    alice.imap.expunge()
    host.wait_for_line(ALICE, ": 0 B of 1000 KiB, 0 of 500 messages, 0 %")


def test_a_mailbox_that_is_deleted(host, alice):
    alice._ok(alice.imap.create("Work"))
    alice.append("Work", message("q4"))
    host.wait_for_line(ALICE, ", 1 of 500")
    alice._ok(alice.imap.delete("Work"))
    alice.imap.logout()
    host.wait_for_line(ALICE, ", 0 of 500")
    alice.__init__(host.dovecot.imap_port, ALICE)


def test_full_and_refused_by_dovecot(host, alice):
    """A delivery that does not fit changes nothing, and is published all the same."""
    for number in range(10):
        host.deliver(message(f"full{number}", size=98_000), ALICE)
    host.wait_for_line(ALICE, ", 10 of 500 messages, 9[0-9] %, ")
    host.deliver(message("grace", size=44_000), ALICE)  # does not fit, but within quota_grace
    host.wait_for_line(ALICE, ", 11 of 500 messages, 10[0-9] %.*, full$")
    replies = host.try_to_deliver(message("more", size=1000), ALICE)
    assert replies[-1][0] == 552, replies
    assert b"Quota exceeded" in replies[-1][1]
    assert alice.imap.append("INBOX", None, None, message("m"))[0] == "NO"


def test_exact_after_many_deliveries_at_once(host, alice):
    """400 by 8 clients: what is published in the end is what the files hold."""
    host.wait_for_line(ALICE, ", 0 of 500")

    def send(part):
        for number in range(50):
            host.deliver(message(f"many{part}.{number}", size=500), ALICE)

    threads = [threading.Thread(target=send, args=(part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    host.wait_for_line(ALICE, ", 400 of 500")
    line = host.published(ALICE)
    host.recalc(ALICE)
    assert used(host.published(ALICE)) == used(line)
    assert host.counted(ALICE)[1] == 400


def test_recalc_prints_what_it_has_found(host, alice):
    alice.append("INBOX", message("r1"))
    assert re.match(r"alice@\S+: \d+ B of 1000 KiB, 1 of 500 messages, 0 %, 0 s ago$", host.recalc(ALICE))


def test_recalc_of_nobody_and_of_a_user_who_is_none(host):
    config = ("--dovecot-config", host.dovecot.config_path)
    status, _, errors = host.learner.command("quota", "recalc", *config, check=False)
    assert status != 0 and "name one USER, or --all" in errors
    status, _, errors = host.learner.command("quota", "recalc", "nobody@x", *config, check=False)
    assert status != 0 and "doveadm" in errors


def test_unknown_user(host):
    assert "nothing is known" in host.published("nobody@example.org")


def test_after_a_restart_of_the_learner_nothing_counts_until_it_is_told_again(host, alice):
    alice.append("INBOX", message("s1"))
    host.wait_for_line(ALICE, ", 1 of 500.*ago$")
    host.learner.kill()
    host.learner.start()
    host.wait_for_line(ALICE, "nothing heard since the learner began")
    host.deliver(message("s2"), ALICE)
    host.wait_for_line(ALICE, ", 2 of 500.*ago$")


def test_while_the_learner_is_away(host):
    """Mail comes and goes as ever; one line says what is missing; later it is told."""
    host.deliver(message("w0"), BOB)
    host.learner.kill()
    before = len(host.errors())
    try:
        with host.client(BOB) as bob:
            bob.append("INBOX", message("w1"))
            host.deliver(message("w2"), BOB)
            ports.wait_until(lambda: len(host.errors()) > before, "a warning")
            host.learner.start()
            host.wait_for_line(BOB, ", 3 of 500")
        complaints = host.errors()[before:]
        assert complaints and all("postern_quota: not told" in line for line in complaints)
    finally:
        with contextlib.suppress(FileNotFoundError):
            host.dovecot.log_path.write_text("")


def test_a_sender_who_may_not_speak_for_a_user(host):
    """Whoever is not in learner.senders is refused, and what is no usage, too."""
    publish = (
        "import socket, sys\n"
        "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
        f"s.connect({str(host.learner.socket)!r})\n"
        "s.send(sys.argv[1].encode())\n"
        "s.settimeout(10)\n"
        "print(s.recv(1))\n"
    )
    before = host.published(ALICE)
    line = f"quota1 user={ALICE} time=9732310000000000 storage=1/1"
    out = programs.run(["/usr/bin/setpriv", "--reuid=daemon", "--regid=daemon", "--clear-groups",
                        "/usr/bin/python3", "-c", publish, line])  # fmt: skip
    assert out == "b''\n"  # not confirmed: the connection is closed
    refused = host.learner.wait_for_event("training-refused")
    assert "which learner.senders does not allow" in refused["problem"]
    programs.run(["/usr/bin/python3", "-c", publish, "quota1 user=x"])
    # The figures stay, but somebody says that they have changed: Dovecot decides, and tells anew.
    found = host.wait_for_line(ALICE, "only Dovecot knows").string
    assert found.partition(" messages")[0] == before.partition(" messages")[0]
    host.deliver(message("u9"), ALICE)
    host.wait_for_line(ALICE, " s ago$")


def test_learner_killed_in_the_middle_of_deliveries(host):
    """Every delivery succeeds, and the next one after all that tells the truth."""
    done = threading.Event()

    def kill():
        while not done.is_set():
            host.learner._process.send_signal(signal.SIGKILL)
            host.learner._process.wait()
            host.learner.start()
            done.wait(0.3)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        for number in range(60):
            host.deliver(message(f"kill{number}", size=500), BOB)
    finally:
        done.set()
        killer.join()
    host.deliver(message("after"), BOB)
    expected = host.counted(BOB)[1]
    host.wait_for_line(BOB, rf", {expected} of 500.*ago$")
