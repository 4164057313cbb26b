"""postern-avscan-engine: what it finds, what stops it, and what its children may not do."""

import collections
import email
import io
import os
import pathlib
import resource
import signal
import statistics
import subprocess
import tarfile
import time
import zipfile

import pytest

from milter_client import SANITIZED
from support import av_engine, av_samples, av_signatures, injection, programs
from support.av_engine import MIB, Engine
from support.av_engine_fixtures import child, database, engine, program, start  # noqa: F401
from support.av_samples import user_mail as mail
from support.av_signatures import EICAR

TESTFILES = pathlib.Path("/usr/share/clamav-testfiles")
NOBODY = 65534


def died(engine, child):
    """What is said of a child that has ended, without the pid."""
    values = engine.expect("ended1")
    assert values.pop("pid") == str(child.pid)
    return {name: int(value) for name, value in values.items()}


# ------------------------------------------------------------------ what is found


@pytest.mark.parametrize("kind", av_signatures.NAMES)
def test_each_kind_of_signature_is_found(child, kind):
    content = av_signatures.matched_by(kind)
    for file in (content, av_samples.zipped(("a.bin", content))):
        assert child.message(mail(("a.bin", file))) == ("infected", av_signatures.NAMES[kind])
    assert child.attachment(content) == ("infected", av_signatures.NAMES[kind])


def test_eicar_is_found_wherever_it_hides(child):
    packed = av_samples.zipped(("a.com", EICAR))
    places = {
        "plain": EICAR,
        "zip": packed,
        "nested zip": av_samples.nested_zip(EICAR, 4),
        "tar.gz": av_samples.tarred("a.com", EICAR),
        "tnef": av_samples.tnef("a.com", EICAR),
        "pdf": av_samples.pdf("a.com", EICAR),
        "forwarded": mail(("a.zip", packed)),
    }
    noise = [("a.bin", av_samples.random_octets(5000)), ("c.bin", av_samples.random_octets(5000, 8))]
    found = ("infected", av_signatures.NAMES["eicar"])
    for place, content in places.items():
        assert child.message(mail(("b.bin", content))) == found, place
        assert child.message(mail(noise[0], ("b.bin", content), noise[1])) == found, place
        assert child.attachment(content) == found, place


@pytest.mark.skipif(not TESTFILES.is_dir(), reason="not installed: apt-get install clamav-testfiles")
def test_every_test_file_of_clamav_is_found(child):
    files = sorted(TESTFILES.iterdir())
    assert len(files) > 40
    for path in files:
        for kind in ("message", "attachment"):
            result, name = child.scan((kind, path.read_bytes()))[0]
            # One holds a file over the limit, which comes first.
            assert result == "infected" or "emax" in path.name and result == "unscannable", (path.name, kind, name)


def test_what_libclamav_does_not_unpack_is_found_all_the_same(child):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.com", EICAR)
    assert child.attachment(packed.getvalue()) == ("infected", av_signatures.NAMES["eicar"])


def test_encrypted_archives_and_macros_are_no_viruses(child):
    assert child.attachment(av_samples.encrypted_zip("a.txt", b"text")) == ("encrypted", "Heuristics.Encrypted.Zip")
    result, name = child.attachment(av_samples.docm())
    assert result == "macro" and name.startswith("Heuristics.OLE2.ContainsMacros")


def test_a_signature_comes_before_encryption(child):
    """The mail has an encrypted archive first, and a virus behind it."""
    both = mail(("a.zip", av_samples.encrypted_zip("a.txt", b"text")), ("b.com", EICAR))
    assert child.message(both) == ("infected", av_signatures.NAMES["eicar"])


# ------------------------------------------------------------------ bombs and damage


def bombs():
    many = {f"{count} files": av_samples.zip_of_many(count) for count in (10_000, 60_000)}
    return {
        **many,
        "zip bomb": av_samples.zip_bomb(300 * MIB),
        "gzip bomb": av_samples.gzip_bomb(300 * MIB),
        "bzip2 bomb": av_samples.bzip2_bomb(300 * MIB),
        "nesting": av_samples.nested_zip(EICAR, 100),
        "too large": bytes(26 * MIB),
    }


