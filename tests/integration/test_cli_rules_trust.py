"""postern rules update: whose rules are taken, and with whose rights."""

import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

from support import rule_updates
from support.rule_host import FAILED, NOTHING_NEW, SOME_FAILED, UPDATED, host, refused, signer  # noqa: F401
from support.rule_updates import CHANNEL, FOLDER, archive, publish, rules


# ------------------------------------------------------------------ signatures


def test_a_signature_is_wanted(host, signer):
    host.key_file.write_bytes(signer.public)
    path = publish(host.mirror, 1, archive({"10.cf": rules(40)}), signer)
    done = host.run("--key-file", host.key_file)
    assert (done.returncode, done.stderr) == (UPDATED, "")
    assert host.current()[0] == "1"
    publish(host.mirror, 2, archive({"10.cf": rules(41)}))
    refused(host.run("--key-file", host.key_file), FAILED, "2.tar.gz.asc")
    shutil.copy(f"{path}.asc", host.mirror / "2.tar.gz.asc")
    refused(host.run("--key-file", host.key_file), FAILED, "it was not made of this archive",
            "--digest-only")  # fmt: skip
    (host.mirror / "2.tar.gz.asc").write_text("no signature")
    refused(host.run("--key-file", host.key_file), FAILED, "it is no signature")
    assert host.current()[0] == "1"


def test_a_key_that_is_not_trusted(host, signer):
    publish(host.mirror, 1, archive({"10.cf": rules(40)}), signer)
    stranger = rule_updates.Signer("stranger@example.org")
    host.key_file.write_bytes(stranger.public)
    stranger.close()
    refused(host.run("--key-file", host.key_file), FAILED, "a key that is not trusted")
    host.key_file.write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nx")
    refused(host.run("--key-file", host.key_file), FAILED, str(host.key_file), "damaged")
    refused(host.run("--key-file", host.key_file.parent / "none"), FAILED, "/none: ")
    assert host.current() is None


def test_each_channel_has_its_key(host, signer, tmp_path):
    """Whoever may sign for one channel cannot for another."""
    host.key_file.write_bytes(signer.public)
    other = "rules.example.org"
    stranger = rule_updates.Signer("stranger@example.org")
    (tmp_path / "other.asc").write_bytes(stranger.public)
    publish(host.mirror, 1, archive({"10.cf": rules(40)}), signer)
    both = ("--channel", CHANNEL, "--channel", other.upper())
    refused(host.run(*both, "--key-file", host.key_file), FAILED, "--key-file CHANNEL=FILE")
    done = host.run(*both, "--key-file", f"{CHANNEL}={host.key_file}",
                    "--key-file", f"{other}={tmp_path}/other.asc")  # fmt: skip
    refused(done, SOME_FAILED, f"{other}: version 1: ", "a key that is not trusted")
    publish(host.mirror, 2, archive({"10.cf": rules(41)}), stranger)
    stranger.close()
    refused(host.run("--channel", other), FAILED, f"--key-file {other}=FILE")
    assert host.run("--channel", other, "--key-file", tmp_path / "other.asc").returncode == UPDATED


def test_how_old_rules_are_shows_in_the_list(host, signer):
    host.key_file.write_bytes(signer.public)
    publish(host.mirror, 1, archive({"10.cf": rules(40)}), signer)
    assert host.run("--key-file", host.key_file).returncode == UPDATED

    def listed():
        return subprocess.run([host.binary, "rules", "list", "--config", host.config], check=True,
                              capture_output=True, text=True, timeout=60).stderr  # fmt: skip

    assert listed() == ""
    index = host.store / "1" / f"{FOLDER}.cf"
    assert time.time() - index.stat().st_mtime < 600
    os.utime(index, (0, time.time() - 40 * 86400 - 9))
    assert listed() == (f"postern: {host.store}/current: the rules were written 40 days ago; "
                        "run: postern rules update\n")  # fmt: skip


# ------------------------------------------------------------------ old rules as new ones


def test_an_old_archive_under_a_new_number(host):
    old, new = archive({"10.cf": rules(40)}), archive({"10.cf": rules(41)})
    for version, octets in ((1, old), (2, new)):
        publish(host.mirror, version, octets)
        assert host.update().returncode == UPDATED
    publish(host.mirror, 3, old)
    refused(host.update(), FAILED, "version 3 is refused", "that of version 1", "--accept 3")
    assert host.current()[0] == "2" and host.states() == ["1", "2"]
    refused(host.update("--accept", 4), FAILED, "version 4 is accepted, but version 3 is what there is")
    assert host.update("--accept", 3).returncode == UPDATED
    assert host.current()[0] == "3"


def test_an_archive_that_was_signed_before_the_one_in_use(host, signer, tmp_path):
    host.key_file.write_bytes(signer.public)
    hidden = publish(tmp_path / "hidden", 6, archive({"10.cf": rules(41)}), signer)
    time.sleep(1.1)
    publish(host.mirror, 5, archive({"10.cf": rules(40)}), signer)
    assert host.run("--key-file", host.key_file).returncode == UPDATED
    for path in hidden.parent.iterdir():
        shutil.copy(path, host.mirror)
    refused(host.run("--key-file", host.key_file), FAILED, "version 6 is refused", "signed before")
    assert host.current()[0] == "5"


