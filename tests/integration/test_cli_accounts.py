"""`postern user` and `postern alias`: files, refusals, two at once, and an end at any moment."""

import hashlib
import os
import pty
import random
import signal
import stat
import subprocess
import time

import pytest

from support.account_directory import AccountDirectory

PASSWORD = "correct horse battery"


@pytest.fixture
def accounts(tmp_path):
    return AccountDirectory(tmp_path / "accounts")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# ------------------------------------------------------------------ accounts


def test_the_first_account_of_a_domain(accounts):
    out = accounts.ok("user", "add", "alice@example.org", "--password-file", "-", "--quota", "2g",
                      password=PASSWORD + "\n")  # fmt: skip
    assert out == (
        "alice@example.org: the account is made; quota: 2G\n"
        "It also gets the mail to postmaster@example.org, abuse@example.org, as the first account "
        "of example.org\n"
        "example.org is new here; for its DNS records: postern dns example.org\n"
    )
    assert accounts.users() == {"alice@example.org": {
        "address": "alice@example.org", "quota": "2G", "disabled": False, "app_passwords": 0,
        "aliases": ["postmaster@example.org", "abuse@example.org"]}}  # fmt: skip
    assert accounts.table("domains") == {"example.org": "postern"}
    assert accounts.table("mailboxes") == {"alice@example.org": "alice@example.org"}
    assert accounts.table("senders")["abuse@example.org"] == "alice@example.org"
    line = (accounts.path / "users").read_text()
    assert line.startswith("alice@example.org:{CRYPT}$y$") and PASSWORD not in line
    assert line.endswith(
        "::::::userdb_quota_rule=*:storage=2G userdb_quota_storage_size=2G\n")
    assert mode(accounts.path / "users") == 0o640 and mode(accounts.path / "senders") == 0o644
    out = accounts.ok("user", "add", "bob@example.org", "--generate")
    assert "postmaster" not in out and "is new here" not in out
    assert "bob@example.org: quota: default" in accounts.ok("user", "list")


def test_addresses_are_kept_in_one_form(accounts):
    status, out, err = accounts.run("user", "add", "Alice@BÜCHER.example", "--generate")
    assert status == 0 and out.startswith("alice@xn--bcher-kva.example: the account is made")
    assert err.endswith("is kept as alice@xn--bcher-kva.example\n")
    assert "exists already" in accounts.refused(
        "user", "add", "alice@xn--bcher-kva.example", "--generate")
    for address, why in (
        ("alice", "it has no @"), ("alice+shop@example.org", "leave it out"),
        ("ünal@example.org", "only ASCII letters"), ("../../x@example.org", "only ASCII letters"),
        ("a\x1b[2J@example.org", r"\x1b[2J"), ("a@example", "a domain with a dot"),
        ("@example.org", "nothing before the @"),
    ):
        assert why in accounts.refused("user", "add", address, "--generate").splitlines()[-1]


@pytest.mark.parametrize("password, why", [
    ("fourteen chars\n", "fewer than 15"),
    ("", "fewer than 15"),
    ("a.long.name@example.org\n", "is the address"),
    ("a password\nof two lines\n", "more than one line"),
    ("x" * 2000, "too long"),
    ("a password\twith a tab\n", "control character"),
])  # fmt: skip
def test_passwords_that_are_refused(accounts, password, why):
    said = accounts.refused(
        "user", "add", "a.long.name@example.org", "--password-file", "-", password=password)
    assert why in said
    assert "address" in why or not password or password.strip() not in said
    assert not (accounts.path / "users").read_text()


def test_passwords_from_a_file_and_none_at_all(accounts, tmp_path):
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\r\n")
    accounts.ok("user", "add", "alice@example.org", "--password-file", file)
    before = (accounts.path / "users").read_text()
    accounts.ok("user", "passwd", "alice@example.org", "--password-file", file)
    assert (accounts.path / "users").read_text() != before
    assert "not both" in accounts.refused(
        "user", "passwd", "alice@example.org", "--password-file", file, "--generate")
    assert "--password-file - for standard input" in accounts.refused(
        "user", "passwd", "alice@example.org")
    assert "No such file" in accounts.refused(
        "user", "passwd", "alice@example.org", "--password-file", tmp_path / "none")


def typed(accounts, *lines):
    """What the terminal shows when these are typed, and the exit status."""
    pid, terminal = pty.fork()
    if pid == 0:
        command = accounts.command("user", "add", "alice@example.org")
        os.execv(command[0], command)
    shown = b""
    for line in lines:
        while not shown.rstrip(b" ").endswith(b":"):
            shown += os.read(terminal, 1000)
        os.write(terminal, line)
        shown += b"|"
    try:
        while True:
            shown += os.read(terminal, 1000)
    except OSError:  # the end of a terminal
        pass
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_password_is_typed_twice_and_not_shown(accounts):
    mistyped = b"xyz\x15correct horse batterx\x7fy\r"
    text, status = typed(accounts, mistyped, PASSWORD.encode() + b"\n")
    assert status == 0 and "the account is made" in text
    assert "horse" not in text and "xyz" not in text
    assert accounts.users()