def test_bombs_are_unscannable_and_the_next_message_is_served_at_once(engine, child):
    for name, content in bombs().items():
        result, why = child.attachment(content)
        assert (result, bool(why)) == ("unscannable", True), (name, result, why)
        assert child.status("Rss") < 300 * 1024, name
        began = time.monotonic()
        assert child.message(mail(("a.txt", b"text"))) == ("clean", "")
        took = time.monotonic() - began
        assert SANITIZED or took < 0.1, (name, took)
    assert engine.quiet()
    assert os.listdir(engine.temporary / os.listdir(engine.temporary)[0]) == []


def test_damaged_archives_are_never_clean(engine, child):
    """Infected where libclamav still finds the virus; and the child survives every one."""
    seen = collections.Counter()
    for name, content in av_samples.damaged().items():
        result, why = child.attachment(content)
        assert result in ("unscannable", "infected", "encrypted"), (name, result, why)
        seen[result] += 1
    assert seen["unscannable"] > 10
    assert engine.quiet()


def test_damage_of_archives_that_hide_nothing_is_told(child):
    for name in ("cut.zip", "cut.gz"):
        content = av_samples.zipped(("a.bin", av_samples.random_octets(9000)))
        if name == "cut.gz":
            content = av_samples.tarred("a.bin", av_samples.random_octets(9000))
        assert child.attachment(content) == ("clean", "")
        result, why = child.attachment(av_samples.truncated(content))
        assert result == "unscannable" and why.startswith("damaged "), (name, result, why)


def test_too_little_memory_makes_objects_unscannable(start):
    """The scanner's limits are below what the object needs; nothing is called clean."""
    if SANITIZED:
        pytest.skip("sanitizers lift the limit of memory")
    engine = start(child_memory=12 * MIB)
    engine.ready()
    child = engine.fork()
    assert child.attachment(bytes(20 * MIB)) == ("unscannable", "larger than scanner.child_memory")
    answer = child.scan(("attachment", av_samples.bzip2_bomb(24 * MIB)))
    assert answer is None or answer[0][0] == "unscannable", answer


def test_too_much_processor_time_ends_a_child(start):
    engine = start(processor_time=1)
    engine.ready()
    child = engine.fork()
    assert child.scan(*(("message", av_samples.random_octets(16 * MIB, seed)) for seed in range(20))) is None
    assert died(engine, child) == {"signal": signal.SIGXCPU, "status": 0}
    assert engine.wait_for_empty_directory() == []


def test_each_request_has_processor_time_of_its_own(start):
    engine = start(processor_time=2)
    engine.ready()
    child = engine.fork()
    until = time.monotonic() + 4
    number = 0
    while time.monotonic() < until:
        number += 1
        content = av_samples.random_octets(2 * MIB, number)
        assert child.message(content) == ("clean", "")
    assert engine.quiet()


def test_scan_time_ends_a_scan(start):
    engine = start(scan_time=50, max_files=1_000_000)
    engine.ready()
    child = engine.fork()
    result, why = child.message(av_samples.zip_of_many(60_000))
    assert result == "unscannable" and "ScanTime" in why, (result, why)


# ------------------------------------------------------------------ requests that are not sound


def test_memory_that_can_change_is_refused(child):
    memory = av_engine.sealed(b"text", seal=False)
    outcome = child.scan(("message", b"text"), memory=memory)[0]
    assert outcome == ("temperror", "what came is no sealed memory")
    read, write = os.pipe()
    assert child.scan(("message", b"text"), memory=read)[0][0] == "temperror"
    os.close(read)
    os.close(write)


@pytest.mark.parametrize("content", [b"tex", b"text and more", b""])
def test_objects_that_are_not_what_the_memory_holds_are_not_scanned(child, content):
    memory = av_engine.sealed(content)
    outcomes = child.scan(("message", b"te"), ("attachment", b"xt"), memory=memory)
    assert outcomes == [("temperror", "the memory does not hold what the request says")] * 2
    assert child.message(b"text") == ("clean", "")


def test_a_request_that_cannot_be_read_is_answered(child):
    assert child.scan(memory=av_engine.sealed(b""), text="scan2 x")[0][0] == "temperror"
    assert child.message(b"text") == ("clean", "")


# ------------------------------------------------------------------ what children may not do


