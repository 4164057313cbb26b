"""A private Postfix that asks postern-policy, with DNS behind that; mail goes into files."""

import pathlib
import shutil
import tempfile

from .dns_server import DnsServer
from .policy import PolicyDaemon, merged
from .postfix import Postfix

# Postfix without a milter; parameters that differ from the harness's own.
NO_MILTER = {"smtpd_milters": "", "non_smtpd_milters": "", "virtual_minimum_uid": "100"}


class Folder:
    """A directory that the users of Postfix can enter; gone at the end."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="psp", dir="/var/tmp"))
        self.path.chmod(0o755)

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


class PolicyHost:
    """`parameters(service)` are those of main.cf that have Postfix ask the service.

    The service is how Postfix names the daemon, such as "inet:127.0.0.1:20000".
    """

    def __init__(self, folder, zone, settings, parameters):
        self.dns = DnsServer(folder / "dns", zone)
        settings = merged({"dns": {"servers": [self.dns.address]}}, settings)
        self.policy = PolicyDaemon(folder / "policy", settings, inet=True)
        given = parameters(f"inet:127.0.0.1:{self.policy.port}")
        self.postfix = Postfix(folder / "postfix", "", settings={**NO_MILTER, **given})

    def __enter__(self):
        try:
            for part in (self.dns, self.policy, self.postfix):
                part.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for stop in (self.postfix.stop, self.policy.kill, self.dns.stop):
            stop()
