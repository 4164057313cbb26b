"""What the plugins cost a session: time of a COPY into Junk, and memory of its process."""

import os
import pathlib
import statistics
import time

import pytest
from support.training import BOB, JUNK, TrainingHost, message
from test_dovecot_train import empty, require_training_host


ROLE = "namespace inbox {\n  mailbox Spamverdacht {\n    auto = create\n    special_use = \\Junk\n  }\n}\n"
# Stock plugins alone, and ours on top of them.
STOCK_23 = """
mail_plugins = notify quota
plugin {
  quota = count:User quota
  quota_vsizes = yes
}
"""
OURS_23 = """
mail_plugins = $mail_plugins quota postern_quota
plugin {
  quota = postern:User quota
  quota_vsizes = yes
  postern_quota_socket = {socket}
}
"""
STOCK_24 = """
mail_plugins = notify quota
quota "User quota" {
  driver = count
}
"""
OURS_24 = """
mail_plugins {
  quota = yes
  postern_quota = yes
}
quota "User quota" {
  driver = postern
}
postern_quota_socket = {socket}
"""


@pytest.fixture(scope="module")
def host():
    require_training_host()
    with TrainingHost() as running:
        yield running


@pytest.fixture
def alice(host):
    with host.client() as client:
        yield client


def median_ms(client, source, target, count):
    times = []
    for number in range(count):
        client.append(source, message(f"{source}{target}{number}", size=20_000))
        uids = client.uids(source)
        begin = time.perf_counter()
        client.copy(source, target, uids)
        times.append((time.perf_counter() - begin) * 1000)
        empty(client, source)
    return statistics.median(times)


def test_latency(host, alice, capsys):
    """What a copy into Junk takes beside one that teaches nothing. Printed, not judged."""
    plain = median_ms(alice, "INBOX", "Archive", 60)
    taught = median_ms(alice, "INBOX", JUNK, 60)
    with capsys.disabled():
        print(f"\n  COPY of 20 kB: {plain:.2f} ms, into Junk {taught:.2f} ms, "
              f"added {taught - plain:.2f} ms (medians of 60)")  # fmt: skip
    assert host.errors() == []


def imap_memory(host):
    """{"Rss": kB, "Pss": kB} of the process that serves one session, after it has moved a message."""
    with host.client(BOB) as client:
        client.append("INBOX", message("mem"))
        client.copy("INBOX", JUNK)
        group = host.dovecot.process_group
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if (path / "comm").read_text() != "imap\n" or os.getpgid(int(path.name)) != group:
                    continue
                lines = (path / "smaps_rollup").read_text().splitlines()
            except (FileNotFoundError, ProcessLookupError):
                continue
            return {name: int(line.split()[1]) for line in lines for name in ("Rss", "Pss")
                    if line.startswith(name + ":")}  # fmt: skip
    raise AssertionError("no process imap")


@pytest.mark.skipif(bool(os.environ.get("POSTERN_SANITIZED")), reason="sanitizers take memory of their own")
def test_memory_of_a_session(capsys):
    """With postern_train and postern_quota against the same Dovecot with the stock plugins notify and
    quota alone; what others share counts for us in full in Rss."""
    with TrainingHost(extra23=ROLE + STOCK_23, extra24=ROLE + STOCK_24, bare=True) as plain:
        before = imap_memory(plain)
    with TrainingHost(extra23=OURS_23, extra24=OURS_24) as ours:
        after = imap_memory(ours)
    added = {name: after[name] - before[name] for name in ("Rss", "Pss")}
    with capsys.disabled():
        print(f"\n  added to an imap process: Rss {added['Rss']} kB, Pss {added['Pss']} kB")
    assert added["Rss"] < 2048, (before, after)