def test_two_passwords_that_differ_or_an_interrupt_change_nothing(accounts):
    text, status = typed(accounts, PASSWORD.encode() + b"\n", b"something else entirely\n")
    assert status == 1 and "not the same" in text
    text, status = typed(accounts, b"corr\x03")
    assert status == 1 and "interrupted" in text
    assert not accounts.users()


def test_quota_disable_and_enable(accounts):
    accounts.add("alice@example.org")
    accounts.add_app_password("alice@example.org", "phone")
    before = (accounts.path / "users").read_text()
    for size, kept in (("1500M", "1500M"), ("none", "none"), ("default", "default")):
        accounts.ok("user", "quota", "alice@example.org", size)
        assert accounts.users()["alice@example.org"]["quota"] == kept
    assert (accounts.path / "users").read_text() == before
    assert "is no size" in accounts.refused("user", "quota", "alice@example.org", "2 apples")
    accounts.ok("user", "disable", "alice@example.org")
    for name in ("users", "app-passwords"):
        assert ":{CRYPT}$y$!" in (accounts.path / name).read_text()
    assert "disabled already" in accounts.refused("user", "disable", "alice@example.org")
    accounts.ok("user", "passwd", "alice@example.org", "--generate")
    assert accounts.users()["alice@example.org"]["disabled"]
    accounts.ok("user", "enable", "alice@example.org")
    assert "$!" not in (accounts.path / "users").read_text()
    assert "no such account" in accounts.refused("user", "disable", "bob@example.org")


def test_remove_keeps_the_mail_unless_asked(accounts, tmp_path):
    root = tmp_path / "vmail"
    mail = root / "example.org" / "alice" / "Maildir" / "new" / "1"
    mail.parent.mkdir(parents=True)
    mail.write_text("x")
    accounts.add("alice@example.org")
    accounts.add_app_password("alice@example.org", "phone")
    said = accounts.refused("user", "remove", "alice@example.org", "--mail-root", root)
    assert "mail to postmaster@example.org, abuse@example.org goes to this account alone" in said
    out = accounts.ok("user", "remove", "alice@example.org", "--force", "--mail-root", root)
    assert f"Its mail stays, if there is any, in {root}/example.org/alice\n" in out
    assert "Nobody is left in example.org" in out and mail.exists()
    assert not (accounts.path / "app-passwords").read_text()
    assert not accounts.table("domains") and not accounts.aliases()
    accounts.add("alice@example.org")
    out = accounts.ok("user", "remove", "alice@example.org", "--force", "--delete-mail",
                      "--mail-root", root)  # fmt: skip
    assert "Its mail is deleted" in out and not mail.exists() and root.exists()


def test_app_passwords_stand_under_their_first_octet(accounts):
    accounts.add("alice@example.org")
    secrets = {label: accounts.add_app_password("alice@example.org", label)
               for label in ("phone", "old pc (work)")}  # fmt: skip
    lines = (accounts.path / "app-passwords").read_text().splitlines()
    assert {line.split(":")[0] for line in lines} == {
        "alice@example.org/" + hashlib.sha256(secret.encode()).hexdigest()[:2]
        for secret in secrets.values()
    }
    listed = accounts.json("user", "app-password", "list", "alice@example.org")["app_passwords"]
    assert [entry["label"] for entry in listed] == ["phone", "old pc (work)"]
    for label, why in (("phone", "already"), ("a:b", "a label is made of")):
        assert why in accounts.refused(
            "user", "app-password", "add", "alice@example.org", label)
    accounts.ok("user", "app-password", "remove", "alice@example.org", "phone")
    assert accounts.users()["alice@example.org"]["app_passwords"] == 1
    assert "no app password of this label" in accounts.refused(
        "user", "app-password", "remove", "alice@example.org", "phone")


