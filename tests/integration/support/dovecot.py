"""A private Dovecot instance, 2.3 or 2.4: IMAP, LMTP, and SASL for Postfix, on loopback."""

import os
import re
import shutil
import subprocess

from . import imap, ports, programs
from .postfix_config import RECIPIENT_DOMAIN, USERS

_COMMON = """\
base_dir = {directory}/run
state_dir = {directory}/state
instance_name = postern-private
log_path = {directory}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 100
default_process_limit = 50
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener sasl {{
    port = {sasl}
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
}}
"""

_V23 = """\
disable_plaintext_auth = no
mail_home = {directory}/mail/%d/%n
mail_location = maildir:~/Maildir
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {directory}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {directory}/users
}}
"""

_V24 = """\
auth_allow_cleartext = yes
mail_home = {directory}/mail/%{{user|domain}}/%{{user|username}}
mail_driver = maildir
mail_path = ~/Maildir
passdb passwd-file {{
  passwd_file_path = {directory}/users
}}
userdb passwd-file {{
  passwd_file_path = {directory}/users
}}
"""

_HEAD24 = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n"


def version():
    """(2, 3) or (2, 4)."""
    found = re.match(r"(\d+)\.(\d+)", programs.run(["/usr/sbin/dovecot", "--version"]))
    return int(found[1]), int(found[2])


def _imported(environment):
    """Dovecot hands on only what it is told to; a sanitizer takes more address space than it allows."""
    if not environment:
        return ""
    space = "default_vsz_limit = 0\n"
    if version() >= (2, 4):
        lines = "".join(f"  {name} = {value}\n" for name, value in environment.items())
        return f"{space}import_environment {{\n{lines}}}\n"
    pairs = " ".join(f"{name}={value}" for name, value in environment.items())
    return f"{space}import_environment = $import_environment {pairs}\n"


class Dovecot:
    """Users are alice, bob and carol of the recipient domain, all with imap.PASSWORD.

    `extra` is more configuration, written behind ours; later settings win over earlier ones.
    `environment` is for Dovecot's processes and tools. `fields`: {user: extra fields of passwd-file}.
    """

    def __init__(self, directory, extra="", environment=None, fields=None):
        self.directory = directory
        self._fields = fields or {}
        self._environment = {**os.environ, **(environment or {})}
        extra = _imported(environment or {}) + extra
        self.config_path = directory / "dovecot.conf"
        self.log_path = directory / "dovecot.log"
        self._extra = extra
        self.imap_port = ports.free_port()
        self.lmtp_port = ports.free_port()
        self.sasl_port = ports.free_port()
        self._process = None

    def _config_text(self):
        new = version() >= (2, 4)
        text = (_HEAD24 if new else "") + _COMMON + (_V24 if new else _V23)
        text = text.format(
            directory=self.directory,
            imap=self.imap_port,
            lmtp=self.lmtp_port,
            sasl=self.sasl_port,
        )
        return text + self._extra

    def start(self):
        """Returns when IMAP, LMTP and SASL accept connections."""
        for path in (self.directory, self.directory / "mail", self.directory / "state"):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o755)
        shutil.chown(self.directory / "mail", "nobody", "nogroup")
        self.write_users()
        self.config_path.write_text(self._config_text())
        errors_path = self.directory / "dovecot.err"
        with open(errors_path, "wb") as errors:
            self._process = subprocess.Popen(
                ["/usr/sbin/dovecot", "-F", "-c", str(self.config_path)],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
                env=self._environment,
            )
        for port in (self.imap_port, self.lmtp_port, self.sasl_port):
            ports.wait_for_port(port, "Dovecot", self._process, logs=[errors_path, self.log_path])

    def write_users(self):
        users = self.directory / "users"
        users.write_text(
            "".join(
                f"{u}@{RECIPIENT_DOMAIN}:{{PLAIN}}{imap.PASSWORD}::::::{self._fields.get(u, '')}\n"
                for u in USERS
            )
        )
        shutil.chown(users, "root", "dovecot")
        users.chmod(0o640)

    @property
    def process_group(self):
        """Of the master and all processes that it has started."""
        return self._process.pid

    def doveadm(self, *words):
        """Runs doveadm on this instance and returns its output."""
        return self.tool("doveadm", *words)

    def tool(self, name, *words, **options):
        """The same for any program of Dovecot, by its name in /usr/bin or its path."""
        command = ["/usr/bin/" + name if "/" not in name else name, "-c", self.config_path, *words]
        return programs.run(command, env=self._environment, **options)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def stop(self):
        """TERM to the whole group: dovecot alone would take seconds."""
        if self._process is not None:
            programs.end_group(self._process)
            self._process = None
