"""Scanners that are away, killed, reloaded, and short of memory, with Postfix in front: nothing is lost.

Cases FLT-04, FLT-05, FLT-06. Mail goes to files that are counted.
"""

import os
import pathlib
import random
import signal
import subprocess
import threading
import time

import pytest

from milter_client import SANITIZED
from support import av_samples, av_signatures, avscan, load, ports
from support.av_signatures import EICAR, NAMES
from test_mail_antivirus import fresh, require_scanner

MESSAGES, CONNECTIONS = 300, 8
INFECTED_EVERY = 5


@pytest.fixture(scope="module")
def running():
    require_scanner()
    with avscan.ScanningHost(sink=True, scanner={"children": 2}, timeout="20s") as host:
        yield host


@pytest.fixture
def scanning(running):
    """A scanner that works, the usual settings, and an empty sink."""
    if not running.scanner.running():
        running.scanner.start()
    running.configure()
    ports.wait_until(lambda: running.send(fresh()).code == 250, "the milter finds no scanner", 30)
    running.host.postfix.wait_empty()
    for path in (running.host.postfix.directory / "sink").glob("*/new/*"):
        path.unlink()
    return running


def mixed(number, raw):
    """Every fifth message is infected; each is one that nobody has scanned."""
    head, _, body = raw.partition(b"\r\n\r\n")
    if number % INFECTED_EVERY == 0:
        body += EICAR + b"\r\n"
    body += b"%d %f\r\n" % (number, time.monotonic())
    return head + b"\r\n\r\n" + body, "ann@author.example", "127.0.0.10"


def infected(count=MESSAGES):
    return {number for number in range(count) if number % INFECTED_EVERY == 0}


def check(account, host, count=MESSAGES):
    """Nothing lost, nothing infected let through, nothing good rejected."""
    account.check()
    assert account.rejected <= infected(count), "good mail was rejected"
    assert not account.accepted & infected(count), "infected mail was accepted"
    assert not [raw for raw in host.host.postfix.sink_messages() if EICAR in raw]


def test_control(scanning):
    account = load.Load(scanning.host, MESSAGES, CONNECTIONS, mixed).start().finish()
    print(f"\n{account}")
    check(account, scanning)
    assert account.rejected == infected() and not account.deferred, account
    assert account.codes.keys() <= {250, 550}, account


# ------------------------------------------------------------------ the scanner is away


def test_no_scanner(scanning):
    """451, said once in the log; and mail as ever when it is back."""
    before = len(scanning.host.milter.events("scanner-unreachable"))
    scanning.scanner.stop()
    for _ in range(3):
        reply, seconds = avscan.timed(scanning.send, fresh())
        assert reply.code == 451 and "4.7.1" in reply.text and seconds < 3, (reply, seconds)
    assert len(scanning.host.milter.events("scanner-unreachable")) == before + 1
    scanning.scanner.start()
    ports.wait_until(lambda: scanning.send(fresh()).code == 250, "the scanner is not asked again", 30)
    assert scanning.send(av_samples.plain(EICAR)).code == 550


def test_no_scanner_and_mail_goes_on(scanning):
    scanning.configure(fail="accept")
    scanning.scanner.stop()
    reply = scanning.send(fresh())
    assert reply.code == 250, reply
    assert scanning.host.milter.events_of(reply.queue_id)[0]["virus"] == "temperror"


