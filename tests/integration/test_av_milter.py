"""The check "antivirus" over the milter protocol: what is given to the scanner, and what its answers,
or their absence, do to a message. Stand-ins play postern-avscan and clamd (support/scanners.py)."""

import base64
import re
import socket
import time

import pytest

import milter_client
from milter_client import Connection, Daemon, Mail, deliver, message, read_verdict
from support import ports
from support.scanners import WORDS, Avscan, Clamd

NO_DNS = {"dns": {"servers": ["127.0.0.1@9"], "timeout": "100ms", "budget": "100ms"}}
INFECTED = b"This -test-infected- is not harmless.\r\n"
NAME = "Test.Virus.UNOFFICIAL"
USER = {"{auth_authen}": "alice@test.example"}


@pytest.fixture
def avscan(tmp_path):
    with Avscan(tmp_path / "av.sock") as scanner:
        yield scanner
        assert not scanner.problems, scanner.problems


@pytest.fixture
def start(tmp_path):
    """Call it with scanners and settings of the section; the daemon lasts for the test."""
    running = []

    def begin(*scanners, mode="enforce", more=None, **antivirus):
        addresses = [getattr(scanner, "address", scanner) for scanner in scanners]
        section = {"enabled": True, "scanners": addresses, **antivirus}
        settings = {"mode": mode, **NO_DNS, "antivirus": section, **(more or {})}
        settings["spf"] = settings["dkim"] = settings["arc"] = settings["dmarc"] = {"enabled": False}
        running.append(Daemon(tmp_path, settings, unix=True).start())
        return running[-1]

    yield begin
    for daemon in running:
        daemon.kill()


def multipart(*attachments):
    """A message with a text and these octets attached in base64."""
    parts = [b"Content-Type: text/plain\r\n\r\nHello"] + [
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="a.bin"\r\n\r\n' + base64.encodebytes(octets)
        .replace(b"\n", b"\r\n").rstrip()
        for octets in attachments
    ]  # fmt: skip
    body = b"".join(b"--=b\r\n" + part + b"\r\n" for part in parts) + b"--=b--\r\n"
    extra = b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=b"\r\n'
    return message(body=body, extra=extra)


def verdict_of(outcome):
    return read_verdict(outcome.field("X-Postern-Verdict"))


def last(daemon):
    return daemon.events("message")[-1]


# ------------------------------------------------------------------ what is scanned


def test_the_message_and_each_attachment_are_scanned(start, avscan):
    daemon = start(avscan)
    octets = bytes(range(256)) * 20
    raw = multipart(octets, b"second")
    outcome = deliver(daemon.address, Mail(raw))
    assert outcome.action == "accept", outcome
    assert avscan.scanned == [raw, octets, b"second"]
    assert avscan.requests == [
        [("message", len(raw)), ("attachment", len(octets)), ("attachment", 6)]
    ]
    assert last(daemon)["virus"] == "clean" and "virus_name" not in last(daemon)
    assert verdict_of(outcome)["virus"] == ["clean"]


def test_attachments_only(start, avscan):
    daemon = start(avscan, scan="attachments")
    assert deliver(daemon.address, Mail(multipart(b"only this"))).action == "accept"
    assert avscan.scanned == [b"only this"]
    outcome = deliver(daemon.address, Mail(message(body=INFECTED)))
    assert outcome.action == "accept", "a message without attachments is not scanned"
    assert len(avscan.requests) == 1 and last(daemon)["virus"] == "clean"


def test_nothing_is_asked_when_it_is_off(start, avscan):
    daemon = start(avscan, enabled=False)
    outcome = deliver(daemon.address, Mail(message(body=INFECTED)))
    assert outcome.action == "accept" and "virus" not in verdict_of(outcome)
    assert avscan.connections == 0 and "virus" not in last(daemon)


def test_infected_attachment_in_base64(start, avscan):
    """Nothing in the message as it came shows it."""
    outcome = deliver(start(avscan).address, Mail(multipart(b"x" * 100 + INFECTED)))
    assert outcome.action == "reject" and outcome.text.startswith("550 5.7.1 "), outcome


def test_a_body_without_header_fields_and_an_empty_one(start, avscan):
    daemon = start(avscan)
    assert deliver(daemon.address, Mail(b"", fields=[])).action == "accept"
    assert deliver(daemon.address, Mail(message(body=b""))).action == "accept"
    assert len(avscan.requests) == 2