FORBIDDEN = [
    ("openat", (injection.AT_FDCWD, "/etc/passwd", os.O_RDONLY), "/etc/passwd"),
    ("socket", (2, 1, 0), ""),
    ("execve", ("/bin/true", 0, 0), "/bin/true"),
    ("fork", (), ""),
    ("kill", (1, 0), ""),
]


@pytest.mark.skipif(not injection.possible() or SANITIZED, reason="needs root on x86_64, without a sanitizer")
@pytest.mark.parametrize("user", [None, NOBODY])
@pytest.mark.parametrize(("name", "arguments", "detail"), FORBIDDEN)
def test_a_forbidden_call_is_stopped_and_told(start, database, tmp_path, user, name, arguments, detail):
    if user is not None:
        open_to_everybody(tmp_path)
        open_to_everybody(database)
    engine = start(user=user)
    engine.ready()
    child, other = engine.fork(), engine.fork()
    injection.call(child.pid, name, *arguments)
    told = engine.expect("forbidden1")
    assert (told["pid"], told["call"], told.get("detail", "")) == (str(child.pid), name, detail)
    assert died(engine, child) == {"signal": signal.SIGKILL, "status": 0}
    assert other.message(EICAR)[0] == "infected"


def open_to_everybody(path):
    """So that a user without rights gets there."""
    for folder in [path, *path.parents]:
        if folder.stat().st_uid == os.geteuid() and str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o111)


@pytest.mark.skipif(not injection.possible() or SANITIZED, reason="needs root on x86_64, without a sanitizer")
def test_a_file_elsewhere_cannot_be_removed(engine, child, tmp_path):
    """By Landlock, or by the broker where the kernel has none."""
    victim = tmp_path / "file"
    victim.write_text("here")
    injection.call(child.pid, "unlink", str(victim))
    time.sleep(0.2)
    assert victim.exists()


@pytest.mark.skipif(SANITIZED, reason="sanitizers keep descriptors")
def test_a_child_has_nothing_but_its_socket(child):
    """Besides the directory that it measures the free space of, which it cannot open anything in."""
    assert child.message(b"text") == ("clean", "")
    folder = pathlib.Path(f"/proc/{child.pid}/fd")
    descriptors = {int(link.name): os.readlink(link) for link in folder.iterdir()}
    assert descriptors.pop(0).startswith("socket:")
    assert set(descriptors.values()) <= {"/dev/null", f"{descriptors.get(3)}"}, descriptors
    status = pathlib.Path(f"/proc/{child.pid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2" and int(fields["CapEff"], 16) == 0
    assert pathlib.Path(f"/proc/{child.pid}/oom_score_adj").read_text().strip() == "500"
    assert resource.prlimit(child.pid, resource.RLIMIT_CORE) == (1, 1)


# ------------------------------------------------------------------ lives


def test_a_child_that_dies_is_told_and_nothing_is_left_of_it(engine):
    for deadly in [signal.SIGKILL] if SANITIZED else [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT]:
        child, other = engine.fork(), engine.fork()
        os.kill(child.pid, deadly)
        assert died(engine, child) == {"signal": deadly, "status": 0}
        assert child.answer() is None
        assert other.message(EICAR)[0] == "infected"
        other.connection.close()
        assert died(engine, other) == {"signal": 0, "status": 0}
    assert engine.wait_for_empty_directory() == []


def test_a_child_that_hangs_is_killed_by_order(engine):
    child = engine.fork()
    os.kill(child.pid, signal.SIGSTOP)
    child.send([("message", b"text")])
    engine.order(f"kill1 pid={child.pid}")
    assert died(engine, child)["signal"] == signal.SIGKILL


def test_a_pid_that_is_no_child_is_not_killed(engine, child):
    engine.order(f"kill1 pid={os.getpid()}")
    assert child.message(b"text") == ("clean", "")


def test_many_children_scan_at_once(engine):
    children = [engine.fork() for _ in range(8)]
    for number, child in enumerate(children):
        child.send([("message", mail(("a.com", EICAR if number % 2 else b"text")))])
    results = [child.answer()[0][0] for child in children]
    assert results == ["clean", "infected"] * 4


@pytest.mark.parametrize("way", ["control", signal.SIGTERM, signal.SIGKILL])
def test_no_child_outlives_its_engine(start, way):
    engine = start()
    engine.ready()
    children = [engine.fork() for _ in range(2)]
    if way == "control":
        engine.control.close()
    else:
        engine.process.send_signal(way)
    engine.process.wait(10)
    for child in children:
        assert child.answer() is None
    if way == signal.SIGKILL:
        for left in engine.temporary.iterdir():
            left.rmdir()


# ------------------------------------------------------------------ loading


def test_the_generation_is_of_the_signatures(start, database, tmp_path):
    first = start().ready()
    assert first == start().ready()
    assert int(first["signatures"]) == 6
    other = av_signatures.make(tmp_path / "db")
    assert start(other).ready()["generation"] != first["generation"]


@pytest.mark.parametrize("state", ["missing", "empty", "broken", "unreadable", "no place"])
def test_what_cannot_be_loaded_is_told_with_its_remedy(start, tmp_path, state):
    if state == "unreadable" and os.geteuid() != 0:
        pytest.skip("needs root to become another user")
    directory, options = tmp_path / "db", {}
    if state != "missing":
        directory.mkdir()
    if state == "broken":
        (directory / "a.ndb").write_text("this is no signature\n")
    if state == "unreadable":
        open_to_everybody(tmp_path)
        directory.chmod(0o700)
        options = {"user": NOBODY}
    if state == "no place":
        av_signatures.make(directory)
        options = {"temporary_directory": tmp_path / "none"}
    engine = start(directory, **options)
    why = engine.expect("failed1")["why"]
    assert str(tmp_path) in why, why
    remedies = {"unreadable": "read it", "no place": "scanner.temporary_directory"}
    assert remedies.get(state, "freshclam") in why, why
    assert engine.process.wait(10) == 0


def test_it_says_who_starts_it(program):
    done = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False)
    assert done.returncode == 1 and b"postern-avscan, which starts this program" in done.stderr