def test_killed_again_and_again(scanning):
    """SIGKILL of the supervisor under load; we start it again, as systemd would."""
    running = load.Load(scanning.host, MESSAGES, CONNECTIONS, mixed, 0.1).start()

    def kill_and_start():
        before = [scanning.scanner.pid, *avscan.descendants(scanning.scanner.pid)]
        scanning.scanner.kill()
        ports.wait_until(lambda: not any(alive(pid) for pid in before),
                         "processes of a dead supervisor live on", 10)  # fmt: skip
        scanning.scanner.start()

    kills = load.repeat_until_done(running, kill_and_start, lambda: random.uniform(0.3, 0.9))
    account = running.finish()
    print(f"\n{kills} kills, {account}")
    check(account, scanning)
    assert kills >= 3, "the load was over too early to prove anything"


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("who", ["child", "engine"])
def test_processes_that_scan_are_killed(scanning, who):
    """Every message is answered: in a fresh process, or later."""
    supervisor = scanning.scanner.pid
    running = load.Load(scanning.host, MESSAGES, CONNECTIONS, mixed, 0.05).start()

    def kill():
        pids = scanning.scanner.children() if who == "child" else scanning.scanner.engines()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    # An engine that dies again at once is given half a minute, in which mail is deferred.
    kills = load.repeat_until_done(running, kill, lambda: 0.4 if who == "child" else 60)
    account = running.finish()
    print(f"\n{who}: {kills} kills, {account}, retried {scanning.scanner.status()['retried']}")
    account.check()
    assert kills >= (3 if who == "child" else 1), "the load was over too early to prove anything"
    assert scanning.scanner.pid == supervisor and scanning.scanner.running()
    # A message whose process died twice is held: it is neither delivered nor rejected.
    assert not [raw for raw in scanning.host.postfix.sink_messages() if EICAR in raw]
    assert account.rejected <= infected(), "good mail was rejected"


def test_stopped_in_order(scanning):
    """SIGTERM under load: messages in hand are answered, and nothing is left behind."""
    scanning.scanner.stop()
    others = directories()  # of those that were killed, and of other programs
    scanning.scanner.start()
    assert len(directories() - others) == 1
    running = load.Load(scanning.host, 150, CONNECTIONS, mixed, 0.05).start()
    load.wait_for_arrivals(scanning.host, 10)
    before = [scanning.scanner.pid, *avscan.descendants(scanning.scanner.pid)]
    begin = time.monotonic()
    status = scanning.scanner.stop()
    seconds = time.monotonic() - begin
    ports.wait_until(lambda: not any(alive(pid) for pid in before), "processes are left", 10)
    left = directories() - others
    scanning.scanner.start()
    account = running.finish()
    print(f"\nstopped in {seconds:.2f} s; {account}")
    check(account, scanning, 150)
    assert status == 0 and seconds < 25, (status, seconds)
    assert not left, left


def directories():
    return set(pathlib.Path("/var/tmp").glob("postern-avscan*"))


# ------------------------------------------------------------------ new signatures


def test_ten_reloads_under_load(scanning):
    """No wrong answer and no refused request; a generation that comes is in use at the end."""
    scanner = scanning.scanner
    av_signatures.filler(scanner.database, 20_000)
    scanner.reload()
    ports.wait_until(lambda: int(scanner.status()["signatures"]) > 20_000, lambda: scanner.log()[-500:], 30)
    idle = scanner.memory()
    stop, wrong, counts = threading.Event(), [], [0] * 8

    def ask(number):
        with scanner.connect() as connection:
            while not stop.is_set():
                counts[number] += 1
                text = b"%d of client %d\r\n" % (counts[number], number)
                is_bad = counts[number] % 3 == 0
                raw = av_samples.plain(text + (EICAR if is_bad else b""))
                outcome = avscan.ask(connection, [("message", raw)])[0]
                if outcome != (("infected", NAMES["eicar"]) if is_bad else ("clean", "")):
                    wrong.append(outcome)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    peak, generations, times = dict(idle), set(), []
    try:
        for number in range(10):
            before = scanner.status()["generation"]
            name = f"Postern.New{number}"
            av_signatures.replace(scanner.database / "new.ndb", av_signatures.ndb(name, b"new mark %d!" % number))
            begin = time.monotonic()
            scanner.reload()
            while scanner.status()["generation"] == before:
                peak = {kind: max(peak[kind], value) for kind, value in scanner.memory().items()}
                assert time.monotonic() - begin < 30, scanner.log()[-1000:]
                time.sleep(0.02)
            times.append(time.monotonic() - begin)
            generations.add(scanner.status()["generation"])
            assert scanner.scan(av_samples.plain(b"new mark %d!" % number)) == ("infected", f"{name}.UNOFFICIAL")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    ports.wait_until(lambda: len(scanner.engines()) == 1, "old engines stay", 20)
    print(f"\n10 reloads in {sum(times):.1f} s (longest {max(times):.2f} s), {sum(counts)} scans, {len(wrong)} wrong; "
          f"private MiB {idle['private']:.1f} -> {peak['private']:.1f} at the peak -> "
          f"{scanner.memory()['private']:.1f}; PSS {idle['pss']:.1f} -> {peak['pss']:.1f}")
    assert not wrong and len(generations) == 10 and sum(counts) > 100


