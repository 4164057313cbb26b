"""A DNS server for one zone dictionary: NSD from Debian, serving everything as one root zone.

The dictionary is `owner -> {"TXT": [["part", "part"]], "A": [...], "AAAA": [...],
"MX": [[10, "host"]], "PTR": [...], "CNAME": "name", "TLSA": [[3, 1, 1, "hex"]]}`. Owners may start with "*.". A name that is
not there is NXDOMAIN, a type that is not there is NODATA, as in the real tree.
"""

import signal
import subprocess
import time

import dns.exception
import dns.message
import dns.query

from . import ports, programs

_CONFIG = """\
server:
  ip-address: 127.0.0.1@{port}
  do-ip6: no
  server-count: 1
  username: ""
  zonesdir: "{directory}"
  zonelistfile: "{directory}/zone.list"
  xfrdfile: ""
  xfrdir: "{directory}"
  pidfile: "{directory}/nsd.pid"
  logfile: "{directory}/nsd.log"
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "{directory}/root.zone"
"""

_HEAD = """\
$ORIGIN .
$TTL 300
. SOA ns. hostmaster. 1 3600 600 86400 60
. NS ns.
ns. A 127.0.0.1
"""

_ALGORITHM = "ECDSAP256SHA256"
QUERY_SECONDS = 1.0  # for one question: the first datagram to a server that starts is easily lost
START_SECONDS = 30  # for one start, of which there are two: nsd takes long on a busy machine
TXT_STRING_SIZE = 255  # bytes in one character-string (RFC 1035 §3.3)


def _absolute(name):
    return name if name.endswith(".") else name + "."


def _quoted(part):
    data = part.encode("utf-8") if isinstance(part, str) else part
    if len(data) > TXT_STRING_SIZE:
        raise ValueError(f"TXT string of {len(data)} bytes; use txt() to cut it")
    plain = set(range(0x20, 0x7F)) - {0x22, 0x5C}
    return '"' + "".join(chr(b) if b in plain else f"\\{b:03d}" for b in data) + '"'


def txt(text):
    """The strings of one TXT record: `text` cut into pieces of at most 255 bytes."""
    return [text[i : i + TXT_STRING_SIZE] for i in range(0, len(text), TXT_STRING_SIZE)] or [""]


def record_text(kind, value):
    """One record as a master file has it."""
    if kind == "TXT":
        return " ".join(_quoted(part) for part in value)
    if kind == "MX":
        return f"{value[0]} {_absolute(value[1])}"
    if kind == "TLSA":
        return " ".join(str(part) for part in value)
    if kind in ("A", "AAAA"):
        return value
    if kind in ("PTR", "CNAME", "NS"):
        return _absolute(value)
    raise ValueError(f"unknown record type {kind}")


def zone_text(zone):
    """The dictionary as a master file of the root zone (RFC 1035 §5)."""
    lines = [_HEAD]
    for owner, records in zone.items():
        for kind, values in records.items():
            for value in [values] if isinstance(values, str) else values:
                lines.append(f"{_absolute(owner)} {kind} {record_text(kind, value)}\n")
    return "".join(lines)


class DnsServer:
    """Serves a zone on 127.0.0.1, UDP and TCP; `address` is in the form `127.0.0.1@PORT`.

    A signed one has its key in the file `trust_anchor`, as DNSSEC wants it.
    """

    def __init__(self, directory, zone, signed=False):
        self.port = ports.free_port()
        self.address = f"{ports.LOOPBACK}@{self.port}"
        self._directory = directory
        self._zone = zone
        self._process = None
        self._serial = 1
        self._signed = signed
        self.trust_anchor = None

    def _write_zone(self):
        text = zone_text(self._zone).replace("hostmaster. 1 ", f"hostmaster. {self._serial} ")
        file = self._directory / "root.zone"
        if not self._signed:
            file.write_text(text)
            return
        if self.trust_anchor is None:
            self.trust_anchor = self._directory / (self._ldns("keygen", "-a", _ALGORITHM, ".") + ".key")
        (self._directory / "root.unsigned").write_text(text)
        self._ldns("signzone", "-o", ".", "-f", file, "root.unsigned", self.trust_anchor.stem)

    def _ldns(self, tool, *arguments):
        command = [str(word) for word in (f"/usr/bin/ldns-{tool}", *arguments)]
        done = subprocess.run(command, cwd=self._directory, capture_output=True, timeout=60,
                              check=True, text=True)  # fmt: skip
        return done.stdout.strip()

    def start(self):
        self._directory.mkdir(parents=True, exist_ok=True)
        self._write_zone()
        config = self._directory / "nsd.conf"
        config.write_text(_CONFIG.format(port=self.port, directory=self._directory))
        try:
            self._run(config)
        except (RuntimeError, TimeoutError) as error:
            print(f"nsd is started again: {error}")
            self.stop()
            self._run(config)

    def _run(self, config):
        """Returns when questions are answered: nsd may listen many seconds before it does that."""
        with open(self._directory / "nsd.err", "ab") as errors:
            self._process = subprocess.Popen(
                ["/usr/sbin/nsd", "-d", "-c", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
            )
        self._wait_until_served("nsd does not answer", START_SECONDS)

    def _wait_until_served(self, what, timeout_seconds, before_each=lambda: None):
        """Waits until nsd answers with the zone that was written last; its logs are in the error."""
        logs = (self._directory / "nsd.err", self._directory / "nsd.log")

        def served():
            ports.check_running(self._process, "nsd", logs)
            before_each()
            return self._served_serial() == self._serial

        ports.wait_until(served, lambda: f"{what}{ports.ends_of(logs)}", timeout_seconds, 0.05)

    def publish(self, zone):
        """Serves another zone from now on; returns when it is the one that is answered."""
        self._zone = zone
        self._serial += 1
        self._write_zone()
        next_signal = 0.0

        def ask_for_reload():
            # Again: after one signal alone the old zone has been seen to stay. Not at once: on a busy
            # machine each would interrupt the reload of the one before.
            nonlocal next_signal
            if time.monotonic() >= next_signal:
                self._process.send_signal(signal.SIGHUP)
                next_signal = time.monotonic() + 2

        self._wait_until_served("nsd does not serve the new zone", 60, ask_for_reload)

    def _served_serial(self):
        """Serial number of the zone that is answered now; None when nobody answers in time."""
        question = dns.message.make_query(".", "SOA")
        try:
            answer = dns.query.udp(question, ports.LOOPBACK, QUERY_SECONDS, self.port)
        except (dns.exception.Timeout, OSError):
            return None
        return answer.answer[0][0].serial if answer.answer else None

    def stop(self):
        if self._process is not None:
            programs.end_group(self._process)
            self._process = None
