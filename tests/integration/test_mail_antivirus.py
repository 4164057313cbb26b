"""Viruses in mail through Postfix: what postern-milter and postern-avscan find, and what becomes of it."""

import collections
import concurrent.futures
import gzip
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tarfile

import pytest

from conftest import require_mail_host
from milter_client import SANITIZED, require_program
from support import av_samples, av_signatures, avscan, ole2, ports, programs, smtp
from support.av_samples import MIB, mail
from support.av_signatures import EICAR, NAMES

TESTFILES = pathlib.Path("/usr/share/clamav-testfiles")
NEXT_SECONDS = 0.1 * (20 if SANITIZED else 1)  # within which the service answers after any failure
_count = itertools.count()


def require_scanner():
    require_mail_host()
    require_program("postern-avscan")
    require_program("postern-avscan-engine")


@pytest.fixture(scope="module")
def known_file():
    """The harmless program that is in all files of clamav-testfiles, or nothing."""
    path = TESTFILES / "clam.exe"
    return [path.read_bytes()] if path.exists() else []


@pytest.fixture(scope="module")
def running(known_file):
    require_scanner()
    with avscan.ScanningHost(files=known_file) as host:
        yield host


@pytest.fixture
def scanning(running):
    """The host with its usual settings, and a scanner that works before the test and after it."""
    running.configure()
    pid = running.scanner.pid
    yield running
    assert running.scanner.running() and running.scanner.pid == pid, running.scanner.log()[-2000:]
    assert running.scanner.scan(fresh())[0] == "clean"


def fresh():
    """A harmless message that nobody has scanned."""
    return av_samples.plain(b"harmless %d\r\n" % next(_count))


def found(outcome):
    return outcome.event.get("virus"), outcome.event.get("virus_name")


# ------------------------------------------------------------------ detection


@pytest.mark.parametrize("where", av_samples.holding(b""))
def test_eicar_is_found(scanning, where):
    outcome = scanning.deliver(av_samples.holding(EICAR)[where])
    assert outcome.place == "rejected" and outcome.reply.code == 550, outcome
    assert outcome.reply.text.startswith("5.7.1 "), outcome.reply
    assert found(outcome) == ("infected", NAMES["eicar"])


@pytest.mark.parametrize("kind", NAMES)
def test_every_kind_of_signature(scanning, kind):
    outcome = scanning.deliver(mail(("file.bin", av_signatures.matched_by(kind))))
    assert outcome.place == "rejected" and found(outcome) == ("infected", NAMES[kind]), outcome


def test_harmless_mail_is_delivered(scanning):
    for raw in (fresh(), mail(("a.pdf", av_samples.pdf("a.txt", b"harmless\n" * 50))),
                mail(("a.doc", ole2.document_without_macro())),
                mail(("a.zip", av_samples.nested_zip(b"harmless", 3)))):  # fmt: skip
        outcome = scanning.deliver(raw)
        assert outcome.place == "inbox" and outcome.event["virus"] == "clean", outcome
        assert b"virus=clean" in outcome.raw.replace(b"\n\t", b" ")


def test_files_of_clamav(scanning, known_file):
    """What clamscan finds in clamav-testfiles is found in mail."""
    if not known_file:
        pytest.skip("not installed: apt-get install clamav-testfiles")
    files = {path.name: path.read_bytes() for path in sorted(TESTFILES.iterdir()) if path.is_file()}
    oracle = clamscan(scanning.scanner.database, TESTFILES)
    answers = {}
    for name, content in files.items():
        outcome = scanning.deliver(mail((name, content)))
        answers[name] = (outcome.place, *found(outcome))
    missed = {name: answers[name] for name in oracle if answers[name][0] != "rejected"}
    print(f"\n{len(files)} files, clamscan finds {len(oracle)}, "
          f"rejected {sum(a[0] == 'rejected' for a in answers.values())}")
    assert not missed, missed
    assert len(oracle) >= 15, oracle


def clamscan(database, directory):
    """Names of the files in which clamscan finds the signatures."""
    if not os.path.exists("/usr/bin/clamscan"):
        pytest.skip("not installed: apt-get install clamav")
    done = subprocess.run(["/usr/bin/clamscan", "-d", str(database), "-r", "--no-summary", "-i", str(directory)],
                          capture_output=True, text=True, timeout=300, check=False)  # fmt: skip
    return {pathlib.Path(line.split(": ")[0]).name for line in done.stdout.splitlines() if " FOUND" in line}


def test_one_scan_for_many_recipients(scanning):
    content = av_samples.random_octets(200_000, 99)
    assert scanning.deliver(mail(("a.bin", content))).place == "inbox"
    before = scanning.scanner.status()
    for name in ("alice", "bob"):
        assert scanning.send(mail(("a.bin", content)), (f"{name}@example.org",)).accepted
    assert int(scanning.scanner.status()["cache_hits"]) >= int(before["cache_hits"]) + 2