def test_a_broken_database_changes_nothing(scanning):
    scanner = scanning.scanner
    before = scanner.status()["generation"]
    failures = len(scanner.events("signatures-failed"))
    path = scanner.database / "broken.ndb"
    av_signatures.replace(path, "this is no signature\n")
    try:
        scanner.reload()
        ports.wait_until(lambda: len(scanner.events("signatures-failed")) > failures, lambda: scanner.log()[-500:], 20)
        assert "broken.ndb" in scanner.events("signatures-failed")[-1]["problem"]
        assert scanner.status()["generation"] == before
        assert scanning.send(av_samples.plain(EICAR)).code == 550
    finally:
        path.unlink()
        scanner.reload()
    ports.wait_until(lambda: not scanner.status().get("problem"), "the problem stays", 20)


# ------------------------------------------------------------------ little memory


@pytest.fixture
def small_host():
    """A scanner in whose eyes the host has as much memory as the test says."""
    require_scanner()
    if subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
        pytest.skip("needs a mount namespace of its own, refused here")
    host = avscan.ScanningHost(sink=True, scanner={"memory_floor": "100MiB"}, timeout="20s")
    host.scanner.pretend_memory(1000)
    with host:
        yield host


@pytest.mark.skipif(SANITIZED, reason="memory means something else with sanitizers")
def test_little_memory(small_host):
    """Attachments only, then nothing, said once each; and everything again when there is room."""
    scanner = small_host.scanner
    assert scanner.status()["mode"] == "full"
    wait_for_mode(scanner, 150, "attachments")
    answers = scanner.scan_many([("message", fresh()), ("attachment", EICAR)])
    assert answers[0][0] == "skipped" and answers[1][0] == "infected", answers
    reply = small_host.send(av_samples.mail(("a.zip", av_samples.zipped(("a.com", EICAR)))))
    assert reply.code == 550, reply
    wait_for_mode(scanner, 50, "off")
    ports.wait_until(lambda: not scanner.engines(), "the signatures stay in memory", 10)
    reply = small_host.send(av_samples.plain(EICAR))
    assert reply.code == 250, reply
    assert small_host.host.milter.events_of(reply.queue_id)[0]["virus"] == "skipped"
    time.sleep(1)
    assert [event["mode"] for event in scanner.events("memory-low")] == ["attachments", "off"]
    small_host.configure(on_skipped="tempfail")
    assert small_host.send(fresh()).code == 451
    wait_for_mode(scanner, 2000, "full")
    ports.wait_until(lambda: small_host.send(av_samples.plain(EICAR)).code == 550, "nothing is found", 60)
    assert len(scanner.events("memory-ok")) == 1, scanner.log()[-1000:]


def wait_for_mode(scanner, mib, mode):
    scanner.pretend_memory(mib)
    ports.wait_until(lambda: scanner.status()["mode"] == mode,
                     lambda: f"{scanner.status()} {scanner.log()[-600:]}", 60)  # fmt: skip


def test_new_signatures_with_no_room_beside_the_old(small_host):
    """The old ones go first; who asks meanwhile waits, and the log says so."""
    scanner = small_host.scanner
    av_signatures.filler(scanner.database, 200_000)
    scanner.reload()
    ports.wait_until(lambda: int(scanner.status()["signatures"]) > 200_000, lambda: scanner.log()[-500:], 60)
    before = scanner.status()
    scanner.write_config(memory_floor="1MiB")
    scanner.pretend_memory(int(before["memory"]) // (1024 * 1024) // 2)
    av_signatures.replace(scanner.database / "new.ndb", av_signatures.ndb("Postern.New", b"a new mark!"))
    scanner.reload()
    while scanner.status().get("generation", "") in ("", before["generation"]):
        assert scanner.scan(av_samples.plain(b"%f " % time.monotonic() + EICAR))[0] == "infected"
    assert scanner.events("scanner-paused"), scanner.log()[-1000:]
    assert scanner.scan(av_samples.plain(b"a new mark!"))[0] == "infected"
