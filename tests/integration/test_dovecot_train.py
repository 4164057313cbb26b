"""Users of a real Dovecot teach the learner: what counts, what does not, and that nothing is lost."""

import os
import signal
import socket
import threading

import pytest
from conftest import require_mail_host
from support import dovecot, ports, programs, training
from support.training import ALICE, BOB, JUNK, TrainingHost, message


def require_training_host():
    require_mail_host(training.Learner)
    if not training.plugin().exists():
        pytest.skip(f"not built, since there was no dovecot-dev: {training.plugin()}")
    if "tsan" in programs.sanitizer_of(training.plugin()):
        pytest.skip("a program that was not built with TSan cannot load a plugin that was")
    if dovecot.version() >= (2, 4) and not os.path.exists(training.SETTINGS_24):
        pytest.skip(f"not installed, and Dovecot 2.4 reads it only from there: {training.SETTINGS_24}")
    if not os.path.exists("/usr/bin/sievec"):
        pytest.skip("not installed: apt-get install dovecot-sieve")


@pytest.fixture(scope="module")
def host():
    require_training_host()
    with TrainingHost() as running:
        yield running


@pytest.fixture
def lessons(host):
    """Gives a function: the next `count` events, without user and in short."""
    before = len(host.learner.learned())

    def next_lessons(count):
        found = host.wait_for(before + count)[before:]
        assert len(found) == count, found
        return found

    yield next_lessons
    assert host.errors() == []
    assert host.learner.events("training-refused") == []


def empty(client, *boxes):
    for box in boxes:
        if client.numbers(box):
            client.store(box, "+FLAGS.SILENT", "(\\Deleted)")
            client.imap.expunge()


@pytest.fixture
def alice(host):
    with host.client() as client:
        empty(client, "INBOX", JUNK, "Trash", "Archive", "Junk")
        yield client


def test_move_into_junk_and_out_of_it(alice, lessons):
    """A move back takes back what the move had taught."""
    alice.append("INBOX", message("m1"))
    alice.move("INBOX", JUNK)
    assert lessons(1) == [(ALICE, "spam", "move", "other", "junk", "learned")]
    alice.move(JUNK, "Archive")
    assert lessons(2)[1] == (ALICE, "ham", "move", "junk", "other", "relearned")
    alice.move("Archive", JUNK)
    assert lessons(3)[2] == (ALICE, "spam", "move", "other", "junk", "relearned")


def test_copy_into_junk_and_out_of_it(alice, lessons):
    alice.append("INBOX", message("c1"))
    alice.copy("INBOX", JUNK)
    assert lessons(1) == [(ALICE, "spam", "copy", "other", "junk", "learned")]
    alice.copy(JUNK, "INBOX")
    assert lessons(2)[1] == (ALICE, "ham", "copy", "junk", "other", "relearned")


def test_append_into_junk(alice, lessons):
    alice.append(JUNK, message("a1"))
    assert lessons(1) == [(ALICE, "spam", "append", "none", "junk", "learned")]


def test_keywords_in_both_directions(alice, lessons):
    alice.append("INBOX", message("k1"))
    alice.store("INBOX", "+FLAGS", "($Junk)")
    assert lessons(1) == [(ALICE, "spam", "keyword", "other", "other", "learned")]
    alice.store("INBOX", "FLAGS", "($NotJunk)")
    assert lessons(2)[1] == (ALICE, "ham", "keyword", "other", "other", "relearned")
    alice.store("INBOX", "+FLAGS", "($Junk)")
    assert lessons(3)[2][1] == "spam"


def test_the_same_message_teaches_once(alice, lessons):
    """A client that sets $Junk and then moves; a copy of a copy; the same bytes appended."""
    alice.append("INBOX", message("o1"))
    alice.store("INBOX", "+FLAGS", "($Junk)")
    alice.copy("INBOX", JUNK)
    alice.move("INBOX", JUNK)
    alice.append(JUNK, message("o1"))
    assert [lesson[-1] for lesson in lessons(4)] == ["learned", "known", "known", "known"]


