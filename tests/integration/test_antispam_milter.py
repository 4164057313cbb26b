"""The check "antispam" over the milter protocol: scores, headers, thresholds, lists, faults."""

import threading

import pytest

from milter_client import Daemon, Mail, deliver, message, read_verdict
from support import spam_rules

NO_DNS = {"dns": {"servers": ["127.0.0.1@9"], "timeout": "100ms", "budget": "100ms"}}
OFF = {"enabled": False}


@pytest.fixture
def start(tmp_path):
    """Call it with settings of the section; the daemon lasts for the test."""
    running = []

    def begin(mode="enforce", rules=spam_rules.RULES, more=None, **antispam):
        section = {**spam_rules.write(tmp_path, rules), **antispam}
        settings = {"mode": mode, **NO_DNS, "antispam": section, "spf": OFF, "dkim": OFF, "arc": OFF,
                    "dmarc": OFF, **(more or {})}  # fmt: skip
        running.append(Daemon(tmp_path, settings, unix=True).start())
        return running[-1]

    yield begin
    for daemon in running:
        daemon.kill()


def mail(letter, sender=b"m@attack.example", **changes):
    subject, body = letter
    raw = message(sender, body.encode() + b"\r\n").replace(b"Subject: test", b"Subject: " + subject.encode())
    return Mail(raw, **changes)


def last(daemon):
    return daemon.events()[-1]


def value(outcome, name):
    """Of a field that the milter adds; libmilter puts a blank before it."""
    text = outcome.field(name)
    return text if text is None else text.strip()


def verdict_of(outcome):
    return read_verdict(outcome.field("X-Postern-Verdict"))


def test_ham_is_delivered_with_headers(start):
    outcome = deliver(start().address, mail(spam_rules.HAM))
    assert outcome.action == "accept", outcome
    assert value(outcome, "X-Spam-Flag") is None
    assert value(outcome, "X-Spam-Status") == (
        "No, score=0.0 required=5.0 tests=none autolearn=disabled\n\tversion=4.0.1")  # fmt: skip
    assert verdict_of(outcome)["spam"] == ["no"] and verdict_of(outcome)["score"] == ["0.0"]


def test_spam_is_tagged(start):
    daemon = start()
    outcome = deliver(daemon.address, mail(spam_rules.SPAM))
    assert outcome.action == "accept", outcome
    assert value(outcome, "X-Spam-Flag") == "YES" and value(outcome, "X-Spam-Level") == "*****"
    assert value(outcome, "X-Spam-Status").startswith("Yes, score=5.5 required=5.0 tests=TEST_BODY,")
    verdict = verdict_of(outcome)
    assert verdict["action"] == ["tag"] and verdict["spam"] == ["yes"], verdict
    assert verdict["score"] == ["5.5"] and verdict["symbol"] == ["TEST_SUBJECT", "TEST_BODY"], verdict
    event = last(daemon)
    assert (event["spam"], event["score"], event["action"]) == ("spam", "5.5", "tag"), event
    assert event["rules"] == "TEST_SUBJECT,TEST_BODY"


def test_gross_spam_is_rejected_and_the_reply_teaches_nothing(start):
    daemon = start()
    outcome = deliver(daemon.address, mail(spam_rules.GROSS_SPAM))
    assert outcome.action == "reject" and outcome.text.startswith("550 5.7.1 "), outcome
    assert "15.5" in outcome.text and "TEST_" not in outcome.text, outcome
    assert "TEST_META" in last(daemon)["rules"]


def test_levels(start):
    daemon = start(hold_score=5.5, reject_score=0)
    assert deliver(daemon.address, mail(spam_rules.SPAM)).action == "quarantine"
    assert deliver(daemon.address, mail(spam_rules.GROSS_SPAM)).action == "quarantine"


def test_observe_mode_changes_nothing_that_anybody_acts_on(start):
    daemon = start(mode="observe")
    own = b"X-Spam-Status: No, by an earlier host\r\n"
    letter = mail(spam_rules.GROSS_SPAM)
    letter.raw = own + letter.raw
    outcome = deliver(daemon.address, letter)
    assert outcome.action == "accept" and not outcome.removed, outcome
    assert [name for _, name, _ in outcome.inserted if name.startswith("X-Spam-")] == []
    assert verdict_of(outcome)["observed"] == ["reject"]
    assert last(daemon)["wanted"] == "reject"


