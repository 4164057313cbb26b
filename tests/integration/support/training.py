"""Dovecot with the plugin postern_train, and postern-learner behind it, in one context manager."""

import glob
import imaplib
import itertools
import os
import pathlib
import pwd
import shutil
import smtplib
import tempfile

from . import dovecot, imap, policy, ports, programs
from .postfix_config import RECIPIENT_DOMAIN

ALICE = f"alice@{RECIPIENT_DOMAIN}"
BOB = f"bob@{RECIPIENT_DOMAIN}"
numbers = itertools.count(1)  # for messages that nobody has seen
MAIL_USER = "nobody"  # who reads mail in the private Dovecot

_MAILBOXES = """
namespace inbox {
  mailbox Trash {
    auto = create
    special_use = \\Trash
  }
  mailbox Spamverdacht {
    auto = create
    special_use = \\Junk
  }
  mailbox Junk {
    special_use =
  }
  mailbox Archive {
    auto = create
    special_use = \\Archive
  }
}
"""
JUNK = "Spamverdacht"  # by its role, not by its name

_MODULES = "mail_plugin_dir = {directory}/modules\n"
_SIEVE_MODULES_23 = "plugin {{\n  sieve_plugin_dir = {directory}/sieve-modules\n}}\n"
_SIEVE_MODULES_24 = "sieve_plugin_dir = {directory}/sieve-modules\n"

# Loaded for every protocol, so that what is not learned is not learned by the plugin's own rules.
_TRAIN_23 = """
mail_plugins = {plugins} notify postern_train
protocol lmtp {{
  mail_plugins = $mail_plugins sieve
}}
protocol lda {{
  mail_plugins = $mail_plugins sieve
}}
plugin {{
  postern_train_socket = {socket}
  postern_train_spool = {spool}
  postern_train_max_size = 1M
  sieve = file:~/sieve;active=~/.dovecot.sieve
  sieve_default = {directory}/junk.sieve
  sieve_plugins = sieve_postern
}}
"""
_TRAIN_24 = """
mail_plugins = {plugins} notify postern_train
protocol lmtp {{
  mail_plugins {{
    sieve = yes
  }}
}}
protocol lda {{
  mail_plugins {{
    sieve = yes
  }}
}}
postern_train_socket = {socket}
postern_train_spool = {spool}
postern_train_max_size = 1M
sieve_script default {{
  type = default
  driver = file
  path = {directory}/junk.sieve
}}
sieve_script personal {{
  driver = file
  path = ~/sieve
  active_path = ~/.dovecot.sieve
}}
sieve_plugins {{
  sieve_postern = yes
}}
"""

# By which Dovecot 2.4 knows the names of our settings; it looks in no other place.
SETTINGS_24 = "/usr/lib/dovecot/modules/settings/libpostern_settings.so"

_SIEVE = f"""require ["fileinto", "mailbox"];
if header :contains "Subject" "to-junk" {{ fileinto "{JUNK}"; }}
"""


def plugin_directory():
    """Where the build puts plugins for Dovecot."""
    return programs.binary_directory().parent / "dovecot"


def plugin():
    return plugin_directory() / "lib90_postern_train_plugin.so"


def quota_plugin():
    return plugin_directory() / "lib90_postern_quota_plugin.so"


def sieve_plugin():
    return plugin_directory() / "lib90_sieve_postern_plugin.so"


