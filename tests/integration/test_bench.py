"""The bench still runs: a few messages through each of its programs; no figure is judged."""

import json
import os
import shutil
import subprocess
import sys

import pytest

import milter_client
from support import ports, programs

RUN = programs.ROOT / "bench" / "run"
LOAD_SECONDS = 60


def bench(*words):
    """bench/run over ten messages of 2 kB; skips where what it stands on is not installed."""
    for program in ("unbound", "openssl"):
        if not shutil.which(program, path="/usr/sbin:/usr/bin"):
            pytest.skip(f"not installed: apt-get install {program}")
    pytest.importorskip("dkim", reason="not installed: apt-get install python3-dkim")
    for name in ("milter-load", "noop-milter", "bench-sha256", "postern-milter"):
        milter_client.require_program(name)
    command = [sys.executable, RUN, "--smoke", "--sizes", "2k", "--bin",
               programs.binary_directory(), *words]  # fmt: skip
    return subprocess.run([str(word) for word in command], capture_output=True, timeout=300,
                          check=False, text=True)  # fmt: skip


def test_messages_are_verified_through_every_milter_of_ours(tmp_path):
    done = bench("--peers", "postern,noop,noop-reply", "--json", tmp_path / "figures.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "smoke run: every message was answered and verified" in done.stdout
    assert json.loads((tmp_path / "figures.json").read_text())


def test_messages_are_signed():
    done = bench("--sign", "--peers", "postern")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def messages(tmp_path):
    """One message with its envelope, made without any tool of the bench."""
    folder = tmp_path / "messages"
    folder.mkdir()
    (folder / "001.eml").write_bytes(b"From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n")
    envelope = {"client_ip": "192.0.2.1", "client_name": "mail.example.org",
                "helo": "mail.example.org", "mail_from": "a@example.org",
                "rcpt": ["b@example.net"]}  # fmt: skip
    (folder / "001.json").write_text(json.dumps(envelope))
    return folder


def test_the_load_client_says_when_a_message_is_not_answered(messages):
    load = milter_client.require_program("milter-load")
    words = ["--connect", f"inet:127.0.0.1:{ports.free_port()}", "--messages", messages, "--count", "2"]
    done = subprocess.run([str(word) for word in [load, *words]], capture_output=True,
                          timeout=LOAD_SECONDS, check=False)  # fmt: skip
    assert done.returncode == 1


def test_the_floor_of_a_hash_is_a_number(messages):
    program = milter_client.require_program("bench-sha256")
    printed = programs.run([program, messages, "--rounds", "1"], timeout=LOAD_SECONDS)
    assert json.loads(printed)["cpu_ms_per_message"] >= 0


def test_viruses_are_found_by_both():
    """bench/av-run over ten messages of each size, with clamav-milter where it is installed."""
    if os.geteuid() != 0:
        pytest.skip("needs root, since scanners give up its rights")
    for name in ("milter-load", "postern-milter", "postern-avscan", "postern-avscan-engine"):
        milter_client.require_program(name)
    command = [sys.executable, programs.ROOT / "bench" / "av-run", "--smoke", "--sizes", "2k,20k",
               "--bin", programs.binary_directory()]  # fmt: skip
    done = subprocess.run([str(word) for word in command], capture_output=True, timeout=300,
                          check=False, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not judged" in done.stdout or "NOT MEASURED: clamav" in done.stderr, done.stdout
