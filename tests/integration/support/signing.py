"""A mail host that signs what its users send to a sink, and three verifiers of what arrives."""

import itertools
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import dkim

from . import authres, mailhost, ports, postfix_config, programs, sink, smtp
from .dns_server import txt
from .sink import Sink

DOMAIN = postfix_config.RECIPIENT_DOMAIN  # whose mail is signed
OUTSIDE = "dest.example"  # everything outside goes to the sink
NOWHERE = sink.REFUSED  # mail for it bounces
ALICE = f"Alice <alice@{DOMAIN}>"
LIST_FIELDS = ("List-Id: <l.example.org>", "List-Unsubscribe: <mailto:u@example.org>,\r\n <https://e/>",
               "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "List-Help: <mailto:h@e.org>")
LOCAL_CLIENT = postfix_config.MYNETWORK
STRANGER = "127.0.0.66"

_count = itertools.count(1)


def recipient():
    """An address outside that nobody else in this run has."""
    return f"r{next(_count)}@{OUTSIDE}"


class KeyDirectory:
    """A key directory and `postern dkim` on it."""

    def __init__(self):
        self.parent = pathlib.Path(tempfile.mkdtemp(prefix="psk", dir="/var/tmp"))
        self.path = self.parent / "dkim"

    def remove(self):
        shutil.rmtree(self.parent, ignore_errors=True)

    def dkim(self, *words):
        """Standard output of a successful `postern dkim`."""
        command = [programs.binary_directory() / "postern", "dkim", *words, "--keys", self.path]
        return programs.run(command)

    def keys(self):
        """{name of the TXT record: key as `list --json` tells it}"""
        return {key["name"]: key for key in json.loads(self.dkim("list", "--json"))["keys"]}

    def zone(self):
        """What DNS must answer for these keys."""
        return {name: {"TXT": [txt(key["record"])]} for name, key in self.keys().items()}


class SigningHost(mailhost.MailHost):
    """As MailHost; mail for strangers leaves by smtp(8) to `self.sink`.

    mailboxes: with Dovecot, so that users can sign in.
    """

    def __init__(self, zone=None, config=None, postfix=None, keys=None, mailboxes=False):
        self.keys = keys or KeyDirectory()
        if keys is None:
            self.keys.dkim("create", DOMAIN, "--active")
        self.sink = Sink()
        self.zone = {**self.keys.zone(), **(zone or {})}
        transport = f"smtp:[{ports.LOOPBACK}]:{self.sink.port}"
        outward = {
            "default_transport": transport,
            "relay_transport": transport,
            "local_header_rewrite_clients": "permit_mynetworks, permit_sasl_authenticated",
            "message_size_limit": "50000000",
            "myorigin": DOMAIN,
            # Strangers too, so that what becomes of their mail is seen in the sink.
            "smtpd_relay_restrictions": "check_client_access static:permit, reject",
        }
        super().__init__(self.zone, config, {**outward, **(postfix or {})}, sink=not mailboxes)
        own = {
            "local_networks": [LOCAL_CLIENT + "/32"],
            "signing": {"keys": str(self.keys.path)},
            "postfix": {"config_directory": str(self.postfix.config_directory)},
        }
        self.settings = mailhost.merged(mailhost.merged(self.settings, own), config)
        self.milter.config_path.parent.mkdir(parents=True, exist_ok=True)
        self.milter.write_config(self.settings)

    def __enter__(self):
        self.sink.start()
        return super().__enter__()

    def close(self):
        super().close()
        self.sink.stop()
        self.keys.remove()

    def send_out(self, raw, mail_from=None, client=LOCAL_CLIENT, to=None, parameters=""):
        """Sends to the sink; what it received. `parameters` of MAIL, such as BODY=8BITMIME."""
        to = to or recipient()
        path = smtp.angle(f"alice@{DOMAIN}" if mail_from is None else mail_from)
        reply = self.send(raw, path + b" " + parameters.encode(), client, [to])
        assert reply.accepted, reply
        return self.sink.wait_for(to)

    def event_of(self, received):
        """The log line of a message that the sink received."""
        queue_id = re.search(rb"\n?\s+by \S+ \(Postfix\).*? id (\w+)", received.raw, re.DOTALL)[1]
        return self._event(queue_id.decode(), 0)

    def reconfigure(self, changes):
        """New settings on top of the first ones; returns when they count."""
        self.milter.write_config(mailhost.merged(self.settings, changes))
        self.reload()

    def reload(self):
        before = len(self.milter.events("reloaded"))
        self.milter.reload()
        ports.wait_until(lambda: len(self.milter.events("reloaded")) > before,
                         lambda: f"no reload: {self.milter.events('reload-failed')}", 10)

    def publish(self, zone):
        """Adds names to DNS, or replaces them; returns when they are answered."""
        self.zone.update(zone)
        self.dns.publish(self.zone)


def signatures(raw):
    """The tags of each DKIM-Signature field, topmost first."""
    found = []
    for value in authres.values_of(raw, "DKIM-Signature"):
        tags = (part.partition("=") for part in re.sub(r"\s", "", value).split(";") if part)
        found.append({name: text for name, _, text in tags})
    return found


def verify_dkimpy(raw, zone):
    """Whether each signature verifies with dkimpy."""

    def answer(name, timeout=5):
        text = name.decode() if isinstance(name, bytes) else name
        records = zone.get(text.rstrip("."), {}).get("TXT")
        return "".join(records[0]).encode() if records else None

    return [dkim.DKIM(raw).verify(index, dnsfunc=answer)
            for index in range(len(authres.values_of(raw, "DKIM-Signature")))]


_PERL = r"""
use Mail::DKIM::Verifier; use Mail::DKIM::DNS; use Net::DNS;
my $port = shift;
Mail::DKIM::DNS::resolver(Net::DNS::Resolver->new(
    nameservers => ['127.0.0.1'], port => $port, recurse => 0));
for my $path (@ARGV) {
  my $verifier = Mail::DKIM::Verifier->new();
  open(my $in, '<:raw', $path) or die $path;
  local $/; my $raw = <$in>;
  $verifier->PRINT($raw); $verifier->CLOSE();
  my @results = map { ($_->algorithm // '') . '=' . ($_->result_detail // '') }
      $verifier->signatures;
  print join(',', @results), "\n";
}
"""


def verify_mail_dkim(messages, dns_port, folder):
    """{algorithm: result} of Mail::DKIM for each message. It may not know ed25519."""
    paths = []
    for number, raw in enumerate(messages):
        paths.append(folder / f"{number}.eml")
        paths[-1].write_bytes(raw)
    done = subprocess.run(["perl", "-e", _PERL, str(dns_port), *map(str, paths)],
                          capture_output=True, text=True, timeout=300, check=True)
    lines = done.stdout.split("\n")[:len(messages)]
    return [dict(item.split("=", 1) for item in line.split(",") if "=" in item)
            for line in lines]


def verify_own(raw, zone, folder):
    """The results of `postern check` for each signature."""
    (folder / "own.eml").write_bytes(raw)
    (folder / "own.json").write_text(json.dumps(zone))
    command = [programs.binary_directory() / "postern", "check", "--json", "--zone",
               folder / "own.json", "--client-ip", "192.0.2.1", "--helo", "mx.example.org",
               folder / "own.eml"]
    done = subprocess.run([str(word) for word in command], capture_output=True, timeout=60,
                          check=False)
    verdict = json.loads(done.stdout)
    return [item["result"] for item in verdict["dkim"]]


def check_all(sender, received, folder, algorithms=("ed25519-sha256", "rsa-sha256")):
    """AssertionError unless every verifier accepts every signature of every message."""
    perl = verify_mail_dkim([item.raw for item in received], sender.dns.port, folder)
    for item, by_perl in zip(received, perl):
        found = signatures(item.raw)
        assert sorted(tags["a"] for tags in found) == sorted(algorithms), item.raw[:3000]
        assert all("l" not in tags for tags in found)
        own = verify_own(item.raw, sender.zone, folder)
        assert own == ["pass"] * len(algorithms), (own, item.raw[:3000])
        by_dkimpy = verify_dkimpy(item.raw, sender.zone)
        assert by_dkimpy == [True] * len(algorithms), (by_dkimpy, item.raw[:3000])
        assert by_perl.get("rsa-sha256", "pass") == "pass", (by_perl, item.raw[:3000])
        assert ("rsa-sha256" in by_perl) == ("rsa-sha256" in algorithms), by_perl


def check_unsigned(sender, received, reason):
    """AssertionError unless it has no signature, and the log says why."""
    assert signatures(received.raw) == [], received.raw[:2000]
    event = sender.event_of(received)
    assert "signed" not in event and reason in event["unsigned"], event