# ------------------------------------------------------------------ what is done

VERDICTS = {
    "infected": lambda: av_samples.plain(EICAR),
    "encrypted": lambda: mail(("a.zip", av_samples.encrypted_zip("a.txt", b"secret words"))),
    "macro": lambda: mail(("a.docm", av_samples.docm())),
    "unscannable": lambda: mail(("a.zip", av_samples.nested_zip(b"deep", 60))),
}
PLACES = {"reject": "rejected", "hold": "hold", "tag": "inbox", "accept": "inbox", "tempfail": "tempfail",
          "discard": "discarded"}  # fmt: skip


def place_of(host, raw):
    """(place, the milter's log line); a message that Postfix threw away is "discarded"."""
    logged = len(host.host.milter.events())
    reply = host.send(raw)
    event = ports.wait_until(lambda: host.host.milter.events()[logged:], "no log line")[0]
    if reply.accepted and event["action"] == "discard":
        ports.wait_until(lambda: f"{reply.queue_id}: milter-discard" in host.host.postfix.log(), "not discarded")
        assert host.host.postfix.queue_name(reply.queue_id) is None
        return "discarded", event
    outcome = host.host.follow(raw, reply, logged)
    return outcome.place, outcome.event


@pytest.mark.parametrize("verdict", VERDICTS)
def test_actions(scanning, verdict):
    for action, place in PLACES.items():
        scanning.configure(**{f"on_{verdict}": action})
        where, event = place_of(scanning, VERDICTS[verdict]())
        assert event["virus"] == verdict, event
        assert where == place, (action, event)


def test_usual_actions(scanning):
    places = {verdict: scanning.deliver(make()).place for verdict, make in VERDICTS.items()}
    assert places == {"infected": "rejected", "encrypted": "inbox", "macro": "inbox", "unscannable": "hold"}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_observe_mode(scanning, verdict):
    scanning.configure(mode="observe", **{f"on_{verdict}": "reject"})
    outcome = scanning.deliver(VERDICTS[verdict]())
    assert outcome.place == "inbox" and outcome.event["virus"] == verdict, outcome
    assert f"virus={verdict}".encode() in outcome.raw.replace(b"\n\t", b" ")


# ------------------------------------------------------------------ bombs and malice


# Objects over scanner.max_file_size (50 MiB), small as they come. libclamav leaves an entry of a zip
# unscanned then, and says clean.
PADDED = bytes(60 * MIB) + EICAR
OVER_LIMIT = {
    "entry of a zip": lambda: av_samples.zipped(("a.com", PADDED)),
    "entry of a zip in a zip": lambda: av_samples.nested_zip(PADDED, 2),
    "entry before a virus": lambda: av_samples.zipped(("pad.bin", bytes(60 * MIB)), ("a.com", EICAR)),
    "gzip": lambda: gzip.compress(PADDED),
    "tar.gz": lambda: av_samples.tarred("a.com", PADDED),
    "pdf": lambda: av_samples.pdf("a.com", PADDED),
}


MALICE = {
    "zip bomb": lambda: av_samples.zip_bomb(300 * MIB),
    "gzip bomb": lambda: av_samples.gzip_bomb(300 * MIB),
    "bzip2 bomb": lambda: av_samples.bzip2_bomb(300 * MIB),
    "10,000 files": lambda: av_samples.zip_of_many(10_000),
    "60,000 files": lambda: av_samples.zip_of_many(60_000),
    "nesting 100": lambda: av_samples.nested_zip(EICAR, 100),
    "truncated zip": lambda: av_samples.truncated(av_samples.archives()["a.zip"]),
    "truncated 7z": lambda: av_samples.truncated(av_samples.archives()["a.7z"]),
    "damaged bzip2": lambda: av_samples.corrupt(av_samples.archives()["a.bz2"]),
}


@pytest.mark.parametrize("kind", MALICE)
def test_malice_is_unscannable(scanning, kind):
    """It is held, and the next message is answered at once."""
    raw = mail(("file.bin", MALICE[kind]()))
    outcome, seconds = avscan.timed(scanning.deliver, raw)
    (result, _), after = avscan.timed(scanning.scanner.scan, fresh())
    print(f"\n{kind}: {found(outcome)}, {outcome.place} in {seconds:.2f} s, next after {after * 1000:.1f} ms")
    assert outcome.place == "hold" and outcome.event["virus"] == "unscannable", outcome
    assert result == "clean" and after < NEXT_SECONDS


