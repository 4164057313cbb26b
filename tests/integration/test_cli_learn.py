"""postern learn: what it shows, teaches, forgets, exports, and imports, with a learner running."""

import os

import pytest
from conftest import require_mail_host
from support import ports, training
from support.training import ALICE, BOB, message


@pytest.fixture
def learner(tmp_path):
    require_mail_host(training.Learner)
    with make_learner(tmp_path / "l") as running:
        yield running


def make_learner(directory, settings=None):
    made = training.Learner(directory, settings)
    directory.mkdir()
    made.make_spool()
    return made


def teach(learner, kind, *paths, user=ALICE, count=None):
    """Runs the command and waits until the ledger has what was taught."""
    before = len(learner.learned())
    _, output, _ = learner.command("learn", kind, *paths, "--user", user)
    count = len(paths) if count is None else count
    assert output == f"{count} of {count} messages taught as {kind} of {user}\n"
    ports.wait_until(lambda: len(learner.learned()) >= before + count, learner.log)
    return learner.learned()[before:]


def files(tmp_path, *names):
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_bytes(message(path.name))
    return paths


def status(learner, *words):
    return learner.command("learn", "status", *words)[1]


def test_status(learner, tmp_path):
    assert status(learner) == "all users: learned 0 spam, 0 ham\n"
    assert status(learner, ALICE) == f"{ALICE}: nothing was learned\n"
    one, two = files(tmp_path, "one", "two")
    teach(learner, "spam", one, two)
    teach(learner, "ham", two)
    teach(learner, "ham", one, user=BOB)
    lines = status(learner).splitlines()
    assert lines[0].startswith(f"{ALICE}: learned 1 spam, 1 ham, last ")
    assert lines[0].endswith(" s ago, not active before 200 of each")
    assert lines[1].startswith(f"{BOB}: learned 0 spam, 1 ham, last ")
    assert lines[2] == "all users: learned 1 spam, 2 ham"
    [line] = status(learner, BOB).splitlines()
    assert line.split(", last ")[0] == lines[1].split(", last ")[0]


def test_status_active(learner, tmp_path):
    for kind in ("spam", "ham"):
        folder = tmp_path / kind
        folder.mkdir()
        files(folder, *(f"{kind}{n}" for n in range(200)))
        teach(learner, kind, folder, count=200)
    assert ", active" in status(learner, ALICE)


def test_receipts(learner, tmp_path):
    (one,) = files(tmp_path, "one")
    teach(learner, "spam", one)
    teach(learner, "spam", one)
    teach(learner, "ham", one)
    shown = status(learner, ALICE, "--receipts").splitlines()[1:]
    assert [line.split()[2:5] for line in shown] == [
        ["spam", "learned", "command"], ["spam", "known", "command"],
        ["ham", "relearned", "command"],
    ]  # fmt: skip


def test_line_ends_do_not_matter(learner, tmp_path):
    """A file with LF is the message that came with CRLF."""
    (one,) = files(tmp_path, "one")
    other = tmp_path / "other"
    other.write_bytes(one.read_bytes().replace(b"\r\n", b"\n"))
    teach(learner, "spam", one)
    assert teach(learner, "spam", other)[0][-1] == "known"


def test_maildir(learner, tmp_path):
    box = tmp_path / "Maildir"
    for part in ("cur", "new", "tmp"):
        (box / part).mkdir(parents=True)
        files(box / part, f"{part}1", f"{part}2")
    teach(learner, "spam", box, count=4)
    assert len(learner.kept()) == 4


@pytest.mark.parametrize("words, problem", [
    (("spam", "none", "--user", ALICE), "none: cannot be read"),
    (("spam", "none"), "--user"),
    (("forget",), "USER"),
    (("import", "none"), "none: cannot be opened"),
    (("export", "/none/at/all"), "cannot be made"),
])  # fmt: skip
def test_wrong_words(learner, words, problem):
    code, _, errors = learner.command("learn", *words, check=False)
    assert code != 0 and problem in errors


def test_without_a_learner(learner, tmp_path):
    (one,) = files(tmp_path, "one")
    learner.kill()
    code, output, errors = learner.command("learn", "spam", one, "--user", ALICE, check=False)
    assert code == 1 and output == ""
    assert str(learner.socket) in errors and "start postern-learner" in errors


def test_forget(learner, tmp_path):
    one, two = files(tmp_path, "one", "two")
    teach(learner, "spam", one, two)
    teach(learner, "spam", one, user=BOB)
    _, output, _ = learner.command("learn", "forget", ALICE)
    assert output == f"forgotten: {ALICE}, 2 messages learned, 2 kept\n"
    assert status(learner, ALICE) == f"{ALICE}: nothing was learned\n"
    assert status(learner).endswith("all users: learned 1 spam, 0 ham\n")
    assert [path.parent.name for path in learner.kept()] == [BOB]
    assert teach(learner, "ham", one)[0][-1] == "learned"