# ------------------------------------------------------------------ what is done

# Setting -> (word in the message, result in the log)
SETTINGS = {
    "on_infected": (b"-test-infected-", "infected"),
    "on_encrypted": (b"-test-encrypted-", "encrypted"),
    "on_macro": (b"-test-macro-", "macro"),
    "on_unscannable": (b"-test-limit-", "unscannable"),
    "on_skipped": (b"-test-skipped-", "skipped"),
}
# Action -> the milter's answer, and its word in the log
ACTIONS = {
    "accept": ("accept", "accept"), "tag": ("accept", "tag"), "hold": ("quarantine", "quarantine"),
    "discard": ("discard", "discard"), "tempfail": ("defer", "defer"), "reject": ("reject", "reject"),
}  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("action", ACTIONS)
def test_actions(start, avscan, setting, action):
    word, result = SETTINGS[setting]
    daemon = start(avscan, **{setting: action})
    outcome = deliver(daemon.address, Mail(message(body=word)))
    answer, logged = ACTIONS[action]
    assert outcome.action == answer, outcome
    event = last(daemon)
    assert (event["action"], event["virus"]) == (logged, result), event
    if result != "skipped":
        assert event["virus_name"] == WORDS[word][1], event
    if action in ("accept", "tag", "hold"):
        assert verdict_of(outcome)["action"] == [logged]
    if action == "reject":
        assert re.match(r"55\d 5\.\d\.\d ", outcome.text), outcome
    if action == "tempfail":
        assert re.match(r"45\d 4\.\d\.\d ", outcome.text), outcome


@pytest.mark.parametrize(
    "setting, action",
    [("on_infected", "reject"), ("on_unscannable", "quarantine"), ("on_encrypted", "tag"),
     ("on_macro", "tag"), ("on_skipped", "accept")],
)  # fmt: skip
def test_defaults(start, avscan, setting, action):
    daemon = start(avscan)
    deliver(daemon.address, Mail(message(body=SETTINGS[setting][0])))
    assert last(daemon)["action"] == action


def test_the_gravest_outcome_decides(start, avscan):
    daemon = start(avscan)
    raw = multipart(b"-test-macro-", b"-test-infected-", b"-test-limit-")
    assert deliver(daemon.address, Mail(raw)).action == "reject"
    assert last(daemon)["virus"] == "infected"


def test_observe_mode_only_tells(start, avscan):
    daemon = start(avscan, mode="observe")
    outcome = deliver(daemon.address, Mail(message(body=INFECTED)))
    assert outcome.action == "accept", outcome
    verdict = verdict_of(outcome)
    assert verdict["observed"] == ["reject"] and verdict["action"] == ["accept"], verdict
    assert (last(daemon)["action"], last(daemon)["wanted"]) == ("accept", "reject")


def test_the_name_is_in_the_reply(start, avscan):
    outcome = deliver(start(avscan).address, Mail(message(body=INFECTED)))
    assert NAME in outcome.text, outcome


@pytest.mark.parametrize("action", ["reject", "tag"])
def test_names_of_signatures_are_anybodys_text(start, avscan, action):
    """A name breaks neither reply nor field nor log."""
    name = "%22a%0d%0aX-Evil:%20yes;%20action=accept%00%1b%5b2J%ff%5c" + "n" * 60
    avscan.answer = lambda outcomes: avscan.format([("infected", name)] * len(outcomes))
    daemon = start(avscan, on_infected=action)
    outcome = deliver(daemon.address, Mail(message(body=INFECTED)))
    assert last(daemon)["virus"] == "infected"
    assert all(milter_client.LOG_LINE.fullmatch(line) for line in daemon.log().splitlines())
    assert all(" " <= c <= "~" for c in outcome.text.rstrip("\r\n"))
    if action == "tag":
        field = outcome.field("X-Postern-Verdict")
        assert re.fullmatch(r"(?:[ -~]|\n\t)*", field), field
        assert read_verdict(field)["action"] == ["tag"]


@pytest.mark.parametrize("own_mail, action", [(True, "reject"), (False, "accept")])
def test_mail_of_our_users(start, avscan, own_mail, action):
    daemon = start(avscan, own_mail=own_mail)
    outcome = deliver(daemon.address, Mail(message(body=INFECTED), macros=USER))
    assert outcome.action == action, outcome
    assert last(daemon)["direction"] == "submission"
    assert ("virus" in last(daemon)) == own_mail


