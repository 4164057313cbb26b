"""imap and lmtp with our plugins under valgrind: no error in them, and nothing lost for good."""

import os
import re
import shutil
import subprocess
import time

import pytest
from support import ports, training
from support.training import ALICE, BOB, JUNK, TrainingHost, message
from test_dovecot_quota import QuotaHost
from test_dovecot_sieve import NEEDED, RECEIVED, VERDICT
from test_dovecot_train import require_training_host

VALGRIND = ["valgrind", "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
            "--error-exitcode=99", "--track-fds=no", "--trace-children=yes"]  # fmt: skip
SCRIPT = f"""require [{NEEDED}];
if allof (postern_verdict "action" "tag",
          postern_verdict :value "ge" :comparator "i;ascii-numeric" "score" "12",
          postern_verdict :count "ge" :comparator "i;ascii-numeric" "symbol" "2") {{
  postern_report "spam"; fileinto "Archive";
}}
"""


def require_valgrind():
    require_training_host()
    if not shutil.which("valgrind"):
        pytest.skip("not installed: apt-get install valgrind")
    if os.environ.get("POSTERN_SANITIZED"):
        pytest.skip("valgrind cannot run what was built with a sanitizer")


@pytest.fixture(scope="module")
def host():
    require_valgrind()
    with TrainingHost() as running:
        training.write_script(running, ALICE, SCRIPT)
        yield running


def run(host, program, lines, *words):
    """Gives a program of Dovecot lines on its standard input, under valgrind; gives both outputs."""
    log = host.directory / f"{program}.valgrind"
    command = [*VALGRIND, f"--log-file={log}", f"/usr/lib/dovecot/{program}", "-c", host.dovecot.config_path, *words]
    # GDB: without it Dovecot unloads plugins before valgrind can name what is in them.
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env={**os.environ, "GDB": "1"})  # fmt: skip
    for line in lines:
        process.stdin.write(line)
        process.stdin.flush()
        time.sleep(0.2)  # one command after another, as a client does that waits for answers
    out = process.communicate(timeout=120)[0].decode(errors="replace")
    text = log.read_text()
    assert process.returncode == 0, f"{out[-2000:]}\n{text[-4000:]}"
    assert re.search(r"ERROR SUMMARY: 0 errors", text), text[-4000:]
    assert not re.search(r"definitely lost: [1-9]", text), text[-4000:]
    return out


def test_imap(host):
    before = len(host.learner.learned())
    raws = [message(f"v{number}") for number in range(3)]
    lines = [b"a%d APPEND INBOX {%d+}\r\n%s\r\n" % (at, len(raw), raw) for at, raw in enumerate(raws)]
    junk = JUNK.encode()
    lines += [b"b SELECT INBOX\r\n", b"c UID COPY 1:2 %s\r\n" % junk, b"d UID MOVE 3 %s\r\n" % junk,
              b"e UID STORE 1 +FLAGS ($NotJunk)\r\n", b"f SELECT %s\r\n" % junk, b"g UID MOVE 1:* Archive\r\n",
              b"h LOGOUT\r\n"]  # fmt: skip
    out = run(host, "imap", lines, "-u", ALICE)
    for tag in "abcdefgh":
        assert re.search(rf"^{tag}\d* OK", out, re.M), out
    assert len(host.wait_for(before + 7)) == before + 7


def test_lmtp(host):
    before = len(host.learner.learned())
    raw = VERDICT + RECEIVED + message("vl")
    lines = [b"LHLO client\r\n", b"MAIL FROM:<ann@author.example>\r\n", b"RCPT TO:<%s>\r\n" % ALICE.encode(),
             b"DATA\r\n", raw + b".\r\n", b"QUIT\r\n"]  # fmt: skip
    out = run(host, "lmtp", lines)
    assert "250 2.0.0" in out and "Saved" in out, out
    with host.client() as client:
        ports.wait_until(lambda: client.find("Archive", "vl"), "not delivered")
    assert host.wait_for(before + 1)[before][:3] == (ALICE, "spam", "sieve")


@pytest.fixture(scope="module")
def quota_host():
    require_valgrind()
    with QuotaHost() as running:
        yield running


def test_imap_with_quota(quota_host):
    raws = [message(f"vq{number}") for number in range(3)]
    lines = [b"a%d APPEND INBOX {%d+}\r\n%s\r\n" % (at, len(raw), raw) for at, raw in enumerate(raws)]
    lines += [b"b GETQUOTAROOT INBOX\r\n", b"c SELECT INBOX\r\n", b"d UID COPY 1:2 Archive\r\n",
              b"e UID STORE 3 +FLAGS (\\Deleted)\r\n", b"f EXPUNGE\r\n", b"g LOGOUT\r\n"]  # fmt: skip
    out = run(quota_host, "imap", lines, "-u", ALICE)
    for tag in "abcdefg":
        assert re.search(rf"^{tag}\d* OK", out, re.M), out
    quota_host.wait_for_line(ALICE, ", 4 of 500")


def test_lmtp_with_quota(quota_host):
    """One delivery that fits, and one that does not."""
    lines = [b"LHLO client\r\n"]
    for number, size in (("vq8", 5000), ("vq9", 2_000_000)):
        lines += [b"MAIL FROM:<ann@author.example>\r\n", b"RCPT TO:<%s>\r\n" % BOB.encode(), b"DATA\r\n",
                  message(number, size=size) + b".\r\n"]  # fmt: skip
    out = run(quota_host, "lmtp", [*lines, b"QUIT\r\n"])
    assert "250 2.0.0" in out and "552 5.2.2" in out, out
    quota_host.wait_for_line(BOB, ", 1 of 500")
