"""postern-policy while its store, its clock, or DNS fails: mail flows, the operator is told once,
and all is well again by itself (cases RDS-01 to RDS-07, DB, FLT-08, FLT-15)."""

import os
import pathlib
import shutil
import socket
import statistics
import threading
import time

import pytest

from milter_client import SANITIZED, FaultyDns, require_program
from support import ports
from support.policy import (FakeClock, PolicyDaemon, RedisServer, answer_rule, merged,
                            unique_word)  # fmt: skip
from support.store_faults import (ANSWER_SECONDS, HELD, PASSED_OVER, SETTINGS,
                                  check_fails_and_recovers, new_sender)  # fmt: skip

@pytest.fixture(scope="module")
def dns(tmp_path_factory):
    require_program("postern-policy")
    with FaultyDns(tmp_path_factory.mktemp("dns"), {}) as server:
        yield {"dns": {"servers": [server.address]}}


@pytest.fixture
def start(tmp_path, dns):
    daemons = []

    def begin(settings=None, **options):
        whole = merged(merged(dns, SETTINGS), settings)
        daemons.append(PolicyDaemon(tmp_path / "p", whole, **options).start())
        return daemons[-1]

    yield begin
    for daemon in daemons:
        daemon.kill()


@pytest.fixture
def redis(tmp_path):
    if not shutil.which("redis-server"):
        pytest.skip("not installed: apt-get install redis-server")
    with RedisServer(tmp_path / "redis") as server:
        yield server


# ------------------------------------------------------------------ Redis


def test_rds01_refused_at_the_start_and_there_later(start, redis):
    redis.kill()
    daemon = start({"store": {"url": redis.url}})
    check_fails_and_recovers(daemon, "refused", redis.start)


def test_rds01_killed_in_operation_and_back(start, redis):
    daemon = start({"store": {"url": redis.url}})
    assert new_sender(daemon).startswith(HELD)
    redis.kill()
    check_fails_and_recovers(daemon, f"redis://127.0.0.1:{redis.port}", redis.start)


def test_rds02_a_server_that_says_nothing(start, redis):
    daemon = start({"store": {"url": redis.url}})
    assert new_sender(daemon).startswith(HELD)
    redis.stop_answering()
    check_fails_and_recovers(daemon, "no answer in time", redis.answer_again)


def test_rds02_a_listener_that_is_none_costs_little_once_it_is_known(start):
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        daemon = start({"store": {"url": url}})
        threads = len(os.listdir(f"/proc/{daemon.pid}/task"))
        begin = time.monotonic()
        for _ in range(50):
            assert new_sender(daemon) == PASSED_OVER
        assert time.monotonic() - begin < 50 * 0.15 + 5  # 200 ms each without circuit breaker
        assert len(os.listdir(f"/proc/{daemon.pid}/task")) <= threads
        assert len(daemon.events("store-down")) == 1


def test_rds03_out_of_memory(start, redis):
    daemon = start({"store": {"url": redis.url}})
    assert new_sender(daemon).startswith(HELD)
    redis.command("CONFIG", "SET", "maxmemory", "1")
    check_fails_and_recovers(daemon, "no memory left; raise its maxmemory",
                             lambda: redis.command("CONFIG", "SET", "maxmemory", "0"))


def test_rds03_read_only(start, redis):
    daemon = start({"store": {"url": redis.url}})
    assert new_sender(daemon).startswith(HELD)
    redis.command("REPLICAOF", "127.0.0.1", "9")
    check_fails_and_recovers(daemon, "read-only replica",
                             lambda: redis.command("REPLICAOF", "NO", "ONE"))


def test_rds03_a_password_that_it_does_not_know(start, redis):
    daemon = start({"store": {"url": redis.url}})
    redis.command("CONFIG", "SET", "requirepass", "secret")
    daemon.kill()
    daemon.start()
    assert new_sender(daemon) == PASSED_OVER
    assert "password" in daemon.wait_for_event("store-down")["problem"]


def test_rds04_foreign_values_under_our_keys_count_as_none(start, redis):
    daemon = start({"store": {"url": redis.url}})
    sender = {"sender": "foreign@author.example"}
    assert daemon.ask(**sender).startswith(HELD)
    keys = redis.command("KEYS", "*foreign@author.example*")
    key = [part for part in keys.split(b"\r\n") if b"foreign@" in part][0].decode()
    for command in (("SET", key, "\x01\x02 no triplet"), ("DEL", key), ("LPUSH", key, "x")):
        redis.command(*command)
        assert daemon.ask(**sender).startswith(HELD)
    assert daemon.events("store-down") == []


