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


def _record(kind, value):
    if kind == "TXT":
        return " ".join(_quoted(part) for part in value)
    if kind == "MX":
        return f"{value[0]} {_absolute(value[1])}"
    if kind == "TLSA":
        return " ".join(str(part) for part in value)
    if kind in ("A", "AAAA"):
        return value
    if kind in ("PTR", "CNAME"):
        return _absolute(value)
    raise ValueError(f"unknown record type {kind}")


def zone_text(zone):
    """The dictionary as a master file of the root zone (RFC 1035 §5)."""
    lines = [_HEAD]
    for owner, records in zone.items():
        for kind, values in records.items():
            for value in [values] if isinstance(values, str) else values:
                lines.append(f"{_absolute(owner)} {kind} {_record(kind, value)}\n")
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
        self._signed = signed
        self.trust_anchor = None

    def _write_zone(self, text):
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
        self._write_zone(zone_text(self._zone))
        config = self._directory / "nsd.conf"
        config.write_text(_CONFIG.format(port=self.port, directory=self._directory))
        with open(self._directory / "nsd.err", "wb") as errors:
            self._process = subprocess.Popen(
                ["/usr/sbin/nsd", "-d", "-c", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
            )
        ports.wait_for_port(self.port, "nsd", self._process)
        # The kernel takes connections before nsd answers, by many seconds on a busy machine.
        ports.wait_until(self._answers, "nsd does not answer", 30)

    def _answers(self):
        try:
            return self._serial(1) > 0
        except (dns.exception.Timeout, OSError):
            return False

    def publish(self, zone):
        """Serves another zone from now on; returns when it is the one that is answered."""
        self._zone = zone
        serial = self._serial()
        self._write_zone(zone_text(zone).replace("hostmaster. 1 ", f"hostmaster. {serial + 1} "))

        next_signal = 0.0

        def served():
            # Again: after one signal alone the old zone has been seen to stay. Not at once: on a busy
            # machine each would interrupt the reload of the one before.
            nonlocal next_signal
            if time.monotonic() >= next_signal:
                self._process.send_signal(signal.SIGHUP)
                next_signal = time.monotonic() + 2
            return self._serial() == serial + 1

        ports.wait_until(served, "nsd does not serve the new zone", 60, 0.1)

    def _serial(self, timeout_seconds=5):
        """Serial number of the zone that is answered now."""
        question = dns.message.make_query(".", "SOA")
        answer = dns.query.udp(question, ports.LOOPBACK, timeout_seconds, self.port)
        return answer.answer[0][0].serial

    def stop(self):
        if self._process is not None:
            programs.end_group(self._process)
            self._process = None