def test_it_can_be_enforced_alone(start):
    daemon = start(mode="observe", more={"enforce": ["antispam"]})
    assert deliver(daemon.address, mail(spam_rules.GROSS_SPAM)).action == "reject"


def test_forged_fields_are_removed(start):
    letter = mail(spam_rules.HAM)
    letter.raw = b"X-Spam-Flag: NO\r\nx-spam-status: No, forged\r\nX-Spam-Flag: NO\r\n" + letter.raw
    outcome = deliver(start().address, letter)
    left = outcome.delivered(letter.parts()[0])
    values = [value.strip() for name, value in left if name.lower().startswith("x-spam-")]
    assert len(values) == 3 and "forged" not in " ".join(values), left


def test_headers_can_be_off(start):
    outcome = deliver(start(headers=False).address, mail(spam_rules.SPAM))
    assert value(outcome, "X-Spam-Status") is None and verdict_of(outcome)["spam"] == ["yes"]


def test_scores_and_threshold_of_the_operator(start):
    daemon = start(scores=["TEST_BODY=0.5", "TEST_SUBJECT=1.25"], required_score=1.75)
    outcome = deliver(daemon.address, mail(spam_rules.SPAM))
    assert value(outcome, "X-Spam-Status").startswith("Yes, score=1.8 required=1.8"), outcome


def test_threshold_of_a_recipient(start):
    daemon = start(recipient_scores=["user@test.example=8", "@other.example=2"])
    for recipient, spam in ((b"User@test.example", "no"), (b"x@other.example", "yes"),
                            (b"x@test.example", "yes")):  # fmt: skip
        outcome = deliver(daemon.address, mail(spam_rules.SPAM, recipient=recipient))
        assert verdict_of(outcome)["spam"] == [spam], (recipient, outcome)


def test_denied_domain(start):
    daemon = start(deny_domains=["attack.example"], reject_score=50)
    outcome = deliver(daemon.address, mail(spam_rules.HAM))
    assert outcome.action == "reject", outcome
    assert last(daemon)["listed"] == "denied: attack.example"


def test_a_domain_that_nobody_vouches_for_is_not_allowed(start):
    outcome = deliver(start(allow_domains=["attack.example"]).address, mail(spam_rules.SPAM))
    assert verdict_of(outcome)["spam"] == ["yes"]


def test_large_messages_are_skipped_and_it_is_said(start):
    daemon = start(max_size="10KiB")
    subject, body = spam_rules.GROSS_SPAM
    outcome = deliver(daemon.address, mail((subject, body + "x" * 20_000)))
    assert outcome.action == "accept" and verdict_of(outcome)["spam"] == ["skipped"]
    assert last(daemon)["spam_reason"] == "over antispam.max_size"


@pytest.mark.parametrize("fail, action", [("accept", "accept"), ("tempfail", "defer")])
def test_without_rules_the_failure_mode_holds(start, tmp_path, fail, action):
    daemon = start(rules="# nothing\n", fail=fail)
    assert daemon.events("rules-unreadable")
    assert deliver(daemon.address, mail(spam_rules.SPAM)).action == action
    assert last(daemon)["spam"] == "temperror"
    spam_rules.write(tmp_path)
    daemon.reload()
    daemon.wait_for_event("rules-loaded")
    daemon.wait_for_event("reloaded")
    assert verdict_of(deliver(daemon.address, mail(spam_rules.SPAM)))["spam"] == ["yes"]


def test_a_reload_that_fails_keeps_the_rules(start, tmp_path):
    daemon = start()
    spam_rules.write(tmp_path, "# nothing\n")
    daemon.reload()
    daemon.wait_for_event("rules-unreadable")
    daemon.wait_for_event("reloaded")
    assert verdict_of(deliver(daemon.address, mail(spam_rules.SPAM)))["spam"] == ["yes"]


def test_a_catastrophic_pattern_is_cut_off_and_named(start):
    rules = spam_rules.RULES + "body TEST_SLOW /(?:a|aa)+\\d/\nscore TEST_SLOW 1\n"
    daemon = start(rules=rules)
    outcome = deliver(daemon.address, mail(("Cheap things", "Buy pills. " + "a" * 1900)))
    assert verdict_of(outcome)["score"] == ["5.5"], outcome
    assert last(daemon)["rules_over_limit"] == "TEST_SLOW"
    assert outcome.seconds < 10