def test_export_and_import(learner, tmp_path):
    """Into another site: ledger and messages are the same, however often it is imported."""
    one, two, three = files(tmp_path, "one", "two", "three")
    teach(learner, "spam", one, two)
    teach(learner, "ham", three)
    teach(learner, "ham", one, user=BOB)
    for path in learner.kept():  # of one message only the ledger knows
        if b"Subject: test two" in path.read_bytes():
            path.unlink()
    saved = tmp_path / "saved"
    code, _, errors = learner.command("learn", "export", saved, check=False)
    assert code == 0 and errors == "3 messages kept, and 1 of which only the ledger knows\n"
    assert saved.stat().st_mode & 0o777 == 0o600
    with make_learner(tmp_path / "other") as other:
        for news in (4, 0):
            output = other.command("learn", "import", saved)[1]
            assert output == f"4 entries read, {news} of them were news\n"
            lines = [line.split(", last")[0] for line in status(other).splitlines()]
            assert lines == [
                f"{ALICE}: learned 2 spam, 1 ham", f"{BOB}: learned 0 spam, 1 ham",
                "all users: learned 2 spam, 2 ham",
            ]  # fmt: skip
        kept = {(path.parent.name, path.name): path.read_bytes() for path in other.kept()}
        assert kept == {(p.parent.name, p.name): p.read_bytes() for p in learner.kept()}
        again = tmp_path / "again"
        other.command("learn", "export", again, check=False)
        assert sorted(again.read_bytes().splitlines()) == sorted(saved.read_bytes().splitlines())


def test_export_of_one_user(learner, tmp_path):
    (one,) = files(tmp_path, "one")
    teach(learner, "spam", one)
    teach(learner, "spam", one, user=BOB)
    saved = tmp_path / "saved"
    learner.command("learn", "export", saved, "--user", BOB, check=False)
    assert saved.read_bytes().count(b"user=") == 1 and b"user=bob@" in saved.read_bytes()


def test_an_import_does_not_undo_what_was_said_later(learner, tmp_path):
    (one,) = files(tmp_path, "one")
    teach(learner, "spam", one)
    saved = tmp_path / "saved"
    learner.command("learn", "export", saved, check=False)
    teach(learner, "ham", one)
    assert learner.command("learn", "import", saved)[1] == "1 entries read, 0 of them were news\n"
    assert "learned 0 spam, 1 ham" in status(learner, ALICE)
    assert b"kind=ham" in learner.kept()[0].read_bytes()


@pytest.mark.parametrize("change, problem", [
    (lambda text: text[:-2], "the end is missing"),
    (lambda text: text.replace(b"end 1", b"end 2"), "has another number of entries"),
    (lambda text: text.replace(b"line 0", b"lime 0"), "not the one that its hash names"),
    (lambda text: text.replace(b"kind=spam", b"kind=eggs"), "line 2: unknown kind"),
    (lambda text: text.replace(b"message ", b"message 9"), "the message"),
    (lambda text: text.replace(b"-learn 1", b"-learn 2"), "line 1: is no export"),
    (lambda text: b"", "line 1: is no export"),
    (lambda text: b"v\t3\tdb_version # this must be the first line!!!\nv\t2\tnum_spam\n", "is a backup of sa-learn"),
])  # fmt: skip
def test_a_damaged_export(learner, tmp_path, change, problem):
    (one,) = files(tmp_path, "one")
    teach(learner, "spam", one)
    saved = tmp_path / "saved"
    learner.command("learn", "export", saved, check=False)
    text = saved.read_bytes()
    assert change(text) != text
    saved.write_bytes(change(text))
    code, _, errors = learner.command("learn", "import", saved, check=False)
    assert code == 1 and problem in errors


def test_limits_of_what_is_kept(tmp_path):
    """The oldest messages go; the ledger remembers them."""
    require_mail_host(training.Learner)
    limits = {"learner": {"keep_per_user": "4KiB", "keep_total": "64KiB"}}
    with make_learner(tmp_path / "l", limits) as learner:
        paths = files(tmp_path, *(f"number{n}" for n in range(40)))
        teach(learner, "spam", *paths)
        ports.wait_until(
            lambda: sum(os.path.getsize(path) for path in learner.kept()) <= 6144, "not bounded"
        )
        assert learner.kept()
        assert "learned 40 spam" in status(learner, ALICE)


def test_reload_and_stop(learner, tmp_path):
    """What is wrong is said; what is in hand is finished; a second learner does not start."""
    learner.write_config(text="[learner]\nspool_interval = 5\n")
    learner.reload()
    line = learner.wait_for_event("reload-failed")
    assert "learner.spool_interval" in line["problem"]
    learner.write_config()
    learner.reload()
    learner.wait_for_event("reloaded")
    second = training.Learner(learner.socket.parent)
    second.log_path = tmp_path / "second.log"
    second.start(wait=False)
    assert second.wait_for_exit() == 1
    assert "another postern-learner has it" in second.log()
    (one,) = files(tmp_path, "one")
    learner.command("learn", "spam", one, "--user", ALICE)
    assert learner.stop() == 0
    assert len(learner.learned()) == 1
    assert learner.events("stopped")[-1]["unfinished"] == "0"
    assert not learner.socket.exists()