def test_what_teaches_nothing(host, alice, lessons):
    """Trash, other mailboxes, one that is only named Junk, other flags, and expunging."""
    for number in range(4):
        alice.append("INBOX", message(f"n{number}"))
    alice.copy("INBOX", "Archive")
    alice.copy("INBOX", "Trash")
    alice.copy("INBOX", "Junk")
    alice.move("Junk", "Archive")
    alice.store("INBOX", "+FLAGS", "(\\Flagged Junk NonJunk)")
    alice.append("Archive", message("n9"))
    alice.append(JUNK, message("n10"))  # the one thing that counts
    alice.move(JUNK, "Trash")
    alice.copy("INBOX", JUNK)  # and then four
    empty(alice, JUNK, "INBOX")
    alice.append(JUNK, message("n11"))
    assert [lesson[2] for lesson in lessons(6)] == ["append", *["copy"] * 4, "append"]


def test_deliveries_teach_nothing(host, alice, lessons):
    """Sieve files into Junk; two recipients at once, the second of which is a copy of the first."""
    host.deliver(message("d1", "to-junk"), ALICE, BOB)
    ports.wait_until(lambda: alice.numbers(JUNK), "no message in Junk")
    with host.client(BOB) as bob:
        ports.wait_until(lambda: bob.numbers(JUNK), "no message in Junk of bob")
    alice.append(JUNK, message("d2"))
    assert lessons(1)[0][2] == "append"


def test_doveadm_teaches_nothing(host, alice, lessons):
    """Neither what an administrator moves nor what is synchronised, in either direction."""
    for number in range(3):
        alice.append("INBOX", message(f"adm{number}"))
    host.dovecot.doveadm("move", "-u", ALICE, JUNK, "mailbox", "INBOX", "all")
    assert len(alice.numbers(JUNK)) == 3
    host.dovecot.doveadm("flags", "add", "-u", ALICE, "$NotJunk", "mailbox", JUNK, "all")
    other = host.directory / "d" / "mail" / "other"
    host.dovecot.doveadm("backup", "-u", ALICE, f"maildir:{other}")
    host.dovecot.doveadm("sync", "-u", ALICE, f"maildir:{other}")
    assert list(other.glob(f".{JUNK}/cur/*")) + list(other.glob(f".{JUNK}/new/*"))
    host.dovecot.doveadm("move", "-u", ALICE, "INBOX", "mailbox", JUNK, "all")
    alice.append(JUNK, message("adm9"))
    assert lessons(1)[0][2] == "append"


def test_a_command_that_fails_teaches_nothing(alice, lessons):
    alice.append("INBOX", message("f1"))
    uids = alice.uids("INBOX")
    status, _ = alice.imap.uid("MOVE", uids, "No-such-mailbox")
    assert status == "NO"
    alice.append(JUNK, message("f2"))
    assert lessons(1)[0][2] == "append"


def test_the_message_is_kept_whole(host, alice, lessons):
    """As it was sent, with CRLF, under its hash; 8-bit, NUL-free binary, and long lines stay."""
    raw = message("w1") + b"\xc3\xa4\xff" + b"x" * 5000 + b"\r\n.\r\n..\r\nno line end"
    alice.append("INBOX", raw)
    alice.move("INBOX", JUNK)
    lessons(1)
    line = host.learner.events("training")[-1]
    kept = [path for path in host.learner.kept() if path.name.startswith(line["hash"])]
    head, _, text = kept[0].read_bytes().partition(b"\n")
    assert text == raw
    assert head.startswith(b"train1 id=") and b" user=alice@example.org " in head