def test_rds06_emptied_costs_one_more_delay(start, redis):
    daemon = start({"store": {"url": redis.url}, "greylist": {"delay": "1s"}})
    assert daemon.ask().startswith(HELD)
    redis.command("FLUSHALL")
    redis.command("SCRIPT", "FLUSH")
    assert daemon.ask().startswith(HELD)
    time.sleep(1.1)
    assert daemon.ask() == PASSED_OVER and daemon.events("store-down") == []


def test_rds07_killed_under_load_answers_go_on(start, redis):
    daemon = start({"store": {"url": redis.url}})
    ended = threading.Event()
    problems, answers = [], []

    def load():
        with daemon.client(60) as client:
            while not ended.is_set():
                begin = time.monotonic()
                answers.append(client.ask(sender=f"{unique_word()}@a.example"))
                if time.monotonic() - begin > ANSWER_SECONDS:
                    problems.append(time.monotonic() - begin)

    threads = [threading.Thread(target=load) for _ in range(16)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(0.5)
        redis.kill()
        time.sleep(0.5)
        redis.start()
    ports.wait_until(lambda: new_sender(daemon).startswith(HELD), "the store works again", 60, 0.2)
    ended.set()
    for thread in threads:
        thread.join(60)
    assert not problems, problems
    assert {a[:4] for a in answers} == {HELD[:4], PASSED_OVER[:4]}
    assert 1 <= len(daemon.events("store-down")) <= 4


def test_a_store_slower_than_the_deadline_brings_the_fail_action(start, redis):
    daemon = start({"store": {"url": redis.url, "timeout": "10s"},
                    "policy": {"timeout": "700ms", "fail": "DEFER_IF_PERMIT 4.3.0 {why}"}})
    assert new_sender(daemon).startswith(HELD)
    redis.stop_answering()
    action, line = daemon.decision(sender="slow@author.example")
    assert action == "DEFER_IF_PERMIT 4.3.0 no answer in time" and line["rule"] == "none"
    assert line["why"] == "no answer in time" and 600 <= int(line["ms"]) < 2000
    redis.answer_again()
    ports.wait_until(lambda: new_sender(daemon).startswith(HELD), "works again", 60, 0.2)


# ------------------------------------------------------------------ LMDB


def as_in_use(daemon):
    """One triplet in the store; then the daemon is stopped."""
    assert daemon.ask(sender="kept@author.example").startswith(HELD)
    daemon.stop()


def test_db01_a_damaged_file_is_set_aside_with_one_line(start):
    daemon = start()
    as_in_use(daemon)
    data = bytearray(daemon.store_path.read_bytes())
    data[:8192] = b"\xff" * 8192  # the two pages that say what is where
    daemon.store_path.write_bytes(data)
    daemon.start()
    assert new_sender(daemon).startswith(HELD)
    note = daemon.wait_for_event("store-note")["note"]
    assert "set aside" in note and len(daemon.events("store-note")) == 1
    assert list(daemon.store_path.parent.glob("store.lmdb.corrupt-*"))
    assert daemon.events("store-down") == []


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 8192, 12288])
def test_db01_a_file_cut_anywhere_is_no_reason_not_to_start(start, size):
    daemon = start()
    as_in_use(daemon)
    os.truncate(daemon.store_path, size)
    daemon.start()
    assert new_sender(daemon).startswith(HELD)


def of_another(path):
    os.chown(path, 12345, 12345)


def writable_for_all(path):
    path.chmod(0o666)


def a_link(path):
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def a_directory(path):
    path.rename(path.with_name("elsewhere"))
    path.mkdir()


def a_fifo(path):
    path.rename(path.with_name("elsewhere"))
    os.mkfifo(path)


@pytest.mark.parametrize("harm, problem", [
    (of_another, "belongs to user 12345"), (writable_for_all, "others can write"),
    (a_link, "symbolic link"), (a_directory, ""), (a_fifo, "no regular file"),
])  # fmt: skip
def test_db05_a_file_that_is_not_ours_is_left_alone_until_it_is(start, harm, problem):
    daemon = start()
    as_in_use(daemon)
    path = daemon.store_path
    harm(path)
    daemon.start()

    def mend():
        if path.with_name("elsewhere").exists():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            path.with_name("elsewhere").rename(path)
        os.chown(path, 0, 0)
        path.chmod(0o600)

    check_fails_and_recovers(daemon, problem, mend)
    assert daemon.ask(sender="kept@author.example").startswith(HELD)


def fnv1a(octets, value=14695981039346656037):
    for octet in octets:
        value = (value ^ octet) * 1099511628211 % 2**64
    return value