@pytest.mark.parametrize("kind", OVER_LIMIT)
def test_over_a_limit_is_never_clean(scanning, kind):
    outcome = scanning.deliver(mail(("file.bin", OVER_LIMIT[kind]())))
    print(f"\n{kind}: {found(outcome)}")
    assert outcome.event["virus"] in ("infected", "unscannable") and outcome.place != "inbox", outcome


def test_over_the_limit_of_the_milter(scanning):
    scanning.configure(max_size="100KiB")
    outcome = scanning.deliver(mail(("a.bin", av_samples.random_octets(150_000))))
    assert found(outcome)[0] == "unscannable" and outcome.place == "hold", outcome


def test_damaged_files(scanning):
    """Whatever is wrong with them: an answer at once, and a next one."""
    answers = {}
    for name, content in av_samples.damaged().items():
        outcome, seconds = avscan.timed(scanning.deliver, mail((name, content)))
        (result, _), after = avscan.timed(scanning.scanner.scan, fresh())
        answers[name] = found(outcome)
        assert outcome.place in ("inbox", "hold", "rejected"), (name, outcome)
        assert seconds < 10 and result == "clean" and after < NEXT_SECONDS, (name, seconds, after)
        assert outcome.place == "inbox" or outcome.event["virus"] != "clean", (name, outcome)
    print("\n" + "\n".join(f"{name}: {answer}" for name, answer in answers.items()))


# ------------------------------------------------------------------ cases of tests/security

CASES = {
    "AV-01": {"infected"}, "AV-02": {"unscannable"}, "AV-03": {"infected", "unscannable"},
    "AV-04": {"unscannable"}, "AV-06": {"infected", "unscannable"},
    "AV-07": {"infected", "encrypted", "unscannable"},
    "AV-08": {"clean", "unscannable"},  # what it holds is as large as the limit, and scanned
    "MIME-06": {"infected"},
}  # fmt: skip
CASE_SECONDS = 45  # twice scanner.request_time, and what Postfix needs


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    directory = tmp_path_factory.mktemp("cases")
    program = programs.ROOT / "tests" / "security" / "gencases.py"
    programs.run([sys.executable, program, directory], timeout=300)
    return {case["id"]: case for case in json.loads((directory / "manifest.json").read_text())}, directory


@pytest.mark.parametrize(
    "number",
    [pytest.param(case, marks=pytest.mark.long) if case == "AV-04" else case for case in CASES],
)
def test_cases(scanning, cases, number):
    manifest, directory = cases
    raw = (directory / pathlib.Path(manifest[number]["file"]).name).read_bytes()
    logged = len(scanning.host.milter.events())
    reply, seconds = avscan.timed(scanning.send, raw)
    event = ports.wait_until(lambda: scanning.host.milter.events()[logged:], "no log line")[0]
    (result, _), after = avscan.timed(scanning.scanner.scan, fresh())
    print(f"\n{number}: {event['virus']} {event.get('virus_name')}, {reply.code} in {seconds:.2f} s, "
          f"next after {after * 1000:.1f} ms")
    assert event["virus"] in CASES[number], event
    assert seconds < CASE_SECONDS and result == "clean" and after < NEXT_SECONDS
    assert event["virus"] != "infected" or reply.rejected, reply


# ------------------------------------------------------------------ harmless mail


def corpus():
    given = os.environ.get("POSTERN_CORPUS")
    return pathlib.Path(given) if given else programs.conformance_directory().parent / "corpus" / "spamham-dev.tar.xz"


@pytest.mark.long
@pytest.mark.skipif(not corpus().is_file(), reason="there is no corpus of mail")
def test_a_thousand_harmless_messages(tmp_path):
    require_scanner()
    messages = []
    with tarfile.open(corpus()) as archive:
        for member in archive:
            if member.isfile() and "/ham/" in member.name and member.name.endswith(".eml"):
                messages.append(archive.extractfile(member).read())
            if len(messages) == 1000:
                break
    with avscan.ScanningHost(sink=True, more={"limits": {"action": "accept"}}) as host:
        codes, answers, seconds = send_all(host, messages)
        results = collections.Counter(event["virus"] for event in host.host.milter.events())
        print(f"\n{len(messages)} messages in {seconds:.1f} s: {dict(codes)}, {dict(results)}")
        assert results["infected"] == 0 and results["temperror"] == 0, results
        assert sum(results.values()) == len(answers) and codes.keys() <= {250}, codes


def send_all(host, messages):
    """(reply codes, replies, seconds), over eight connections at a time."""

    def send(raw):
        raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return smtp.send(host.host.postfix.smtp_port, raw, "ann@author.example", ["alice@example.org"],
                         source="127.0.0.10", timeout_seconds=120)  # fmt: skip

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies, seconds = avscan.timed(lambda: list(pool.map(send, messages)))
    return collections.Counter(reply.code for reply in replies), replies, seconds
