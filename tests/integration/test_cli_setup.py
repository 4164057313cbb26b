"""`postern setup`, `enforce`, `observe`, `leave`, and `upgrade` on a private mail host.

packaging/test-adopt does the same, and more, with packages on a fresh Debian.
"""

import json
import re
import subprocess

import pytest

import conftest
from support import mailhost, programs

SPOOFER = "127.0.0.66"
ZONE = {"_dmarc.attack.example": {"TXT": [["v=DMARC1; p=reject"]]}}
SPOOF = (b"From: <x@attack.example>\r\nTo: <alice@example.org>\r\nSubject: spoof\r\n"
         b"Date: Mon, 30 Nov 2026 12:00:00 +0000\r\nMessage-ID: <%s@attack.example>\r\n\r\nHello\r\n")  # fmt: skip
BY_HAND = """\
# Written by hand, with a comment in the middle
smtpd_recipient_restrictions =
    # our own first
    permit_mynetworks,

    permit_sasl_authenticated
"""


class Site:
    """A running host that knows nothing of Postern, with a milter beside it that nobody asks."""

    def __init__(self, host, folder):
        self.host = host
        self.folder = folder
        self.config = host.milter.config_path
        self.drop_ins = self.config.with_suffix(".d")
        self.postfix = host.postfix.config_directory
        self.zone = folder / "zone.json"
        self.zone.write_text(json.dumps({"mx.example.org": {"A": ["192.0.2.1"]}}))
        self.number = 0

    def postern(self, command, *words):
        places = ["--config", self.config, "--state", self.folder / "setup", "--log",
                  self.folder / "setup.log", "--postfix-config", self.postfix,
                  "--dovecot-config", self.folder / "no-dovecot.conf"]  # fmt: skip
        done = subprocess.run(
            [programs.binary_directory() / "postern", command, *map(str, [*words, *places])],
            capture_output=True, check=False, text=True, timeout=120, input="")  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def setup(self, *words):
        return self.postern(
            "setup", mailhost.ALICE, "--offline", "--zone", self.zone, "--without", "policy",
            "--without", "keys", "--without", "antivirus", "--without", "antispam", "--ignore", "host", "--ignore", "reverse",
            "--smtp", f"127.0.0.1:{self.host.postfix.smtp_port}", *words)  # fmt: skip

    def files(self):
        return {path.name: path.read_bytes() for path in sorted(self.postfix.iterdir())
                if path.is_file()}  # fmt: skip

    def reload_milter(self):
        self.host.milter.reload()

    def spoof(self):
        self.number += 1
        return self.host.send(SPOOF % b"%d" % self.number, "x@attack.example", SPOOFER)


@pytest.fixture(name="site")
def fixture_site(tmp_path):
    conftest.require_mail_host()
    settings = {"mode": "observe", "local_networks": ["127.0.0.1"]}
    values = {"smtpd_milters": "", "non_smtpd_milters": ""}
    with mailhost.MailHost(ZONE, settings, postfix=values) as host:
        main = host.postfix.config_directory / "main.cf"
        main.write_text(main.read_text() + BY_HAND)
        yield Site(host, tmp_path)


def test_adopt_observe_enforce_leave(site):
    before = site.files()
    status, out, err = site.setup("--yes")
    assert status == 0, out + err
    assert "+smtpd_milters = $postern_milter" in out and "Postern observes" in out
    assert f"A message to {mailhost.ALICE} now: " in out
    # What was written by hand is still there, line by line.
    assert "\n    # our own first\n" in (site.postfix / "main.cf").read_text()

    assert site.spoof().accepted  # observe
    status, out, err = site.postern("enforce", "dmarc")
    assert (status, err) == (0, "") and "observe, but enforce dmarc" in out, out
    assert "default_action=tempfail" in (site.postfix / "main.cf").read_text()
    site.reload_milter()
    assert site.spoof().rejected

    assert site.postern("observe", "all")[0] == 0
    assert "default_action=accept" in (site.postfix / "main.cf").read_text()
    site.reload_milter()
    assert site.spoof().accepted

    status, out, err = site.postern("leave", "--yes")
    assert (status, err) == (0, "")
    assert site.files() == before
    assert not list(site.drop_ins.glob("*"))
    assert site.spoof().accepted