@pytest.mark.parametrize("fail, action", [("accept", "accept"), ("tempfail", "defer")])
def test_a_message_over_its_budget_is_no_ham(start, fail, action):
    daemon = start(budget="1ms", fail=fail, rules=spam_rules.RULES + "rawbody __SLOW /\\w+\\d{9}/\n"
                   "full TEST_NEVER /x\\d{9}/\nscore TEST_NEVER 1\n")  # fmt: skip
    long = "some words and no end\r\n" * 40_000
    outcome = deliver(daemon.address, mail(("Lunch", long)))
    assert outcome.action == action, outcome
    event = last(daemon)
    assert event["spam"] == "temperror" and event["spam_reason"] == "over antispam.budget", event
    assert event["spam_budget"] == "exceeded" and "antispam.budget" in event["limits"], event
    if action == "accept":
        verdict = verdict_of(outcome)
        assert verdict["spam"] == ["temperror"] and verdict["limit"] == ["antispam.budget"], verdict
        assert verdict["symbol"] == ["TIME_LIMIT_EXCEEDED"], verdict
        assert "TIME_LIMIT_EXCEEDED" in value(outcome, "X-Spam-Status")


def test_what_the_operator_decides_holds_over_the_budget(start):
    daemon = start(budget="1ms", fail="tempfail", deny_domains=["attack.example"], reject_score=500)
    outcome = deliver(daemon.address, mail(("Lunch", "some words and no end\r\n" * 40_000)))
    assert verdict_of(outcome)["spam"] == ["yes"], outcome


def test_patterns_that_take_long_over_all_of_a_large_message(start):
    rules = spam_rules.RULES + ("full TEST_SQUARE /a.*q/s\nscore TEST_SQUARE 1\n"
                                "full TEST_NESTED /(a+)+$/\nscore TEST_NESTED 1\n")  # fmt: skip
    daemon = start(rules=rules)
    letter = mail(("Cheap things", "Buy pills.\r\n" + ("a" * 900 + "\r\n") * 2_200))
    outcome = deliver(daemon.address, letter, timeout=120)
    assert verdict_of(outcome)["score"] == ["5.5"], outcome
    assert set(last(daemon)["rules_over_limit"].split(",")) == {"TEST_NESTED", "TEST_SQUARE"}
    assert "spam_budget" not in last(daemon)


def test_rules_and_settings_come_into_use_together(start, tmp_path):
    """A reload that switches the check off leaves no moment with one of both."""
    daemon = start(fail="tempfail")
    on, address = daemon.config_path.read_text(), daemon.address
    off = on.replace("[antispam]\nenabled = true", "[antispam]\nenabled = false")
    assert off != on
    stop = threading.Event()
    actions = set()

    def send():
        while not stop.is_set():
            actions.add(deliver(address, mail(spam_rules.SPAM)).action)

    sender = threading.Thread(target=send)
    sender.start()
    for turn in range(1, 9):
        daemon.write_config(text=off if turn % 2 else on)
        daemon.reload()
        daemon.wait_for_event("reloaded", turn)
    stop.set()
    sender.join()
    assert actions == {"accept"}, actions


def test_what_spamd_reads_at_the_start_only(start, tmp_path):
    spamd = {"sockets": [f"unix:{tmp_path}/s.sock"], "threads": 2, "clients": ["127.0.0.1"]}
    daemon = start(more={"spamd": spamd}, max_size="1MiB")
    text = daemon.config_path.read_text()
    for old, new in (("threads = 2", "threads = 3"), ('["127.0.0.1"]', "[]"), ("1MiB", "2MiB")):
        assert old in text
        text = text.replace(old, new)
    daemon.write_config(text=text)
    daemon.reload()
    daemon.wait_for_event("reloaded")
    assert [event["parameter"] for event in daemon.events("restart-needed")] == [
        "spamd.clients", "spamd.threads", "antispam.max_size of spamd.sockets"]  # fmt: skip


def test_what_a_peer_says_stays_within_its_field(start):
    """HELO and sender stand in the Received field that the rules see."""
    rules = spam_rules.RULES + "header TEST_FORGED X-Evil =~ /./\nscore TEST_FORGED 9\n"
    daemon = start(rules=rules)
    evil = b"a)\r\nX-Evil: yes\r\n ("
    outcome = deliver(daemon.address, mail(spam_rules.HAM, helo=evil, mail_from=evil + b"@x.example"))
    assert verdict_of(outcome)["spam"] == ["no"], outcome