def test_a_long_message_is_cut(host, alice, lessons):
    raw = message("l1", size=1_500_000)
    alice.append("INBOX", raw)
    alice.move("INBOX", JUNK)
    alice.move(JUNK, "INBOX")
    assert [lesson[-1] for lesson in lessons(2)] == ["learned", "relearned"]
    line = host.learner.events("training")[-1]
    kept = [path for path in host.learner.kept() if path.name.startswith(line["hash"])]
    head, _, text = kept[0].read_bytes().partition(b"\n")
    assert text == raw[: 1 << 20] and head.endswith(b"cut=yes")


def test_many_messages_in_one_command(host, alice, lessons):
    """More than are held in memory: the rest waits in the spool until the command is done."""
    for number in range(120):
        alice.append("INBOX", message(f"many{number}"))
    alice.copy("INBOX", JUNK)
    assert {lesson[1:] for lesson in lessons(120)} == {
        ("spam", "copy", "other", "junk", "learned")
    }
    ports.wait_until(lambda: not host.learner.spooled(), "the spool is not empty")


def test_each_user_speaks_for_himself(host, alice, lessons):
    """The same message counts for each of them."""
    with host.client(BOB) as bob:
        alice.append(JUNK, message("both"))
        bob.append(JUNK, message("both"))
    assert sorted(lessons(2)) == [
        (ALICE, "spam", "append", "none", "junk", "learned"),
        (BOB, "spam", "append", "none", "junk", "learned"),
    ]


MARKED = b"""Authentication-Results: mx.example.org; dmarc=pass header.from=author.example\r
X-Postern-Verdict: action=accept\r
Received: from mail.author.example (unknown [1.2.3.4])\r
\tby mx.example.org (Postfix) with ESMTP id 4F; Sun, 29 Nov 2026 12:00:00 +0000\r
"""


def test_reputation_of_the_client(host, alice, lessons):
    """Told once for each message that our MTA received, and not for what a user has written."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as feed:
        feed.bind(str(host.learner.feed_path))
        try:
            feed.settimeout(30)
            host.deliver(MARKED + message("rep1"), ALICE)
            ports.wait_until(lambda: alice.numbers("INBOX"), "no message")
            alice.move("INBOX", JUNK)
            lessons(1)
            hash_start = host.learner.events("training")[-1]["hash"]
            told = feed.recv(2000).decode()
            assert told.startswith(
                "rep1 kind=user-spam ip=1.2.3.4 helo=mail.author.example domain=author.example "
                f"id=train-{hash_start}"
            )
            assert host.learner.events("training")[-1]["client"] == "1.2.3.4"
            alice.append(JUNK, MARKED + message("rep2"))
            alice.move(JUNK, "INBOX")
            lessons(4)
            assert [feed.recv(2000).decode().split()[1] for _ in range(2)] == ["kind=user-ham"] * 2
            feed.setblocking(False)
            with pytest.raises(BlockingIOError):
                feed.recv(2000)
        finally:
            host.learner.feed_path.unlink()


def test_who_is_not_named_may_not_speak(host):
    """Dovecot's user must be in learner.senders; its events are refused with one line."""
    host.learner.reload_with({"learner": {"senders": ["4711"]}})
    try:
        before = len(host.learner.learned())
        with host.client() as client:
            client.append(JUNK, message("r1"))
            line = host.learner.wait_for_event("training-refused")
            assert line["sender"] == str(training.mail_uid())
            assert "learner.senders" in line["problem"]
        assert len(host.learner.learned()) == before
        assert host.learner.spooled() == []
    finally:
        host.learner.reload_with({})


STORAGES = {
    "maildir": ("mail_location = maildir:~/Maildir\n", ""),
    "sdbox": ("mail_location = sdbox:~/sdbox\n", ""),
    "mdbox": ("mail_location = mdbox:~/mdbox\n", ""),
    "zlib": (
        "mail_location = maildir:~/Maildir\n"
        "plugin {\n  zlib_save = gz\n  zlib_save_level = 6\n}\n",
        "zlib",
    ),
    "mail_crypt": (
        "mail_location = sdbox:~/sdbox\n"
        "mail_attribute_dict = file:%h/dovecot-attributes\n"
        "plugin {\n  mail_crypt_curve = secp521r1\n  mail_crypt_save_version = 2\n}\n",
        "mail_crypt",
    ),
}