def of_a_later_version_of_ours(data):
    """The file with another format: the value of the key "format", with a right checksum."""
    key, version = b"format", b"1"
    head = b"\x01\x01" + bytes(24)  # encoding, kind, three times
    old = head + version
    at = data.find(key + old)
    assert at >= 0
    new = head + b"2"
    checksum = fnv1a(new, fnv1a(key)).to_bytes(8, "little")
    found = key + old + fnv1a(old, fnv1a(key)).to_bytes(8, "little")
    assert data[at:at + len(found)] == found
    return data.replace(found, key + new + checksum)


def of_a_later_lmdb(data):
    changed = bytearray(data)
    for page in (0, 4096):
        changed[page + 20] = 2
    return bytes(changed)


@pytest.mark.parametrize("change, problem", [
    (of_a_later_version_of_ours, "written by a later version of Postern"),
    (of_a_later_lmdb, "written by a later version of LMDB"),
])  # fmt: skip
def test_db04_a_file_of_a_later_version_is_left_alone(start, change, problem):
    daemon = start()
    as_in_use(daemon)
    before = daemon.store_path.read_bytes()
    later = change(before)
    daemon.store_path.write_bytes(later)
    daemon.start()

    def go_back():
        assert daemon.store_path.read_bytes() == later
        assert not list(daemon.store_path.parent.glob("store.lmdb.corrupt-*"))
        daemon.store_path.write_bytes(before)

    check_fails_and_recovers(daemon, problem, go_back)
    assert "it is left alone" in daemon.events("store-down")[0]["problem"]
    assert "early retry" in daemon.decision(sender="kept@author.example")[1]["why"]