def test_setup_twice_changes_nothing_more(site):
    assert site.setup("--yes")[0] == 0
    first = site.files()
    status, out, _ = site.setup("--yes")
    assert status == 0 and "nothing is to be changed" in out
    assert site.files() == first


def test_a_second_change_that_was_killed_before_it_wrote_edits_nothing(site):
    before = site.files()
    assert site.setup("--yes")[0] == 0
    main = site.postfix / "main.cf"
    first = main.read_bytes()
    assert site.postern("enforce", "dmarc")[0] == 0
    main.write_bytes(first)  # as if "enforce" had been killed between its ledger and main.cf
    status, out, err = site.postern("leave", "--yes")
    assert (status, err) == (0, "") and "changed since setup" not in out
    assert site.files() == before


def test_what_a_killed_run_has_left_is_removed(site):
    assert site.setup("--yes")[0] == 0
    litter = [site.postfix / "main.cf.postern-new", site.folder / "setup/ledger.json.postern-new",
              site.drop_ins / "60-enforce.toml.postern-new"]  # fmt: skip
    others = site.postfix / "mine.postern-new"
    site.drop_ins.mkdir(exist_ok=True)
    for path in [*litter, others]:
        path.write_text("half")
    assert site.postern("observe", "all")[0] == 0
    assert not any(path.exists() for path in litter) and others.exists()


@pytest.mark.long
def test_a_ledger_too_large_to_be_read_again_is_refused_before_anything_changes(site):
    most = 16 * 1024 * 1024
    assert site.setup("--yes")[0] == 0
    path = site.folder / "setup" / "ledger.json"
    ledger = json.loads(path.read_text())
    ledger["files"].append({"path": "/nonexistent/postern-test", "before": None,
                            "after": "A" * (most - 500_000), "is_edited": False})  # fmt: skip
    path.write_text(json.dumps(ledger))
    assert site.postern("enforce", "spf")[0] == 0  # larger than any other file may be
    text = path.read_text()
    room = (most - len(text)) // 4 * 4
    path.write_text(text.replace("A" * 400, "A" * (400 + room), 1))
    before, drop_in = site.files(), (site.drop_ins / "60-enforce.toml").read_bytes()
    status, _, err = site.postern("enforce", "all")
    assert status == 1 and f"{most} is the most" in err and err.count("\n") == 1, err
    assert site.files() == before
    assert (site.drop_ins / "60-enforce.toml").read_bytes() == drop_in


def test_setup_again_says_what_is_enforced(site):
    assert "Postern observes: it accepts everything" in site.setup("--yes")[1]
    assert site.postern("enforce", "dmarc", "greylist")[0] == 0
    out = site.setup("--yes")[1]
    assert "Postern carries out, as before: dmarc, greylist. It observes all else" in out
    assert "accepts everything" not in out
    assert site.postern("enforce", "all")[0] == 0
    assert "Postern enforces, as before" in site.setup("--yes")[1]


def test_purge_deletes_what_it_names_and_says_so(site):
    assert site.setup("--yes")[0] == 0
    for name in ["dkim", "policy", "learner", "accounts"]:
        (site.folder / name / "below").mkdir(parents=True)
        (site.folder / name / "below" / "file").write_text("x")
    status, out, err = site.postern("leave", "--purge", "--only-dovecot", "--yes")
    assert status > 100 and "--only-dovecot" in err
    status, out, _ = site.postern("leave", "--purge")  # nobody says yes
    assert status == 1 and f"\n  {site.folder}/dkim\n" in out and "Nothing was changed" in out
    assert (site.folder / "dkim" / "below" / "file").exists()
    status, out, err = site.postern("leave", "--purge", "--yes")
    assert (status, err) == (0, "")
    assert "kept in" not in out and out.endswith(
        "What was learned, and the keys, are deleted; accounts and their mail are kept.\n")  # fmt: skip
    for name in ["dkim", "policy", "learner", "setup"]:
        assert not list((site.folder / name).iterdir()), name
    assert (site.folder / "accounts" / "below" / "file").exists()


def set_milters(site, value):
    main = site.postfix / "main.cf"
    line = f"smtpd_milters = {value}"
    main.write_text(re.sub("(?m)^smtpd_milters =.*$", line, main.read_text()))