def test_mail_of_our_users_while_nobody_scans(start, avscan, tmp_path):
    daemon = start(f"avscan:{tmp_path}/none.sock")
    assert deliver(daemon.address, Mail(message(), macros=USER)).action == "defer"


# ------------------------------------------------------------------ what cannot be scanned


def test_over_the_size_limit(start, avscan):
    daemon = start(avscan, max_size="10KiB")
    outcome = deliver(daemon.address, Mail(message(body=b"0123456789abcde\r\n" * 1000)))
    assert outcome.action == "quarantine", outcome
    assert last(daemon)["virus"] == "unscannable" and "max_size" in last(daemon)["virus_name"]


def test_a_cut_body_is_no_clean_one(start, avscan):
    daemon = start(avscan, more={"limits": {"body_size": "10KiB"}})
    outcome = deliver(daemon.address, Mail(message(body=b"0123456789abcde\r\n" * 1000 + INFECTED)))
    assert outcome.action == "quarantine", outcome
    assert last(daemon)["virus"] == "unscannable" and "body_size" in last(daemon)["virus_name"]


@pytest.mark.parametrize("macros", [{}, USER], ids=["inbound", "submission"])
@pytest.mark.parametrize("limit", [{"header_fields": 20}, {"header_size": "1KiB"}])
def test_a_header_that_cannot_be_read_is_no_way_round(start, avscan, limit, macros):
    daemon = start(avscan, more={"limits": {**limit, "action": "accept"}})
    extra = b"".join(b"X-%d: %s\r\n" % (i, b"x" * 50) for i in range(40))
    outcome = deliver(daemon.address, Mail(message(body=INFECTED, extra=extra), macros=macros))
    assert outcome.action in ("quarantine", "reject"), outcome
    assert last(daemon)["virus"] in ("unscannable", "infected"), last(daemon)


def test_a_huge_message(start, avscan):
    daemon = start(avscan)
    octets = bytes(range(256)) * (20 * 1024 * 4)  # 20 MiB
    outcome = deliver(daemon.address, Mail(multipart(octets)), timeout=60)
    assert outcome.action == "accept", outcome
    assert [len(scanned) for scanned in avscan.scanned][1:] == [len(octets)]


def test_many_attachments(start, avscan):
    """More than one request holds are unscannable: the scanner may read the message otherwise."""
    daemon = start(avscan)
    raw = multipart(*[b"part %d" % i for i in range(127)])
    assert deliver(daemon.address, Mail(raw)).action == "accept"
    assert avscan.scanned[0] == raw and len(avscan.requests[0]) == 128
    assert deliver(daemon.address, Mail(multipart(*[b"%d" % i for i in range(128)]))).action == "quarantine"
    assert last(daemon)["virus"] == "unscannable" and last(daemon)["virus_name"] == "too many attachments"
    deliver(daemon.address, Mail(multipart(*[b"part %d" % i for i in range(100)], INFECTED)))
    assert last(daemon)["virus"] == "infected"


def test_many_attachments_without_the_message(start, avscan):
    daemon = start(avscan, scan="attachments")
    deliver(daemon.address, Mail(multipart(*[b"part %d" % i for i in range(200)])))
    assert last(daemon)["virus"] == "unscannable"


# ------------------------------------------------------------------ scanners that fail


@pytest.mark.parametrize("fail, action", [("tempfail", "defer"), ("accept", "accept")])
def test_nobody_scans(start, tmp_path, fail, action):
    daemon = start(f"avscan:{tmp_path}/none.sock", fail=fail)
    for _ in range(3):
        outcome = deliver(daemon.address, Mail(message()))
        assert outcome.action == action and outcome.seconds < 2, outcome
    assert last(daemon)["virus"] == "temperror"
    if fail == "tempfail":
        assert outcome.text.startswith("451 4.7.1 "), outcome
    assert len(daemon.events("scanner-unreachable")) == 1, "told once"


def test_it_is_told_when_the_scanner_is_back(start, avscan):
    daemon = start(avscan)
    avscan.stop()
    assert deliver(daemon.address, Mail(message())).action == "defer"
    avscan.start()
    ports.wait_until(
        lambda: deliver(daemon.address, Mail(message())).action == "accept", "not asked again", 20
    )
    assert len(daemon.events("scanner-unreachable")) == 1
    assert len(daemon.events("scanner-back")) == 1