def message(number, subject="test", size=200):
    """A message that no other number gives, with CRLF."""
    body = "".join(f"line {i} of {number} {'z' * 60}\r\n" for i in range(max(1, size // 80)))
    return (
        f"From: ann@author.example\r\nTo: {ALICE}\r\nSubject: {subject} {number}\r\n"
        f"Message-ID: <{number}@author.example>\r\n\r\n{body}"
    ).encode()


class Learner(policy.PolicyDaemon):
    """postern-learner with socket, spool, files, store, and log in its directory."""

    def __init__(self, directory, settings=None, **options):
        super().__init__(directory, settings, **options)
        self.log_path = directory / "learner.log"
        self.socket = directory / "l.sock"
        self.spool = directory / "spool"
        self.state = directory / "learner"

    @staticmethod
    def binary():
        return programs.binary_directory() / "postern-learner"

    def base_settings(self):
        settings = super().base_settings()
        settings["learner"] = {
            "socket": str(self.socket), "spool": str(self.spool), "directory": str(self.state),
            "senders": [MAIL_USER], "spool_interval": "200ms",
        }  # fmt: skip
        return settings

    def make_spool(self):
        self.spool.mkdir(exist_ok=True)
        self.spool.chmod(0o3773)

    def learned(self):
        """(user, kind, source, from, to, result) of every event so far."""
        names = ("user", "kind", "source", "from", "to", "result")
        return [tuple(line[name] for name in names) for line in self.events("training")]

    def spooled(self):
        """Files that wait in the spool."""
        return [path for path in glob.glob(f"{self.spool}/*/*") if os.path.isfile(path)]

    def kept(self):
        """Path of each message kept."""
        return [path for path in self.state.glob("messages/*/*") if path.is_file()]


class TrainingHost:
    """`with TrainingHost() as host:`; a short path, since names of sockets are.

    plugins: stock plugins of Dovecot to load. extra23, extra24: more of its configuration, in which
    {directory}, {socket}, and {spool} are filled in. bare: nothing of ours is in the configuration
    but what is in there. fields: as Dovecot has it. change: {name of a plugin of ours: a function
    that gives it other octets}.
    """

    def __init__(self, settings=None, plugins="", extra23="", extra24="", bare=False, fields=None,
                 change=None):  # fmt: skip
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="pt-", dir="/tmp"))
        self.directory.chmod(0o755)
        self.learner = Learner(self.directory / "l", settings)
        self._change = change or {}
        new = dovecot.version() >= (2, 4)
        place = {"directory": self.directory, "socket": self.learner.socket,
                 "spool": self.learner.spool, "plugins": plugins}  # fmt: skip
        extra = _MODULES.format(**place) + (_SIEVE_MODULES_24 if new else _SIEVE_MODULES_23).format(**place)
        if not bare:
            extra += (_TRAIN_24 if new else _TRAIN_23).format(**place) + _MAILBOXES
        more = extra24 if new else extra23
        for name, value in place.items():
            more = more.replace("{" + name + "}", str(value))
        environment = programs.sanitizer_environment(plugin())
        self.dovecot = dovecot.Dovecot(self.directory / "d", extra + more, environment, fields)

    def __enter__(self):
        self.learner._directory.mkdir()
        self.learner.make_spool()
        self._put_modules("modules", "/usr/lib/dovecot/modules/*", plugin(), quota_plugin())
        self._put_modules("sieve-modules", "/usr/lib/dovecot/modules/sieve/*", sieve_plugin())
        (self.directory / "junk.sieve").write_text(_SIEVE)
        self.dovecot.start()
        if not self._change:
            self.dovecot.tool("sievec", self.directory / "junk.sieve")
        self.learner.start()
        return self

    def __exit__(self, kind, *_):
        self.dovecot.stop()
        self.learner.kill()
        if kind is None:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _put_modules(self, name, stock, *ours):
        """Dovecot looks in one directory: its own modules beside ours, which are copied, since the
        users under which mail is read may not enter the folder of the build."""
        folder = self.directory / name
        folder.mkdir()
        for path in glob.glob(stock):
            (folder / os.path.basename(path)).symlink_to(path)
        for module in ours:
            change = self._change.get(module.name, lambda octets: octets)
            (folder / module.name).write_bytes(change(module.read_bytes()))

    def client(self, user=ALICE):
        return Mailbox(self.dovecot.imap_port, user)

    def deliver(self, raw, *users):
        """By LMTP, to each of these users at once."""
        replies = self.try_to_deliver(raw, *users)
        assert all(code == 250 for code, _ in replies), replies

    def try_to_deliver(self, raw, *users):
        """The same; gives (code, text) of every reply."""
        with smtplib.LMTP(ports.LOOPBACK, self.dovecot.lmtp_port, timeout=60) as client:
            client.ehlo_or_helo_if_needed()
            replies = [client.mail("ann@author.example")]
            replies += [client.rcpt(user) for user in users]
            replies.append(client.data(raw))
            return replies + [client.getreply() for _ in users[1:]]  # one for each recipient

    def wait_for(self, count, timeout_seconds=60.0):
        """Until the learner has counted so many events; gives all of them."""
        return ports.wait_until(
            lambda: len(found := self.learner.learned()) >= count and found,
            lambda: f"{count} events; {self.learner.log()[-2000:]}\n{self.dovecot.log()[-2000:]}",
            timeout_seconds,
        )

    def errors(self):
        """Lines of Dovecot's log that tell of trouble."""
        words = ("Error:", "Panic:", "Fatal:", "Warning:")
        return [line for line in self.dovecot.log().splitlines() if any(w in line for w in words)]


class Mailbox:
    """An IMAP client that has logged in; every command must be answered with OK."""

    def __init__(self, port, user):
        self.imap = imaplib.IMAP4(ports.LOOPBACK, port)
        self._ok(self.imap.login(user, imap.PASSWORD))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.imap.logout()

    @staticmethod
    def _ok(reply):
        assert reply[0] == "OK", reply
        return reply[1]

    def append(self, box, raw, flags=None):
        self._ok(self.imap.append(box, flags, None, raw))

    def select(self, box):
        self._ok(self.imap.select(box))

    def numbers(self, box):
        self.select(box)
        return self._ok(self.imap.uid("SEARCH", "ALL"))[0].split()

    def find(self, box, number):
        """Sequence numbers of messages with this number in the subject."""
        self.select(box)
        return self._ok(self.imap.search(None, "SUBJECT", f'"test {number}"'))[0].split()

    def uids(self, box):
        return ",".join(number.decode() for number in self.numbers(box))

    def copy(self, source, target, uids=None):
        uids = uids or self.uids(source)
        self._ok(self.imap.uid("COPY", uids, target))

    def move(self, source, target, uids=None):
        uids = uids or self.uids(source)
        self._ok(self.imap.uid("MOVE", uids, target))

    def store(self, box, change, flags):
        uids = self.uids(box)
        self._ok(self.imap.uid("STORE", uids, change, flags))


def write_script(host, user, text):
    """The Sieve script of a user; gives its path."""
    name, _, domain = user.partition("@")
    home = host.directory / "d" / "mail" / domain / name
    home.mkdir(parents=True, exist_ok=True)
    script = home / ".dovecot.sieve"
    script.write_text(text)
    for path in (home.parent, home, script):
        shutil.chown(path, MAIL_USER, "nogroup")
    return script


def mail_uid():
    return pwd.getpwnam(MAIL_USER).pw_uid
