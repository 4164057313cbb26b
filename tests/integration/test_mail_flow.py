"""Each message of the demo through Postfix: the reply, the delivered results, and the log line."""

import dataclasses

import pytest

from support import authres, mailhost, ports, scenario, smtp


@dataclasses.dataclass(frozen=True)
class Expected:
    """What must be seen. Several results are joined by "|" where the RFC leaves the choice."""

    place: str
    spf: str
    dkim: str
    dmarc: str
    arc: str = "none"
    author: str = "author.example"


EXPECTED = {
    "aligned and signed": Expected("inbox", "pass", "pass", "pass"),
    "forwarded": Expected("inbox", "fail", "pass", "pass"),
    "list, trusted sealer": Expected("inbox", "pass", "fail", "fail", arc="pass"),
    "list, unknown sealer": Expected("rejected", "pass", "fail", "fail", arc="pass"),
    "spoofed, p=reject": Expected("rejected", "pass", "pass", "fail"),
    "spoofed, p=quarantine": Expected("inbox", "pass", "none", "fail", author="shop.example"),
    "two From fields": Expected("rejected", "pass", "pass", "fail|permerror"),
    "forged results": Expected("inbox", "pass", "none", "none", author="attack.example"),
    "expired signature": Expected("inbox", "pass", "fail|policy|neutral|permerror", "pass"),
    "broken body": Expected("rejected", "fail", "fail", "fail"),
    "null sender": Expected("inbox", "pass", "pass", "pass"),
}


@pytest.fixture(scope="module")
def outcomes(host, keys):
    """Every letter sent once, in order; a test looks at one of them."""
    done = {}
    for name, build in scenario.LETTERS.items():
        letter = build(keys)
        done[name] = host.deliver(letter.raw, letter.mail_from, letter.client, helo=letter.helo)
    return done


def is_one_of(actual, expected):
    return actual in expected.split("|") or (expected == "none" and actual == "")


def test_table_covers_every_letter():
    assert EXPECTED.keys() == scenario.LETTERS.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_place_and_reply(outcomes, name):
    outcome, expected = outcomes[name], EXPECTED[name]
    assert outcome.place == expected.place, f"{outcome.reply} {outcome.event}"
    if expected.place == "rejected":
        assert outcome.reply.code == 550 and outcome.reply.text.startswith("5.7.1 ")
        assert outcome.reply.stage == "message"


@pytest.mark.parametrize("name", EXPECTED)
def test_log_line(host, keys, outcomes, name):
    outcome, expected = outcomes[name], EXPECTED[name]
    event = outcome.event
    for method in ("spf", "dkim", "dmarc"):
        result = authres.logged_result(event, method)
        assert is_one_of(result, getattr(expected, method)), (method, event)
    action = {"rejected": "reject", "inbox": "accept"}[expected.place]
    assert event["action"] == ("tag" if name == "spoofed, p=quarantine" else action), event
    assert event["client_ip"] == scenario.LETTERS[name](keys).client
    assert 0 <= float(event["ms"]) < 5000
    assert len(host.milter.events_of(event["queue_id"])) == 1
    if outcome.reply.queue_id:
        assert event["queue_id"] == outcome.reply.queue_id


@pytest.mark.parametrize("name", [n for n, e in EXPECTED.items() if e.place == "inbox"])
def test_delivered_results(outcomes, name):
    outcome, expected = outcomes[name], EXPECTED[name]
    results = outcome.results
    assert results.field_count == 1, outcome.raw
    for method in ("spf", "dkim", "dmarc", "arc"):
        assert is_one_of(results.of(method), getattr(expected, method)), (method, results)
    assert len(results.all("dmarc")) == 1
    assert results.all("dmarc")[0].properties.get("header.from", expected.author) == expected.author