# ------------------------------------------------------------------ cost


def test_memory_is_shared_and_small_messages_are_quick(start, tmp_path):
    """Figures; the limits are far from them, for slow machines."""
    directory = av_signatures.make(tmp_path / "db")
    av_signatures.filler(directory, 200_000)
    engine = start(directory)
    engine.ready()
    children = [engine.fork() for _ in range(2)]
    small = mail(text="Text of a small message.\n" * 60)
    times = []
    for number in range(200):
        began = time.monotonic()
        assert children[number % 2].message(small + b"%d\r\n" % number) == ("clean", "")
        times.append(1000 * (time.monotonic() - began))
    rss = engine_status(engine, "Rss")
    pss = engine_status(engine, "Pss") + sum(child.status("Pss") for child in children)
    private = sum(child.status("Private_Dirty") for child in children)
    print(f"\n200,000 signatures: engine {rss} kB RSS; with 2 children {pss} kB PSS, of which "
          f"{private} kB are the children's own; {statistics.median(times):.2f} ms a message")  # fmt: skip
    if not SANITIZED:
        assert private < rss / 2 and pss < 1.6 * rss
        assert statistics.median(times) < 50


def engine_status(engine, name):
    return av_engine.Child(engine.process.pid, None).status(name)


# ------------------------------------------------------------------ real mail


def corpus():
    given = os.environ.get("POSTERN_CORPUS")
    return pathlib.Path(given) if given else programs.conformance_directory().parent / "corpus" / "spamham-dev.tar.xz"


def attachments(content):
    for part in email.message_from_bytes(content).walk():
        if not part.is_multipart() and part.get_filename():
            yield part.get_payload(decode=True) or b""


@pytest.mark.skipif(not corpus().is_file(), reason="there is no corpus of mail")
def test_a_thousand_harmless_messages_are_clean(engine, child):
    seen = collections.Counter()
    with tarfile.open(corpus()) as archive:
        for member in archive:
            if sum(seen.values()) >= 1000:
                break
            if not (member.isfile() and "/ham/" in member.name and member.name.endswith(".eml")):
                continue
            content = archive.extractfile(member).read().replace(b"\n", b"\r\n")
            parts = [("attachment", part) for part in attachments(content)][:63]
            outcomes = child.scan(("message", content), *parts)
            worst = max((outcome for outcome in outcomes), key=lambda outcome: outcome[0] != "clean")
            seen[worst] += 1
    print(f"\n{dict(seen)}")
    assert sum(seen.values()) == 1000
    assert not [outcome for outcome in seen if outcome[0] == "infected"]
    assert engine.quiet()