def test_purge_is_refused_where_postfix_was_told_by_hand_to_ask(site):
    assert site.setup("--yes")[0] == 0
    text = (site.postfix / "main.cf").read_text()
    asked = re.search("(?m)^postern_milter = { (inet:\\S+),", text).group(1)
    assert site.postern("leave", "--yes")[0] == 0
    set_milters(site, asked)
    (site.folder / "dkim").mkdir()
    (site.folder / "dkim" / "key").write_text("x")
    status, _, err = site.postern("leave", "--purge", "--yes")
    assert status == 1 and f"still names {asked}" in err
    assert (site.folder / "dkim" / "key").exists()
    set_milters(site, "")
    assert site.postern("leave", "--purge", "--yes")[0] == 0
    assert not (site.folder / "dkim" / "key").exists()


def test_another_signer_is_named_with_the_reason_and_the_way_round_it(site):
    set_milters(site, "{ inet:127.0.0.1:8891, default_action=accept }")
    status, out, err = site.postern(
        "setup", mailhost.ALICE, "--offline", "--zone", site.zone, "--without", "policy",
        "--without", "antivirus", "--without", "antispam", "--ignore", "host", "--ignore", "reverse", "--yes",
        "--smtp", f"127.0.0.1:{site.host.postfix.smtp_port}")  # fmt: skip
    assert status == 0, out + err
    why = "smtpd_milters has inet:127.0.0.1:8891, and port 8891 is the usual one of OpenDKIM"
    assert f"note: no DKIM key will be made: {why}" in out
    assert f"No DKIM key is made: {why}.\n" in out and "postern dkim create example.org\n" in out


def test_without_a_yes_nothing_is_changed(site):
    before = site.files()
    status, out, _ = site.setup()
    assert status == 1 and "Nothing was changed" in out
    assert site.setup("--dry-run")[0] == 0
    assert site.files() == before
    assert site.postern("leave", "--yes")[1].startswith("Setup has changed nothing here")


def test_what_others_changed_since_is_kept(site):
    assert site.setup("--yes")[0] == 0
    main = site.postfix / "main.cf"
    main.write_text(main.read_text().replace("permit_mynetworks,", "permit_mynetworks, reject,"))
    status, out, _ = site.postern("leave", "--yes")
    assert status == 0 and "changed since setup" in out
    text = main.read_text()
    assert "permit_mynetworks, reject," in text and "postern" not in text.replace(
        str(site.host.directory), "")  # fmt: skip


@pytest.mark.parametrize("value, named", [("{ inet:h:1", "smtpd_milters"),
                                          ("inet:h:1 }", "smtpd_milters")])  # fmt: skip
def test_what_is_not_understood_is_named_and_not_touched(site, value, named):
    main = site.postfix / "main.cf"
    main.write_text(main.read_text() + f"smtpd_milters = {value}\n")
    before = site.files()
    status, _, err = site.setup("--yes")
    assert status == 1 and named in err
    assert site.files() == before


def test_a_symbolic_link_is_left_to_who_manages_it(site):
    main = site.postfix / "main.cf"
    real = site.folder / "main.cf"
    real.write_bytes(main.read_bytes())
    main.unlink()
    main.symlink_to(real)
    status, _, err = site.setup("--yes")
    assert status == 1 and "symbolic link" in err


def test_a_milter_that_is_away_changes_nothing(site):
    before = site.files()
    site.host.milter.kill()
    status, _, err = site.setup("--yes")
    assert status == 1 and "postern-milter" in err and "as they were before" in err
    assert site.files() == before


def test_an_address_that_gets_no_mail_is_refused_before_anything_changes(site):
    before = site.files()
    status, _, err = site.postern(
        "setup", "nobody@example.org", "--yes", "--offline", "--zone", site.zone, "--without",
        "policy", "--without", "keys", "--without", "antivirus", "--without", "antispam", "--ignore", "host", "--ignore",
        "reverse", "--smtp", f"127.0.0.1:{site.host.postfix.smtp_port}")  # fmt: skip
    assert status == 1 and "nobody@example.org" in err and "Nothing was changed" in err
    assert site.files() == before


def test_errors_of_the_host_abort_early(site):
    status, out, err = site.postern("setup", "--yes", "--offline", "--zone", site.zone)
    assert status == 1 and "ERROR" in out and "--ignore" in err


