"""A directory of accounts, and `postern user` and `postern alias` on it."""

import json
import re
import shutil
import subprocess
import time

import milter_client

from . import programs

EXAMPLES = programs.ROOT / "examples" / "accounts"
HERE = "/var/lib/postern/accounts"  # where the examples say that the accounts are
SECRET = re.compile(r"shown this once: ([a-z2-9-]{23})$", re.MULTILINE)


class AccountDirectory:
    """The directory as `postern setup` makes it, for one Postfix or none.

    `pause`: seconds to wait after each change, since Dovecot looks at its files once a second.
    """

    def __init__(self, path, postfix_config=None, pause=0.0):
        self.path = path
        self.pause = pause
        self.postfix_config = postfix_config
        path.mkdir(mode=0o755)
        for name in ("users", "app-passwords", "aliases", "domains", "mailboxes", "senders"):
            (path / name).touch()
        for name in ("users", "app-passwords"):
            (path / name).chmod(0o640)
            if shutil.which("dovecot"):
                shutil.chown(path / name, "root", "dovecot")
        (path / "format").write_text("1\n")

    def command(self, *words):
        changes = words[1] not in ("list",) and words[:3] != ("user", "app-password", "list")
        command = [milter_client.require_program("postern"), *words, "--accounts", self.path]
        if changes:
            command += (["--postfix-config", self.postfix_config] if self.postfix_config
                        else ["--no-reload"])  # fmt: skip
        return [str(word) for word in command]

    def run(self, *words, password=None):
        """(exit status, standard output, standard error)"""
        done = subprocess.run(self.command(*words), capture_output=True, timeout=120, check=False,
                              text=True, input=password, start_new_session=True)  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def ok(self, *words, password=None):
        status, out, err = self.run(*words, password=password)
        assert status == 0, (words, out, err)
        time.sleep(self.pause)
        return out

    def refused(self, *words, password=None):
        status, out, err = self.run(*words, password=password)
        assert (status, out) == (1, "") and err.startswith("postern: "), (words, out, err)
        return err.removeprefix("postern: ").rstrip("\n")

    def add(self, address, *words):
        """Makes an account and returns its password."""
        return SECRET.search(self.ok("user", "add", address, "--generate", *words))[1]

    def add_app_password(self, address, label):
        return SECRET.search(self.ok("user", "app-password", "add", address, label))[1]

    def json(self, *words):
        return json.loads(self.ok(*words, "--json"))

    def users(self):
        return {user["address"]: user for user in self.json("user", "list")["users"]}

    def aliases(self):
        return {entry["address"]: entry["targets"]
                for entry in self.json("alias", "list")["aliases"]}  # fmt: skip

    def table(self, name):
        """A table of Postfix as a dictionary."""
        lines = (self.path / name).read_text().splitlines()
        return dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))


def dovecot_config(version, accounts, replacements):
    """The example for Dovecot with other paths: {path or word: another}."""
    text = (EXAMPLES / "dovecot" / version / "10-postern-accounts.conf").read_text()
    for old, new in {HERE: str(accounts), **replacements}.items():
        text = text.replace(old, str(new))
    return text


def postfix_settings(accounts):
    """The example for main.cf as a dictionary."""
    lines = (EXAMPLES / "postfix" / "main.cf.add").read_text().splitlines()
    pairs = (line.split(" = ", 1) for line in lines)
    return {name: value.replace(HERE, str(accounts)) for name, value in pairs}