def test_a_number_that_no_real_version_would_reach(host):
    publish(host.mirror, 1900001, archive({"10.cf": rules(40)}))
    assert host.update().returncode == UPDATED
    forged = publish(host.mirror, 99999999, archive({"10.cf": rules(41)}))
    refused(host.run("--check-only"), FAILED, "beyond reason")
    refused(host.update(), FAILED, "beyond reason after 1900001", "--accept 99999999")
    assert host.update("--accept", 99999999).returncode == UPDATED
    forged.unlink()
    publish(host.mirror, 1900002, archive({"10.cf": rules(42)}))
    done = host.update()
    assert done.returncode == NOTHING_NEW
    assert "the newest is said to be 1900002" in done.stderr and "--accept 1900002" in done.stderr
    assert host.update("--accept", 1900002).returncode == UPDATED
    publish(host.mirror, 1900003, archive({"10.cf": rules(43)}))
    assert host.update().returncode == UPDATED
    assert host.current()[0] == "1900003"


def test_the_first_version_has_a_bound_too(host):
    publish(host.mirror, 99999999, archive({"10.cf": rules(40)}))
    refused(host.update(), FAILED, "beyond reason", "--accept 99999999")


def test_an_operator_goes_back_and_forth(host):
    for version in (1, 2):
        publish(host.mirror, version, archive({"10.cf": rules(40, f"v{version}x")}))
        assert host.update().returncode == UPDATED
    (host.store / "current").unlink()
    (host.store / "current").symlink_to("1")
    assert host.update().returncode == UPDATED
    assert "v2x1" in host.current()[1]
    (host.store / "current").unlink()
    (host.store / "current").symlink_to("1")
    (host.mirror / "2.tar.gz").unlink()
    publish(host.mirror, 1, archive({"10.cf": rules(40)}))
    assert host.update().returncode == NOTHING_NEW


def test_a_damaged_history(host):
    publish(host.mirror, 1, archive({"10.cf": rules(40)}))
    assert host.update().returncode == UPDATED
    publish(host.mirror, 2, archive({"10.cf": rules(41)}))
    with (host.store / "history").open("a") as history:
        history.write("x\n")
    refused(host.update(), FAILED, f"{host.store}/history: line 2: ", "remove the line")


# ------------------------------------------------------------------ whose rights


OTHER = 65534  # nobody


@pytest.fixture
def others(host):
    """The host, with a directory of rules that is not root's."""
    if os.geteuid() != 0:
        pytest.skip("needs root to be somebody else")
    for path in host.store.parents:
        if path == pathlib.Path("/tmp"):
            break
        path.chmod(0o755)
    host.store.mkdir()
    os.chown(host.store, OTHER, OTHER)
    host.user = None
    return host


def test_the_directory_of_another_user(others):
    publish(others.mirror, 1, archive({"10.cf": rules(40)}))
    done = others.update()
    assert (done.returncode, done.stderr) == (UPDATED, "")
    for path in (others.store, *others.store.rglob("*")):
        assert path.lstat().st_uid == OTHER, path


def test_root_handles_nothing_of_strangers(others, tmp_path):
    """Not even the program that fetches is run by root."""
    tools = tmp_path / "tools"
    tools.mkdir()
    said = tmp_path / "said"
    said.touch()
    said.chmod(0o666)
    shutil.copy(others.binary, tools / "postern")
    (tools / "postern-fetch").write_text(
        f'#!/bin/sh\ngrep -E "^(Uid|Gid|Groups|NoNewPrivs)" /proc/self/status > {said}\necho away\nexit 1\n')
    (tools / "postern-fetch").chmod(0o755)
    others.binary = tools / "postern"
    zone = tmp_path / "zone.json"
    zone.write_text(json.dumps({f"1.0.4.{CHANNEL}": {"TXT": ["5"]}}))
    words = ("--zone", zone, "--url", "https://mirror.example", "--connect-to", "127.0.0.1:9")
    refused(others.run(source=words), FAILED, "no mirror works", "away")
    fields = dict(line.split(":", 1) for line in said.read_text().splitlines())
    assert fields["Uid"].split() == fields["Gid"].split() == [str(OTHER)] * 4
    assert fields["Groups"].split() == [] and fields["NoNewPrivs"].split() == ["1"]


def test_nobody_stops_root_by_a_fifo(others):
    publish(others.mirror, 1, archive({"10.cf": rules(40)}))
    assert others.update().returncode == UPDATED
    for path in (others.store / "1" / f"{FOLDER}.cf", others.store / "history"):
        path.unlink()
        os.mkfifo(path)
        os.chown(path, OTHER, OTHER)
    done = subprocess.run([others.binary, "rules", "list", "--config", others.config], timeout=60,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 2 and "holds no rules" in done.stderr
    refused(others.update(), FAILED, "history: is no regular file")


def test_a_directory_of_root_is_not_written_by_others_nor_by_root(host):
    if os.geteuid() != 0:
        pytest.skip("needs root to be somebody else")
    host.user = None
    publish(host.mirror, 1, archive({"10.cf": rules(40)}))
    host.store.mkdir()
    refused(host.update(), FAILED, "is root's", "chown -R postern-rules", "--user")
    host.user = "no-such-user"
    refused(host.update(), FAILED, "there is no user no-such-user")
    host.store.rmdir()
    refused(host.update(), FAILED, "there is no user no-such-user")
    assert not host.store.exists()


def test_a_user_whom_nobody_made(host):
    command = [str(word) for word in host.command()]
    command[command.index("--user") + 1] = "nobody-made-me"
    done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=120)
    refused(done, FAILED, "there is no user nobody-made-me on this host", "adduser --system")
    assert done.stderr.count("\n") == 1