@pytest.mark.parametrize("storage", STORAGES)
def test_every_storage(storage):
    """In each a message is read as it was sent, so that all agree on its hash."""
    require_training_host()
    if dovecot.version() >= (2, 4):
        pytest.skip("configurations of these storages are for Dovecot 2.3")
    settings, plugins = STORAGES[storage]
    with TrainingHost(plugins=plugins, extra23=settings) as host:
        with host.client() as client:
            if storage == "mail_crypt":
                host.dovecot.doveadm("-o", "plugin/mail_crypt_private_password=", "mailbox",
                                     "cryptokey", "generate", "-u", ALICE, "-U")  # fmt: skip
            raw = message("storage")
            client.append("INBOX", raw)
            client.move("INBOX", JUNK)
            client.copy(JUNK, "INBOX")
            client.append(JUNK, raw)
            client.store("INBOX", "+FLAGS", "($NotJunk)")
            outcomes = [lesson[1:3] + lesson[-1:] for lesson in host.wait_for(4)]
        assert outcomes == [
            ("spam", "move", "learned"), ("ham", "copy", "relearned"),
            ("spam", "append", "relearned"), ("ham", "keyword", "relearned"),
        ]  # fmt: skip
        (kept,) = host.learner.kept()
        assert kept.read_bytes().partition(b"\n")[2] == raw
        stored = [p.read_bytes() for p in host.directory.glob("d/mail/**/*") if p.is_file()]
        is_plain = any(b"line 0 of storage" in text for text in stored)
        assert is_plain == (storage not in ("zlib", "mail_crypt"))
        assert host.errors() == []


def test_between_storages():
    """A copy that Dovecot makes by reading and saving is a move with both its ends all the same."""
    require_training_host()
    if dovecot.version() >= (2, 4):
        pytest.skip("the configuration is for Dovecot 2.3")
    other = """
namespace box {
  prefix = box/
  separator = /
  location = sdbox:~/box
  mailbox Spam {
    auto = create
    special_use = \\Junk
  }
  mailbox Old {
    auto = create
  }
}
"""
    with TrainingHost(extra23=other) as host:
        with host.client() as client:
            client.append("INBOX", message("between"))
            client.move("INBOX", "box/Spam")
            client.move("box/Spam", JUNK)  # from one Junk to another
            client.move(JUNK, "box/Old")
            client.move("box/Old", "Trash")
            client.move("Trash", "box/Spam")
            lessons = [lesson[1:] for lesson in host.wait_for(3)]
            client.append("INBOX", message("end"))
            client.move("INBOX", "box/Spam")
            lessons = [lesson[1:] for lesson in host.wait_for(4)]
        assert lessons == [
            ("spam", "move", "other", "junk", "learned"),
            ("ham", "move", "junk", "other", "relearned"),
            ("spam", "move", "trash", "junk", "relearned"),
            ("spam", "move", "other", "junk", "learned"),
        ]
        assert host.errors() == []


def test_learner_away_then_back():
    """Events wait in the spool, in the order of what the user did; nothing is said to the client."""
    require_training_host()
    with TrainingHost() as host:
        host.learner.kill()
        with host.client() as client:
            for number in range(5):
                client.append("INBOX", message(number))
            client.move("INBOX", JUNK)
            client.move(JUNK, "INBOX", client.uids(JUNK).split(",")[0])
        assert len(host.learner.spooled()) == 6
        directory = host.learner.spool / str(training.mail_uid())
        assert directory.stat().st_mode & 0o777 == 0o770
        host.learner.start()
        lessons = host.wait_for(6)
        assert [lesson[-1] for lesson in lessons] == ["learned"] * 5 + ["relearned"]
        ports.wait_until(lambda: not host.learner.spooled(), "the spool is not empty")
        assert host.errors() == []