def test_two_commands_at_once_do_not_mix(site):
    (site.folder / "setup").mkdir()
    lock = site.folder / "setup" / "lock"
    with subprocess.Popen(["flock", lock, "sleep", "30"]) as holder:
        try:
            for _ in range(100):
                held = subprocess.run(["flock", "-n", lock, "true"], check=False).returncode
                if held == 1:
                    break
            status, _, err = site.postern("leave", "--yes")
        finally:
            holder.kill()
    assert status == 1 and "another postern setup" in err


# ------------------------------------------------------------------ which checks, and upgrade


def test_a_rule_with_the_name_of_a_check_is_refused(tmp_path):
    config = tmp_path / "p.toml"
    config.write_text('[policy.rule."spf"]\naction = "REJECT 5.7.1 no"\n')
    for words in (["enforce"], ["config", "check"]):
        done = subprocess.run(
            [programs.binary_directory() / "postern", *words, "--config", config], check=False,
            capture_output=True, text=True)  # fmt: skip
        assert done.returncode == 1 and done.stderr.count("\n") == 1
        assert f"{config}:2: " in done.stderr and '"my-spf"' in done.stderr


def test_enforce_names_what_there_is(tmp_path):
    config = tmp_path / "p.toml"
    config.write_text('enforce = ["dmarc"]\n')
    binary = programs.binary_directory() / "postern"
    out = subprocess.run([binary, "enforce", "--config", config], check=True, capture_output=True,
                         text=True).stdout  # fmt: skip
    states = dict(re.findall(r"^(\S+)\s+(enforced|observed) ", out, re.M))
    assert states["dmarc"] == "enforced" and states["spf"] == states["greylist"] == "observed"
    done = subprocess.run(
        [binary, "enforce", "dmrc", "--config", config, "--state", tmp_path / "s", "--log",
         tmp_path / "log"], check=False, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 1 and "dmrc" in done.stderr and "greylist" in done.stderr


def test_enforcing_all_but_one(tmp_path):
    config = tmp_path / "p.toml"
    config.write_text("")
    binary = programs.binary_directory() / "postern"

    def run(*words):
        done = subprocess.run(
            [binary, *words, "--config", config, "--state", tmp_path / "s", "--log",
             tmp_path / "log"], check=False, capture_output=True, text=True)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    assert run("enforce", "all") == "enforce"
    assert run("observe", "greylist").startswith("observe, but enforce spf dkim dmarc")
    assert "greylist" not in (tmp_path / "p.d" / "60-enforce.toml").read_text()
    assert run("enforce", "greylist") == "enforce"
    assert run("observe", "all") == "observe"
    assert run("observe", "all") == "As before: observe"


def upgrade(root, *words):
    done = subprocess.run(
        [programs.binary_directory() / "postern", "upgrade", "--state", root, "--config",
         "/dev/null", *words], check=False, capture_output=True, text=True)  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_upgrade_marks_the_state_and_refuses_a_newer_one(tmp_path):
    status, out, _ = upgrade(tmp_path, "--check")
    assert status == 0 and "not marked yet" in out and not (tmp_path / "state").exists()
    assert upgrade(tmp_path)[0] == 0
    assert (tmp_path / "state").read_text().startswith("format 1\nversion ")
    (tmp_path / "state").write_text("format 2\nversion 9.9\n")
    status, out, err = upgrade(tmp_path)
    assert status == 1 and "9.9" in out and "nothing was changed" in err
    assert (tmp_path / "state").read_text() == "format 2\nversion 9.9\n"


def test_upgrade_names_damage(tmp_path):
    (tmp_path / "setup").mkdir()
    (tmp_path / "setup" / "ledger.json").write_text("{")
    status, out, _ = upgrade(tmp_path, "--check")
    assert status == 1 and "ledger.json: is damaged" in out


def test_the_package_knows_the_format_that_the_program_writes():
    header = (programs.ROOT / "lib" / "setup" / "state_mark.hpp").read_text()
    script = (programs.ROOT / "packaging" / "debian" / "postern.preinst").read_text()
    assert (re.search(r"state_format = (\d+);", header).group(1)
            == re.search(r"^STATE_FORMAT=(\d+)$", script, re.M).group(1))  # fmt: skip
