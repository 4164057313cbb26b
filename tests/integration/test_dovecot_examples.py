"""The configuration of examples/dovecot for the Dovecot of this machine, as an administrator takes it."""

import shutil

import pytest
from support import dovecot, ports, programs, training
from support.training import ALICE, BOB, TrainingHost, message
from test_dovecot_sieve import RECEIVED
from test_dovecot_train import require_training_host

EXAMPLES = programs.ROOT / "examples" / "dovecot"
VERSION = ".".join(map(str, dovecot.version()))
PLACES = {
    "/etc/dovecot/sieve": "{directory}/sieve",
    "/run/postern-learner/learner.sock": "{socket}",
    "/var/spool/postern/train": "{spool}",
}
NEW = dovecot.version() >= (2, 4)
# What the examples have commented out, and how one user has it otherwise.
THRESHOLD = (
    "#sieve_environment {\n#  postern_threshold = 6\n#}" if NEW else "# sieve_env_postern_threshold = 6"
)
FIELD = ("userdb_sieve_environment/" if NEW else "userdb_sieve_env_") + "postern_threshold=9"


def examples():
    text = "".join(path.read_text() for path in sorted((EXAMPLES / VERSION).glob("*.conf")))
    for place, ours in PLACES.items():
        assert place in text, place
        text = text.replace(place, ours)
    assert THRESHOLD in text
    return text.replace(THRESHOLD, THRESHOLD.replace("#", ""))


@pytest.fixture(scope="module")
def host():
    require_training_host()
    text = examples()
    # Bob is patient; alice has the threshold of all.
    fields = {"bob": FIELD}
    with TrainingHost(extra23=text, extra24=text, bare=True, fields=fields) as running:
        folder = running.directory / "sieve"
        shutil.copytree(EXAMPLES / "sieve", folder)
        for script in folder.glob("*.sieve"):
            running.dovecot.tool("sievec", script)
        yield running


def box_of(host, verdict, user=ALICE, script=None):
    """Where a message with such a verdict goes."""
    number = f"e{next(training.numbers)}"
    training.write_script(host, user, script or "keep;\n")
    host.deliver(f"X-Postern-Verdict: {verdict}\r\n".encode() + RECEIVED + message(number), user)

    def where():
        with host.client(user) as client:
            for box in ("INBOX", *(["Junk"] if client.imap.select("Junk")[0] == "OK" else [])):
                if client.find(box, number):
                    return box
        return None

    return ports.wait_until(where, lambda: host.dovecot.log()[-2000:])


@pytest.mark.parametrize(
    ("verdict", "box"),
    [
        ("action=accept", "INBOX"),
        ("action=accept; observed=tag", "INBOX"),
        ("action=tag", "Junk"),
        ("action=accept; score=5.9", "INBOX"),
        ("action=accept; score=6.0", "Junk"),
        ("action=accept; score=-6.0", "INBOX"),
    ],
)
def test_junk_is_filed_by_verdict_and_threshold(host, verdict, box):
    assert box_of(host, verdict) == box


def test_a_user_has_a_threshold_of_his_own(host):
    assert box_of(host, "action=accept; score=8", BOB) == "INBOX"
    assert box_of(host, "action=accept; score=9", BOB) == "Junk"
    assert box_of(host, "action=tag; score=1", BOB) == "Junk"


TESTS = """require ["spamtestplus", "virustest", "relational", "comparator-i;ascii-numeric", "imap4flags"];
if spamtest :percent :value "ge" :comparator "i;ascii-numeric" "{percent}" { addflag "$Percent"; }
if virustest :value "eq" :comparator "i;ascii-numeric" "{virus}" { addflag "$Virus"; }
"""


@pytest.mark.parametrize(
    ("verdict", "percent", "virus"),
    [
        ("action=accept; score=5; virus=clean", 50, 1),
        ('action=accept; score=1; virus="Eicar-Test"', 10, 5),
        ("action=accept; score=2.5", 25, 0),
    ],
)
def test_the_standard_tests_read_the_verdict(host, verdict, percent, virus):
    """RFC 5235: 0 is what was not tested."""
    script = TESTS.replace("{percent}", str(percent)).replace("{virus}", str(virus))
    assert box_of(host, verdict, script=script) == "INBOX"
    with host.client() as client:
        client.select("INBOX")
        flags = client.imap.fetch(client.imap.search(None, "ALL")[1][0].split()[-1], "(FLAGS)")[1][0]
    assert b"$Percent" in flags and b"$Virus" in flags, flags


def test_moves_teach(host):
    before = len(host.learner.learned())
    with host.client() as client:
        client.append("INBOX", message("em1"))
        client.move("INBOX", "Junk")
    assert host.wait_for(before + 1)[before][1:5] == ("spam", "move", "other", "junk")


def test_quota_is_published(host):
    host.deliver(message("eq1"), BOB)
    ports.wait_until(
        lambda: " of 2 GiB, " in host.learner.command("quota", "show", BOB)[1],
        lambda: host.learner.command("quota", "show")[1] + host.dovecot.log()[-2000:],
    )
    assert b"User quota" in host.dovecot.doveadm("quota", "get", "-u", BOB).encode()


def test_nothing_is_wrong(host):
    """After all of the above; sieve_before is found and compiled."""
    assert host.errors() == []
    assert not [line for line in host.dovecot.log().splitlines() if "sieve" in line and "error" in line]