def test_no_learner_and_no_spool():
    """One line in Dovecot's log, and the client notices nothing."""
    require_training_host()
    with TrainingHost() as host:
        host.learner.kill()
        host.learner.spool.chmod(0o700)
        with host.client() as client:
            for number in range(3):
                client.append("INBOX", message(number))
            client.move("INBOX", JUNK)
            assert len(client.numbers(JUNK)) == 3
        (line,) = host.errors()
        assert "postern_train: 3 message(s) not learned" in line and "Permission denied" in line


def test_a_learner_that_hangs():
    """It holds nobody up; what it did not confirm goes to the spool when the user leaves."""
    require_training_host()
    with TrainingHost() as host:
        host.learner.freeze()
        with host.client() as client:
            client.append("INBOX", message("h1"))
            client.move("INBOX", JUNK)
        ports.wait_until(host.learner.spooled, "nothing in the spool")
        host.learner.thaw()
        host.wait_for(1)
        ports.wait_until(lambda: not host.learner.spooled(), "the spool is not empty")
        # It came twice, by the socket and from the spool, and counted once.
        incoming = host.learner.state / "incoming"
        ports.wait_until(lambda: not list(incoming.iterdir()), "an event waits")
        counted = [line for line in host.learner.events("training") if "repeated" not in line]
        assert len(counted) == 1
        assert host.errors() == []


def test_a_full_spool():
    """The learner stays away for long: the spool is bounded, and the log says what to do."""
    require_training_host()
    with TrainingHost() as host:
        host.learner.kill()
        with host.client() as client:
            client.append("INBOX", message("full", size=900_000))
            for _ in range(40):
                client.store("INBOX", "FLAGS", "($Junk)")
                client.store("INBOX", "FLAGS", "($NotJunk)")
        assert 60 <= len(host.learner.spooled()) <= 75
        assert sum(os.path.getsize(path) for path in host.learner.spooled()) <= 64 << 20
        assert host.errors() and all("is full" in line for line in host.errors())


CLIENTS, MOVES = 8, 125


def test_killed_in_the_middle():
    """8 clients make 1,000 moves while the learner is killed four times: none lost, none doubled."""
    require_training_host()
    with TrainingHost() as host:
        problems = []

        def work(number):
            try:
                with host.client() as client:
                    for move in range(MOVES):
                        box = f"Box{number}"
                        if move == 0:
                            client.imap.create(box)
                        client.append(box, message(f"{number}-{move}"))
                        client.move(box, JUNK, None)
            except Exception as error:  # shown by the test
                problems.append(error)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for share in (1, 2, 3, 4):
            host.wait_for(CLIENTS * MOVES * share // 6, 240)
            host.learner.signal(signal.SIGKILL)
            host.learner.kill()
            host.learner.start()
        for thread in threads:
            thread.join(240)
        assert not problems
        host.wait_for(CLIENTS * MOVES, 240)
        ports.wait_until(lambda: not host.learner.spooled(), "the spool is not empty", 60)
        incoming = host.learner.state / "incoming"
        ports.wait_until(lambda: not list(incoming.iterdir()), "events wait", 60)
        assert len(host.learner.kept()) == CLIENTS * MOVES
        status = host.learner.command("learn", "status", ALICE)[1]
        assert f"learned {CLIENTS * MOVES} spam, 0 ham" in status
        # An event may have two lines: killed after it was counted, before it was put away.
        lines = host.learner.events("training")
        assert {line["result"] for line in lines} == {"learned"}
        assert len({line["hash"] for line in lines}) == CLIENTS * MOVES
        assert host.errors() == []
