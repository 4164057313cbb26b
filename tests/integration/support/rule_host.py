"""A host whose rules are updated by "postern rules update", and what it is told."""

import shutil
import subprocess

import pytest

from milter_client import require_program

from .rule_updates import FOLDER, Signer

UPDATED, NOTHING_NEW, REFUSED, SOME_FAILED, FAILED = range(5)


class Host:
    """A host whose milter reads what is updated, and a directory with updates for it."""

    def __init__(self, folder):
        self.binary = require_program("postern")
        self.store, self.mirror, self.site = folder / "rules", folder / "mirror", folder / "site"
        for path in (self.mirror, self.site):
            path.mkdir()
        self.key_file = folder / "keys.asc"
        self.config = folder / "postern.toml"
        self.user = "root"
        self.reads(self.store / "current")

    def reads(self, rules_folder):
        self.config.write_text(f'[antispam]\nrules = "{rules_folder}"\nsite = "{self.site}"\n')

    def command(self, *words, source=None):
        if source is None:
            source = ("--from", self.mirror)
        user = ("--user", self.user) if self.user else ()
        return [str(word) for word in (self.binary, "rules", "update", "--directory", self.store,
                                       "--config", self.config, "--no-reload", *user, *source,
                                       *words)]  # fmt: skip

    def run(self, *words, source=None, **options):
        return subprocess.run(self.command(*words, source=source), text=True, capture_output=True,
                              check=False, timeout=120, **options)  # fmt: skip

    def update(self, *words):
        return self.run("--digest-only", *words)

    def current(self):
        """The state that is in use, and the rules in it; nothing when there is none."""
        link = self.store / "current"
        if not link.is_symlink():
            return None
        folder = link.resolve(strict=True)
        index = (folder / f"{FOLDER}.cf").read_text().splitlines()
        return folder.name, "".join((folder / line.split()[1]).read_text() for line in index[1:])

    def states(self):
        return sorted(path.name for path in self.store.iterdir() if path.name[0] != "."
                      and path.name not in ("current", "history"))  # fmt: skip

    def leftovers(self):
        return sorted(path.name for path in self.store.glob(".*") if path.name != ".lock")


def refused(done, status, *words):
    assert done.returncode == status, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("postern: "), done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


@pytest.fixture(scope="module")
def signer():
    if not shutil.which("gpg") or not shutil.which("gpgv"):
        pytest.skip("not installed: apt-get install gpg gpgv")
    one = Signer()
    yield one
    one.close()