def test_aliases(accounts):
    accounts.add("alice@example.org")
    accounts.add("bob@example.org")
    out = accounts.ok(
        "alias", "add", "Sales@example.org", "alice@example.org", "x+y@example.net")
    assert out == "sales@example.org -> alice@example.org, x+y@example.net\n"
    accounts.ok("alias", "add", "sales@example.org", "bob@example.org")
    accounts.ok("alias", "add", "@example.org", "bob@example.org")
    assert accounts.table("senders")["sales@example.org"] == "alice@example.org, bob@example.org"
    accounts.ok("alias", "remove", "sales@example.org", "alice@example.org")
    assert accounts.aliases()["sales@example.org"] == ["x+y@example.net", "bob@example.org"]
    for words, why in (
        (("add", "info@example.org", "info@example.org"), "is a loop"),
        (("add", "alice@example.org", "bob@example.org"), "is an account"),
        (("add", "info@example.org", "|/bin/sh"), "is no address"),
        (("add", "info@example.org", "a b@example.net"), "need quotes"),
        (("remove", "info@example.org"), "no such alias"),
    ):
        assert why in accounts.refused("alias", *words)
    assert "the alias is removed" in accounts.ok("alias", "remove", "sales@example.org")


# ------------------------------------------------------------------ whose files they are


def test_users_of_others_are_left_alone(accounts, tmp_path):
    (accounts.path / "format").unlink()
    before = {path.name: path.read_text() for path in accounts.path.iterdir()}
    for words in (("user", "add", "alice@example.org", "--generate"), ("user", "list"),
                  ("alias", "add", "a@example.org", "b@example.net"),
                  ("user", "refresh")):  # fmt: skip
        said = accounts.refused(*words)
        assert said.startswith("accounts are not kept by Postern here: ")
        assert said.endswith("To keep new ones here: postern setup --with-accounts ADDRESS")
    assert {path.name: path.read_text() for path in accounts.path.iterdir()} == before
    accounts.path = tmp_path / "nowhere"
    assert "are not kept by Postern here" in accounts.refused("user", "list")
    assert not accounts.path.exists()


def test_a_later_format_is_refused(accounts):
    (accounts.path / "format").write_text("2\n")
    assert accounts.refused("user", "list") == (
        f"{accounts.path}/format: says version 2, and this Postern knows none above 1; upgrade "
        "Postern")


def test_what_the_operator_wrote_stays(accounts):
    accounts.add("alice@example.org")
    users = accounts.path / "users"
    mine = ("# mine\nbob@example.org:{SHA512-CRYPT}$6$a$b:::::: allow_nets=192.0.2.0/24\n")
    users.write_text(mine + users.read_text())
    users.chmod(0o600)
    accounts.ok("user", "refresh")
    assert "bob@example.org" in accounts.table("mailboxes")
    accounts.add("carol@example.org")
    assert users.read_text().startswith(mine) and mode(users) == 0o600
    users.write_text(users.read_text() + "rubbish\n")
    assert accounts.refused("user", "list").startswith(f"{users}:5: does not begin with a name")
    users.chmod(0o644)
    assert f"mend it with: chmod 640 {users}" in accounts.refused("user", "list")


def test_a_postfix_that_cannot_be_told_is_told_later(accounts, tmp_path):
    accounts.postfix_config = tmp_path / "etc"
    status, out, err = accounts.run("user", "add", "alice@example.org", "--generate")
    assert status == 1 and "shown this once" in out  # nobody could see the password again
    assert "the change is stored, but Postfix could not be told" in err
    assert "postern user refresh" in err and accounts.users()
    accounts.postfix_config.mkdir()
    (accounts.postfix_config / "main.cf").write_text("compatibility_level = 3.6\n")
    assert (accounts.path / ".reload").exists()
    assert "The tables of Postfix are those" in accounts.ok("user", "refresh")
    assert not (accounts.path / ".reload").exists()


# ------------------------------------------------------------------ at once, and cut off


def test_many_at_once_lose_nothing(accounts):
    commands = [accounts.command("user", "add", f"user{n}@example.org", "--generate")
                for n in range(12)]  # fmt: skip
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    assert [process.wait(60) for process in running] == [0] * 12
    assert len(accounts.users()) == 12 == len(accounts.table("mailboxes"))
    assert len(accounts.aliases()) == 2


def test_an_end_at_any_moment_leaves_old_or_new(accounts):
    accounts.add("user@example.org")
    chance = random.Random(7)
    done = 1
    for n in range(40):
        words = accounts.command("user", "add", f"user{n}@example.org", "--generate")
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
        listed = len(accounts.users())  # every file can be read
        assert listed in (done, done + 1)
        done = listed
    accounts.ok("user", "refresh")
    assert set(accounts.table("mailboxes")) == set(accounts.users())
    assert not list(accounts.path.glob(".*.new"))


def test_ten_thousand_accounts(accounts):
    accounts.add("user@example.org")
    line = (accounts.path / "users").read_text()
    with open(accounts.path / "users", "a", encoding="ascii") as users:
        users.writelines(line.replace("user@", f"user{n}@") for n in range(9998))
    start = time.monotonic()
    accounts.add("last@example.org")
    assert len(accounts.users()) == 10_000
    assert time.monotonic() - start < 10
    assert "10,000 accounts" in accounts.refused("user", "add", "more@example.org", "--generate")