@pytest.mark.parametrize("name", [n for n, e in EXPECTED.items() if e.place == "inbox"])
def test_our_field_is_the_topmost(outcomes, name):
    """Above every trace field that was there when we saw the message (RFC 8601 §5)."""
    fields = authres.header_fields(outcomes[name].raw)
    first = [field for field, _ in fields].index("Authentication-Results")
    above = {field for field, _ in fields[:first]}
    assert above <= {"Return-Path", "Delivered-To", "Received", "X-Postern-Verdict"}, above
    assert authres.parse_results(fields[first][1])[0] == mailhost.AUTHSERV_ID
    received = [value for field, value in fields[first:] if field == "Received"]
    assert received and mailhost.AUTHSERV_ID in received[0], "Postfix's own Received is below ours"


def test_identities_of_an_aligned_message(outcomes):
    results = outcomes["aligned and signed"].results
    assert "author.example" in results.all("spf")[0].properties["smtp.mailfrom"]
    passed = [item for item in results.all("dkim") if item.result == "pass"]
    assert [item.properties["header.d"] for item in passed] == ["author.example"] * 2
    assert results.all("dmarc")[0].properties["header.from"] == "author.example"


def test_null_sender_is_judged_by_helo(outcomes):
    """RFC 7208 §2.4: without MAIL FROM the identity is postmaster@HELO."""
    properties = outcomes["null sender"].results.all("spf")[0].properties
    assert "mail.author.example" in " ".join(properties.values()), properties


def test_forged_fields_are_gone(outcomes):
    raw = outcomes["forged results"].raw
    identifiers = [authres.parse_results(v)[0] for v in authres.values_of(
        raw, "Authentication-Results")]
    assert identifiers == [mailhost.AUTHSERV_ID, "relay.example"], "foreign results stay"
    assert b"header.from=author.example" not in raw
    assert all("ham" != value for value in authres.values_of(raw, "X-Postern-Verdict"))


def test_quarantine_is_marked_for_sieve(outcomes):
    raw = outcomes["spoofed, p=quarantine"].raw
    assert len(authres.values_of(raw, "X-Postern-Verdict")) == 1, raw


@pytest.fixture
def reconfigured(host):
    """Call it with changes of the settings: the daemon reloads; the old ones come back after."""

    def apply(changes):
        host.milter.write_config(mailhost.merged(host.settings, changes))
        _reload(host)

    yield apply
    host.milter.write_config(host.settings)
    _reload(host)


def _reload(host):
    """Reloads and waits for the log to say so."""
    before = len(host.milter.log())
    host.milter.reload()
    ports.wait_until(lambda: "reload" in host.milter.log()[before:], "reload is not logged", 5)


def test_observe_mode_accepts_and_tells(host, keys, reconfigured):
    reconfigured({"mode": "observe"})
    letter = scenario.spoofed(keys)
    outcome = host.deliver(letter.raw, letter.mail_from, letter.client, helo=letter.helo)
    assert outcome.place == "inbox", outcome.reply
    assert outcome.results.of("dmarc") == "fail", outcome.results


def test_quarantine_can_hold(host, keys, reconfigured):
    reconfigured({"dmarc": {"on_quarantine": "hold"}})
    letter = scenario.spoofed_quarantine(keys)
    outcome = host.deliver(letter.raw, letter.mail_from, letter.client, helo=letter.helo)
    assert outcome.place == "hold", outcome.reply
    assert outcome.results.of("dmarc") == "fail", outcome.raw
    assert outcome.event["action"] == "quarantine", outcome.event


def test_several_messages_on_one_connection(host, keys, daemon_alive):
    """State of one message must not reach the next: good, spoofed, good."""
    letters = [scenario.aligned(keys), scenario.spoofed(keys), scenario.aligned(keys)]
    codes = []
    with smtp.SmtpClient(host.postfix.smtp_port, scenario.AUTHOR_IP) as client:
        client.read_reply("banner")
        client.command("EHLO mail.author.example")
        for letter in letters:
            mail_from = "x@elsewhere.example" if letter is letters[1] else letter.mail_from
            codes.append(client.transaction(letter.raw, mail_from, [mailhost.ALICE]).code)
    assert codes == [250, 550, 250]