def test_the_scanner_says_that_it_cannot(start, avscan):
    daemon = start(avscan)
    avscan.mode = "busy"
    assert deliver(daemon.address, Mail(message())).action == "defer"


@pytest.mark.parametrize("mode", ["garbage", "half", "close"])
def test_answers_that_are_none(start, avscan, mode):
    daemon = start(avscan)
    avscan.mode = mode
    outcome = deliver(daemon.address, Mail(message()))
    assert outcome.action == "defer" and outcome.seconds < 5, outcome
    avscan.mode = "normal"
    ports.wait_until(
        lambda: deliver(daemon.address, Mail(message())).action == "accept", "not asked again", 20
    )


@pytest.mark.parametrize("count", [1, 3, 65])
def test_an_answer_for_other_objects(start, avscan, count):
    daemon = start(avscan)
    avscan.answer = lambda outcomes: avscan.format([("clean", "")] * count)
    outcome = deliver(daemon.address, Mail(multipart(INFECTED)))
    assert outcome.action == "defer", outcome


def test_a_long_answer(start, avscan):
    daemon = start(avscan)
    avscan.answer = lambda outcomes: avscan.format([("infected", "n" * 200)] * len(outcomes))
    assert deliver(daemon.address, Mail(message())).action == "defer"
    avscan.answer = lambda outcomes: avscan.format(outcomes) + b" more=" + b"x" * 70000
    outcome = deliver(daemon.address, Mail(message()))
    assert outcome.action == "defer", outcome


def test_a_scanner_that_is_silent(start, avscan):
    daemon = start(avscan, timeout="1s")
    avscan.mode = "silent"
    outcome = deliver(daemon.address, Mail(message()))
    assert outcome.action == "defer" and 0.8 < outcome.seconds < 3, outcome


def test_a_slow_scanner_is_waited_for(start, avscan):
    daemon = start(avscan, timeout="10s")
    avscan.delay = 1.5
    outcome = deliver(daemon.address, Mail(message(body=INFECTED)))
    assert outcome.action == "reject" and outcome.seconds >= 1.5, outcome


