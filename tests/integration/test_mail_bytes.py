"""Cases HDR-02, HDR-04, HDR-05, HDR-11: odd bytes and sizes through Postfix."""

import pytest

from support import authres, imap, mailhost, message, scenario

MALLORY = "Mallory <m@attack.example>"
POSTFIX_FIELD_LIMIT = 60000  # bytes of a field that Postfix hands to milter and mailbox alike


def deliver(host, raw):
    return host.deliver(raw, "m@attack.example", scenario.ATTACKER_IP, helo="attack.example")


def check_judged_once(host, outcome):
    """Delivered with one field of ours and one log line, or refused with one."""
    assert not outcome.reply.deferred, outcome.reply
    assert outcome.event, "no log line"
    assert len(host.milter.events_of(outcome.event["queue_id"])) == 1
    if outcome.place != "rejected":
        assert outcome.place == "inbox" and outcome.results.field_count == 1, outcome


def test_nul_and_bare_line_ends(host, daemon_alive):
    """HDR-04: nothing of it splits a field of ours or makes a new one for us to trust."""
    extra = b"X-A: a\0b\rX-B: c\nX-C: d\r\n"
    raw = message.build(MALLORY, extra=extra, body=b"bo\0dy\rline\nline\r\n")
    outcome = deliver(host, raw)
    check_judged_once(host, outcome)
    if outcome.raw:
        ours = authres.values_of(outcome.raw, "Authentication-Results")
        assert len(ours) == 1 and "\0" not in ours[0]


@pytest.mark.parametrize("separator", [b"\r", b"\n", b"\0", b"\x0b", b"\x0c", b"\xc2\x85"],
                         ids=["cr", "lf", "nul", "vt", "ff", "nel"])
def test_forged_results_behind_an_odd_separator(host, separator):
    """HDR-04 with AR: what a mail reader may take for a line end must not bring in our name."""
    field = f"Authentication-Results: {mailhost.AUTHSERV_ID}; dmarc=pass".encode()
    raw = message.build(MALLORY, extra=b"X-A: a" + separator + field + b"\r\n")
    outcome = deliver(host, raw)
    check_judged_once(host, outcome)
    if outcome.raw:
        identifiers = [authres.parse_results(v)[0] for v in authres.values_of(
            outcome.raw, "Authentication-Results")]
        assert identifiers == [mailhost.AUTHSERV_ID]
        assert outcome.results.of("dmarc") == "none"


def test_signed_message_with_bare_line_ends_in_the_body(host, keys):
    """Judged as delivered: Postfix turns bare CR and LF into something else before we see them, so
    the signature made over the raw bytes fails, and it fails as DKIM, not as an error."""
    raw = message.build(scenario.ANN, body=b"one\rtwo\nthree\r\n")
    raw = keys.signed(raw)
    outcome = host.deliver(raw, "ann@author.example", scenario.AUTHOR_IP,
                           helo="mail.author.example")
    check_judged_once(host, outcome)
    assert outcome.results.of("dkim") in ("fail", "pass"), outcome.results
    assert outcome.results.of("spf") == "pass" and outcome.results.of("dmarc") == "pass"


@pytest.mark.parametrize("size", [POSTFIX_FIELD_LIMIT // 2, 1_000_000])
def test_long_field(host, daemon_alive, size):
    """HDR-02."""
    outcome = deliver(host, message.build(MALLORY, extra=b"X-Big: " + b"A" * size + b"\r\n"))
    check_judged_once(host, outcome)
    if outcome.raw and size > POSTFIX_FIELD_LIMIT:
        kept = sum(len(value) for value in authres.values_of(outcome.raw, "X-Big"))
        assert kept <= POSTFIX_FIELD_LIMIT + 1000


NO_FIELDS = {
    "nothing": b"",
    "only a body": b"\r\nbody\r\n",
    "a line that is no field": b"From\r\n : <ann@author.example>\r\n\r\nbody\r\n",
}


@pytest.mark.parametrize("name", NO_FIELDS)
def test_message_without_a_header_field(host, daemon_alive, name):
    """HDR-08: the milter is told of no field; it answers, and nobody is its author."""
    before = len(host.milter.events())
    reply = host.send(NO_FIELDS[name], "m@attack.example", scenario.ATTACKER_IP)
    assert reply.stage == "message" and not reply.deferred, reply
    events = host.milter.events()[before:]
    assert len(events) == 1 and events[0]["dmarc"] in ("none", "permerror"), events


def test_many_folds(host, daemon_alive):
    """HDR-03 below Postfix's own limits."""
    outcome = deliver(host, message.build(MALLORY, extra=b"X-Fold: a" + b"\r\n b" * 5000 + b"\r\n"))
    check_judged_once(host, outcome)


EIGHT_BIT = {
    "raw bytes in the display name": b"From: \xff\xfe\xc0\xaf\xed\xa0\x80 <m@attack.example>\r\n",
    "utf-8 local part": "From: <bücher@attack.example>\r\n".encode(),
    "utf-8 domain": "From: <m@bücher.example>\r\n".encode(),
    "nul in From": b"From: <m@attack.example>\0 <ann@author.example>\r\n",
    "bidi override": "From: \u202eelpmaxe <m@attack.example>\r\n".encode(),
}


@pytest.mark.parametrize("name", EIGHT_BIT)
def test_eight_bit_from(host, daemon_alive, name):
    """HDR-05, FRM-15, FRM-16: judged, never as author.example, and the log stays readable."""
    raw = message.build(MALLORY)
    first_line_end = raw.index(b"\r\n") + 2
    outcome = deliver(host, EIGHT_BIT[name] + raw[first_line_end:])
    check_judged_once(host, outcome)
    assert outcome.event.get("dmarc") != "pass", outcome.event
    host.milter.log_path.read_bytes().decode("utf-8")  # raises when it is not


def test_log_injection(host, daemon_alive):
    """HDR-11: one line for the message, whatever the peer says."""
    before = len(host.milter.log().splitlines())
    evil = "\x1b[31m%s%n event=message action=accept"
    helo = b"x\x1b[31m.attack.example"
    raw = message.build(MALLORY, subject=evil)
    reply = host.send(raw, b'<"a event=message\x1b"@attack.example>', scenario.ATTACKER_IP,
                      helo=helo)
    assert reply.code != 0
    raw = message.build(f"{evil} <m@attack.example>", subject=evil)
    outcome = deliver(host, raw)
    check_judged_once(host, outcome)
    new = host.milter.log().splitlines()[before:]
    ours = [line for line in new if outcome.event["queue_id"] in line]
    assert len(ours) == 1 and "\x1b" not in "".join(new)


def test_body_of_a_megabyte_signed(host, keys):
    """The body comes in pieces of 65,535 bytes; the hash must not notice."""
    body = b"".join(b"%064d\r\n" % number for number in range(16000))
    raw = keys.signed(message.build(scenario.ANN, body=body))
    outcome = host.deliver(raw, "ann@author.example", scenario.FORWARDER_IP)
    assert outcome.place == "inbox" and outcome.results.of("dkim") == "pass", outcome.event
    assert imap.message_id(raw) == imap.message_id(outcome.raw)


def test_leading_dots_and_no_final_newline(host, keys):
    """Dot stuffing must not break a signature; a last line without CRLF gets one."""
    raw = keys.signed(message.build(scenario.ANN, body=b".\r\n..\r\n.x\r\nend\r\n"))
    outcome = host.deliver(raw, "ann@author.example", scenario.FORWARDER_IP)
    assert outcome.place == "inbox" and outcome.results.of("dkim") == "pass", outcome.event