def test_db_full_makes_room_and_keeps_answering(start):
    """1 MiB is full after some thousand triplets of strangers; what ends soonest goes."""
    daemon = start({"store": {"max_size": "1MiB"}, "greylist": {"window": "1h", "delay": "0s"}})
    kept = {"sender": "returned@author.example"}
    daemon.ask(**kept)
    assert daemon.ask(**kept) == PASSED_OVER  # came back: kept for 36 days
    answers = []

    def load(number):
        with daemon.client(60) as client:
            for n in range(1000):
                address = f"11.{number}.{n % 250}.1"
                sender = f"{unique_word()}@a.example"
                answers.append(client.ask(client_address=address, sender=sender))

    threads = [threading.Thread(target=load, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(answers) == 10_000 and daemon.running()
    held = sum(a.startswith(HELD) for a in answers)
    assert held > 9000, (held, daemon.events("store-down"))
    assert daemon.store_path.stat().st_size <= 2 * 1024 * 1024  # and 1 MiB that waits to be free
    ports.wait_until(lambda: new_sender(daemon).startswith(HELD), "room", 30, 0.2)
    assert daemon.ask(**kept) == PASSED_OVER


def test_flt08_a_full_disk(start, tmp_path):
    """The store on a file system of 1 MiB that somebody fills."""
    if os.geteuid() != 0 or SANITIZED:
        pytest.skip("needs root to mount a small file system")
    small = tmp_path / "small"
    small.mkdir()
    if os.system(f"mount -t tmpfs -o size=1536k,mode=700 none {small} 2>/dev/null") != 0:
        pytest.skip("cannot mount here")
    try:
        filler = small / "filler"
        daemon = start({"store": {"url": f"lmdb:{small}/s.lmdb"}})
        assert new_sender(daemon).startswith(HELD)
        try:
            with open(filler, "wb") as file:
                while True:
                    file.write(b"x" * 4096)
                    file.flush()
        except OSError:
            pass
        pid = daemon.pid
        actions = {new_sender(daemon)[:4] for _ in range(300)}
        assert actions <= {HELD[:4], PASSED_OVER[:4]}
        assert len(daemon.events("store-down")) <= 1
        filler.unlink()
        ports.wait_until(lambda: new_sender(daemon).startswith(HELD), "room", 30, 0.2)
        daemon.check_alive(pid)
        daemon.kill()
    finally:
        os.system(f"umount -l {small}")


def test_flt09_a_directory_that_cannot_be_made(start):
    daemon = start({"store": {"url": "lmdb:/proc/nowhere/s.lmdb"}})
    assert new_sender(daemon) == PASSED_OVER
    assert "/proc/nowhere" in daemon.wait_for_event("store-down")["problem"]


def test_a_file_removed_under_the_daemon_is_made_anew(start):
    daemon = start()
    assert new_sender(daemon).startswith(HELD)
    for path in daemon.store_path.parent.glob("store.lmdb*"):
        path.unlink()
    time.sleep(2)
    assert new_sender(daemon).startswith(HELD)
    ports.wait_until(daemon.store_path.exists, "the file is there again")


# ------------------------------------------------------------------ clock and DNS


@pytest.mark.skipif(SANITIZED or not FakeClock.is_here(), reason="not installed: faketime")
@pytest.mark.parametrize("seconds", [-3600, 86400, 3650 * 86400])
def test_flt15_a_clock_that_steps(start, tmp_path, seconds):
    clock = FakeClock(tmp_path)
    daemon = start({"greylist": {"delay": "4m"}}, environment=clock.environment)
    kept = {"sender": "known@author.example"}
    daemon.ask(**kept)
    clock.step(300)
    assert daemon.ask(**kept) == PASSED_OVER
    clock.step(seconds)
    ticks = cpu_ticks(daemon.pid)
    assert new_sender(daemon).startswith(HELD)
    assert daemon.ask(**kept) == PASSED_OVER if seconds > 0 else True
    time.sleep(1.5)
    assert cpu_ticks(daemon.pid) - ticks < 100  # a second: no busy loop
    clock.step(300)
    assert daemon.ask(**kept) in (PASSED_OVER,) or seconds < 0
    assert daemon.events("store-down") == []


def cpu_ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_dns13_gone_at_the_start_and_back_later(tmp_path):
    require_program("postern-policy")
    port = ports.free_port()
    rule = answer_rule("REJECT spf", spf=["fail"])
    settings = merged(rule, {"dns": {"servers": [f"127.0.0.1@{port}"]}})
    with PolicyDaemon(tmp_path / "p", settings) as daemon:
        for number in range(3):
            action, line = daemon.decision(sender=f"a@fail{number}.example")
            assert action == "DUNNO" and "only: spf is unknown" in line["failed"]
        zone = {f"fail{n}.example": {"TXT": ["v=spf1 -all"]} for n in range(1000)}
        server = FaultyDns(tmp_path / "dns", zone)
        server.port, server.address = port, f"127.0.0.1@{port}"
        with server:
            numbers = iter(range(3, 1000))  # failures are remembered for a while
            ports.wait_until(lambda: daemon.ask(sender=f"a@fail{next(numbers)}.example")
                             == "REJECT spf", "DNS works again", 60, 0.3)
        assert len(daemon.events("dns-down")) <= 1


def test_while_no_name_server_answers_only_the_first_requests_wait_for_it(tmp_path):
    require_program("postern-policy")
    zone = {"fail.example": {"TXT": ["v=spf1 -all"]}}
    silent, back = FaultyDns(tmp_path / "silent", zone, "silent"), FaultyDns(tmp_path / "b", zone)
    back.port, back.address = silent.port, silent.address
    settings = merged(answer_rule("REJECT spf", spf=["fail"]),
                      {"dns": {"servers": [silent.address]}})  # fmt: skip

    def undecided(daemon):
        """Milliseconds for a request about a domain not met before, which no rule answers."""
        action, line = daemon.decision(sender=f"a@{unique_word()}.example")
        assert action == "DUNNO" and "only: spf is unknown" in line["failed"]
        return int(line["ms"])

    with PolicyDaemon(tmp_path / "p", settings) as daemon:
        with silent:
            ports.wait_until(lambda: undecided(daemon) and daemon.events("dns-down"), "down", 60)
            taken = [undecided(daemon) for _ in range(15)]
            # Three quarters of policy.timeout are 1500 ms, as the first ones waited.
            assert statistics.median(taken) < 1000, taken
            assert len(daemon.events("dns-down")) == 1 and not daemon.events("dns-up")
        with back:
            daemon.wait_for_event("dns-up", timeout_seconds=60)  # although nobody asks
            action, line = daemon.decision(sender="a@fail.example")
            assert action == "REJECT spf" and "failed" not in line
            assert [len(daemon.events(name)) for name in ("dns-down", "dns-up")] == [1, 1]


@pytest.mark.parametrize("mode", ["servfail", "refused", "garbage", "badid", "short"])
def test_dns03_faults_make_no_rule_match_and_no_message_wait(tmp_path, mode):
    require_program("postern-policy")
    rule = answer_rule("REJECT spf", spf=["fail", "none", "permerror", "pass", "neutral"])
    with FaultyDns(tmp_path / "dns", {"a.example": {"TXT": ["v=spf1 -all"]}}, mode) as server:
        settings = merged(rule, {"dns": {"servers": [server.address]}})
        with PolicyDaemon(tmp_path / "p", settings) as daemon:
            begin = time.monotonic()
            action, line = daemon.decision(sender="x@a.example")
            assert action == "DUNNO" and line["failed"].startswith("only: spf is unknown")
            assert time.monotonic() - begin < ANSWER_SECONDS