def test_a_listener_that_accepts_nobody(start, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as deaf:
        deaf.bind(str(tmp_path / "deaf.sock"))
        deaf.listen(0)
        daemon = start(f"avscan:{tmp_path}/deaf.sock", timeout="1s")
        for _ in range(3):
            outcome = deliver(daemon.address, Mail(message()))
            assert outcome.action == "defer" and outcome.seconds < 3, outcome


def test_a_restart_between_two_messages_is_not_seen(start, avscan):
    daemon = start(avscan)
    with Connection(daemon.address) as connection:
        assert connection.deliver(Mail(message())).action == "accept"
        for _ in range(3):
            avscan.restart()
            outcome = connection.deliver(Mail(message(body=INFECTED)), connect=False)
            assert outcome.action == "reject", outcome
    assert not daemon.events("scanner-unreachable")


# ------------------------------------------------------------------ several scanners


def test_the_next_scanner_is_asked(start, avscan, tmp_path):
    with Clamd(tmp_path / "clamd.sock") as clamd:
        daemon = start(avscan, clamd)
        assert deliver(daemon.address, Mail(message())).action == "accept"
        assert not clamd.scanned, "the first answers"
        for mode in ("close", "garbage", "half", "busy"):
            avscan.mode = mode
            outcome = deliver(daemon.address, Mail(message(body=INFECTED)))
            assert outcome.action == "reject" and clamd.scanned, (mode, outcome)
            clamd.scanned.clear()
        avscan.stop()
        outcome = deliver(daemon.address, Mail(message(body=INFECTED)))
        assert outcome.action == "reject" and outcome.seconds < 2, outcome
        assert len(daemon.events("scanner-unreachable")) <= 2
        avscan.mode = "normal"
        avscan.start()
        asked = len(avscan.requests)

        def first_again():
            deliver(daemon.address, Mail(message()))
            return len(avscan.requests) > asked

        ports.wait_until(first_again, "the first is not asked again", 30, 0.5)


def test_a_silent_scanner_leaves_time_for_the_next(start, avscan, tmp_path):
    with Clamd(tmp_path / "clamd.sock") as clamd:
        daemon = start(avscan, clamd, timeout="4s")
        avscan.mode = "silent"
        outcome = deliver(daemon.address, Mail(message(body=INFECTED)))
        assert outcome.action in ("reject", "defer") and outcome.seconds < 6, outcome
        outcome = deliver(daemon.address, Mail(message(body=INFECTED)))
        assert outcome.action == "reject", outcome


# ------------------------------------------------------------------ clamd


@pytest.fixture(params=["unix", "tcp", "no fildes"])
def clamd(request, tmp_path):
    scanner = Clamd(None if request.param == "tcp" else tmp_path / "clamd.sock")
    scanner.knows_fildes = request.param != "no fildes"
    with scanner:
        yield scanner


def test_clamd(start, clamd):
    daemon = start(clamd)
    raw = multipart(b"harmless", b"two")
    assert deliver(daemon.address, Mail(raw)).action == "accept"
    assert clamd.scanned == [raw, b"harmless", b"two"]
    usual = b"zFILDES" if clamd.path and clamd.knows_fildes else b"zINSTREAM"
    assert clamd.commands[-1] == usual
    for body, action in ((INFECTED, "reject"), (b"-test-macro-", "accept"),
                         (b"-test-limit-", "quarantine"), (b"-test-encrypted-", "accept")):  # fmt: skip
        assert deliver(daemon.address, Mail(multipart(body))).action == action, body
    assert deliver(daemon.address, Mail(multipart(b"-test-temperror-"))).action == "defer"


def test_clamd_large(start, clamd):
    daemon = start(clamd)
    octets = bytes(range(256)) * 20480  # 5 MiB: many chunks
    assert deliver(daemon.address, Mail(multipart(octets)), timeout=60).action == "accept"
    assert clamd.scanned[1] == octets


@pytest.mark.parametrize("mode", ["silent", "close", "garbage", "half", "busy"])
def test_clamd_fails(start, clamd, mode):
    daemon = start(clamd, timeout="1s")
    clamd.mode = mode
    outcome = deliver(daemon.address, Mail(message()))
    expected = ("quarantine", "defer") if mode == "busy" else ("defer",)
    assert outcome.action in expected and outcome.seconds < 3, outcome


def test_clamd_goes_on_talking(start, tmp_path):
    with Clamd(tmp_path / "clamd.sock") as clamd:
        daemon = start(clamd, timeout="2s")
        clamd.answer = lambda result, name: b"stream: " + b"x" * 1_000_000
        assert deliver(daemon.address, Mail(message())).action == "defer"
        clamd.answer = lambda result, name: b"stream: OK\0stream: Virus FOUND\0"
        deliver(daemon.address, Mail(message()))
        clamd.answer = None
        ports.wait_until(
            lambda: deliver(daemon.address, Mail(message())).action == "accept", "not back", 20
        )


# ------------------------------------------------------------------ the daemon as a whole


def test_reload_changes_the_scanner(start, avscan, tmp_path):
    daemon = start(avscan)
    assert deliver(daemon.address, Mail(message(body=INFECTED))).action == "reject"
    with Clamd(tmp_path / "clamd.sock") as clamd:
        settings = dict(daemon._settings)
        settings["antivirus"] = {"enabled": True, "scanners": [clamd.address]}
        daemon.write_config(settings)
        daemon.reload()
        daemon.wait_for_event("reloaded")
        assert deliver(daemon.address, Mail(message(body=INFECTED))).action == "reject"
        assert clamd.scanned


def test_many_messages_leave_nothing_behind(start, avscan):
    daemon = start(avscan)
    with Connection(daemon.address) as connection:
        connection.deliver(Mail(multipart(b"first")))
        files, memory = daemon.files(), daemon.rss_mib()
        for _ in range(300):
            connection.deliver(Mail(multipart(b"x" * 10000)), connect=False)
        assert daemon.files() <= files + 1
        assert daemon.rss_mib() < memory + 10 * milter_client.MEMORY_FACTOR
    assert avscan.connections < 100, "connections are used again"


def test_messages_at_the_same_time(start, avscan):
    import threading

    daemon = start(avscan)
    avscan.delay = 0.3
    actions = []

    def one(body):
        actions.append(deliver(daemon.address, Mail(message(body=body))).action)

    begin = time.monotonic()
    threads = [threading.Thread(target=one, args=(INFECTED if i % 2 else b"good",))
               for i in range(20)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(actions) == ["accept"] * 10 + ["reject"] * 10
    assert time.monotonic() - begin < 5, "one does not wait for the other"
