"""postern rules update while a milter runs: it judges by the new rules when it was told, and by the
old ones where the new do not load."""

import json
import subprocess

import pytest

from milter_client import Daemon, Mail, deliver, message, read_verdict, require_program
from support import rule_updates
from support.rule_updates import CHANNEL, FOLDER, archive, publish, rules

OFF = {"enabled": False}
NEW_RULE = "body NEW_WORD /xyzzy/\nscore NEW_WORD 7\n"
LETTER = b"A letter with xyzzy and word3 in it.\r\n"


class Host:
    """A milter, and a mirror by HTTPS whose newest version DNS names."""

    def __init__(self, folder):
        self.folder, self.store, self.mirror = folder, folder / "rules", folder / "mirror"
        self.site = folder / "site"
        self.site.mkdir()
        self.certificates = folder / "certificates"
        self.certificates.mkdir()
        section = {"enabled": True, "rules": str(self.store / "current"), "site": str(self.site),
                   "network": False, "headers": True}  # fmt: skip
        self.settings = {"mode": "enforce", "spf": OFF, "dkim": OFF, "arc": OFF, "dmarc": OFF,
                         "dns": {"servers": ["127.0.0.1@9"], "timeout": "100ms", "budget": "100ms"},
                         "antispam": section}  # fmt: skip

    def update(self, version, files):
        """Publishes a version, and updates from the mirror."""
        publish(self.mirror, version, archive(files))
        (self.mirror / "MIRRORED.BY").write_text("http://mirror.example/\n")
        zone = self.folder / "zone.json"
        zone.write_text(json.dumps({f"1.0.4.{CHANNEL}": {"TXT": [str(version)]},
                                    f"mirrors.{CHANNEL}": {"TXT": ["http://mirror.example/MIRRORED.BY"]}}))
        config = self.folder / "update.toml"
        config.write_text(f'[antispam]\nenabled = true\nrules = "{self.store}/current"\nsite = "{self.site}"\n')
        with rule_updates.Mirror(self.mirror, self.certificates) as mirror:
            words = ("--if-enabled", "--digest-only", "--no-reload", "--user", "root", "--config", config,
                     "--directory", self.store, "--zone", zone, "--connect-to", mirror.address,
                     "--ca-file", mirror.ca_file)  # fmt: skip
            return subprocess.run([require_program("postern"), "rules", "update", *words], text=True,
                                  capture_output=True, check=False, timeout=120)  # fmt: skip


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def hits(daemon):
    """Rules that hit the letter."""
    outcome = deliver(daemon.address, Mail(message(b"m@example.org", LETTER)))
    assert outcome.action == "accept", outcome
    return set(read_verdict(outcome.field("X-Postern-Verdict")).get("symbol", []))


def reload(daemon, event="reloaded"):
    count = len(daemon.events(event))
    daemon.reload()
    return daemon.wait_for_event(event, count + 1)


def test_new_rules_are_fetched_and_the_milter_judges_by_them(host):
    done = host.update(1900001, {"10.cf": rules(40)})
    assert (done.returncode, done.stderr) == (0, "")
    daemon = Daemon(host.folder, host.settings, unix=True).start()
    try:
        assert hits(daemon) == {"R_3"}
        done = host.update(1900002, {"10.cf": rules(40), "20.cf": NEW_RULE})
        assert (done.returncode, done.stderr) == (0, "")
        assert hits(daemon) == {"R_3"}  # not before it was told
        reload(daemon)
        assert hits(daemon) == {"R_3", "NEW_WORD"}

        broken = "\n".join(f"body X_{number} /[/" for number in range(30)) + "\n"
        done = host.update(1900003, {"10.cf": rules(40), "20.cf": broken})
        assert done.returncode == 2 and "those in use stay" in done.stderr
        assert (host.store / "current").resolve().name == "1900002"
        reload(daemon)
        assert hits(daemon) == {"R_3", "NEW_WORD"}
    finally:
        daemon.kill()


def test_rules_that_cannot_be_read_at_a_reload_leave_the_old_ones(host):
    """Somebody who may write the rules makes of them what only stops a reader."""
    assert host.update(1900001, {"10.cf": rules(40)}).returncode == 0
    daemon = Daemon(host.folder, host.settings, unix=True).start()
    try:
        assert hits(daemon) == {"R_3"}
        index = host.store / "1900001" / f"{FOLDER}.cf"
        index.unlink()
        subprocess.run(["mkfifo", index], check=True, timeout=30)
        reload(daemon)
        assert hits(daemon) == {"R_3"}
    finally:
        daemon.kill()
