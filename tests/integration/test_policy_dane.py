"""MTA-STS beside DANE: a root zone signed by ldns, whose key takes the place of the Internet's."""

import shutil
import subprocess

import pytest

from milter_client import require_program
from support.dns_server import DnsServer
from support.policy import merged
from test_policy_postfix import POLICY, STS_ZONE, Sts, require_mail_host

ROOT_KEY = "/usr/share/dns/root.key"  # where the daemon looks for it
TLSA = [3, 1, 1, "ab" * 32]

ZONE = {
    **STS_ZONE,
    **{domain: {"MX": [[10, f"mx.{domain}"]]} for domain in ("strict.example", "loose.example")},
    "_25._tcp.mx.loose.example": {"TLSA": [TLSA]},
}


def in_place_of_root_key(file):
    """What stands before a command that is to take `file` for the root's key."""
    script = f'mount --bind "{file}" {ROOT_KEY} && exec "$@"'
    return ["unshare", "-m", "sh", "-c", script, "sh"]


@pytest.fixture
def sts(tmp_path):
    require_mail_host()
    require_program("postern-policy")
    if not shutil.which("ldns-signzone"):
        pytest.skip("not installed: apt-get install ldnsutils")
    dns = DnsServer(tmp_path / "dns", ZONE, signed=True)
    dns.start()
    prefix = in_place_of_root_key(dns.trust_anchor)
    if subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode != 0:
        dns.stop()
        pytest.skip("needs a mount namespace: run it as root")
    settings = {"dns": {"servers": [dns.address], "dnssec": True}, "mta_sts": {"dane": True}}
    running = Sts(tmp_path, settings, dns, prefix=prefix)
    running.web.texts["loose.example"] = POLICY.format(mode="enforce", mx="mx.loose.example")
    yield running
    running.close()


def test_only_a_domain_with_tlsa_records_is_left_to_dane(sts):
    """Both have signed MX records."""
    assert sts.ask("strict.example").startswith("secure match=mx.strict.example")
    assert sts.ask("loose.example") == ""
    event = sts.policy.events("tls-policy")[-1]
    assert (event["domain"], event["answer"]) == ("loose.example", "none")
    assert event["why"] == "a mail host has TLSA records: left to DANE"
    assert sts.web.requests == ["strict.example"]  # nor is its policy fetched
    sts.policy.reload_with(merged(sts.settings, {"mta_sts": {"dane": False}}))
    assert sts.ask("loose.example").startswith("secure match=mx.loose.example")
