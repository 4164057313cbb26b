"""The condition country of policy rules, with a file in MaxMind's format."""

import os
import shutil

import pytest

from milter_client import require_program
from support.mmdb import country_file
from support.policy import PolicyDaemon, answer_rule, merged

HERE = {"192.0.2.0/24": "DE", "198.51.100.0/24": "KP", "2001:db8:9::/48": "KP"}
REFUSED = "REJECT 5.7.1 Not from KP"


@pytest.fixture(autouse=True)
def needs_the_daemon():
    require_program("postern-policy")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "country.mmdb"
    put(path, country_file(HERE))
    return path


def put(path, octets):
    """As an operator should: a new file under the old name."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(octets)
    fresh.rename(path)


def settings(path, countries=("KP", "RU"), **more):
    rule = answer_rule("REJECT 5.7.1 Not from KP", country=list(countries), **more)
    return merged(rule, {"policy": {"country_file": str(path)}})


WHO = {
    "198.51.100.7": "KP", "::ffff:198.51.100.7": "KP", "2001:db8:9:1::1": "KP",
    "192.0.2.7": "DE", "203.0.113.1": None, "2001:db8:8::1": None,
}  # fmt: skip


@pytest.mark.parametrize("address", WHO)
def test_a_rule_for_countries_matches_clients_from_there(tmp_path, file, address):
    with PolicyDaemon(tmp_path / "p", settings(file)) as daemon:
        action, line = daemon.decision(client_address=address)
        assert action == (REFUSED if WHO[address] == "KP" else "DUNNO")
        assert line.get("country") == WHO[address]


def test_negated_it_matches_clients_from_everywhere_else(tmp_path, file):
    changes = settings(file, ["DE"], negate=["country"])
    with PolicyDaemon(tmp_path / "p", changes) as daemon:
        assert daemon.ask(client_address="198.51.100.7") == REFUSED
        assert daemon.ask(client_address="192.0.2.7") == "DUNNO"


def missing(path):
    path.unlink()


def no_database(path):
    put(path, b"this is no database\n" * 100)


def cut(path):
    put(path, path.read_bytes()[:-40])


def empty(path):
    put(path, b"")


def a_directory(path):
    path.unlink()
    path.mkdir()


def a_fifo(path):
    path.unlink()
    os.mkfifo(path)


HARMS = [missing, no_database, cut, empty, a_directory, a_fifo]


@pytest.mark.parametrize("harm", HARMS)
def test_a_file_that_cannot_be_used_ends_the_start_with_one_line(tmp_path, file, harm):
    harm(file)
    daemon = PolicyDaemon(tmp_path / "p", settings(file))
    daemon.write_config()
    daemon.start(wait=False)
    assert daemon.wait_for_exit() == 1
    assert daemon.log().startswith("postern-policy: ") and str(file) in daemon.log()
    assert daemon.log().count("\n") == 1, daemon.log()


@pytest.mark.parametrize("harm", HARMS)
def test_at_a_reload_the_countries_before_stay(tmp_path, file, harm):
    with PolicyDaemon(tmp_path / "p", settings(file)) as daemon:
        pid = daemon.pid
        harm(file)
        assert daemon.ask(client_address="198.51.100.7") == REFUSED  # nobody has asked to reload
        daemon.reload()
        assert str(file) in daemon.wait_for_event("reload-failed")["problem"]
        assert daemon.ask(client_address="198.51.100.7") == REFUSED
        assert len(daemon.events("reload-failed")) == 1 and daemon.events("reloaded") == []
        if file.is_dir():
            shutil.rmtree(file)
        put(file, country_file({"198.51.100.0/24": "FR", "192.0.2.0/24": "KP"}))
        daemon.reload_with(settings(file))
        assert daemon.ask(client_address="198.51.100.7") == "DUNNO"
        assert daemon.ask(client_address="192.0.2.7") == REFUSED
        daemon.check_alive(pid)


def test_a_file_overwritten_in_its_place_does_no_harm(tmp_path, file):
    """As by a copy that is still running: the daemon looks at its own copy."""
    with PolicyDaemon(tmp_path / "p", settings(file)) as daemon:
        pid = daemon.pid
        os.truncate(file, 0)
        assert daemon.ask(client_address="198.51.100.7") == REFUSED
        daemon.check_alive(pid)


def test_a_rule_for_countries_without_a_file_is_told_at_the_start(tmp_path):
    daemon = PolicyDaemon(tmp_path / "p", answer_rule("REJECT no", country=["KP"]))
    daemon.write_config()
    daemon.start(wait=False)
    assert daemon.wait_for_exit() == 1
    assert "needs policy.country_file" in daemon.log() and daemon.log().count("\n") == 1


def test_policy_try_shows_the_country(tmp_path, file):
    daemon = PolicyDaemon(tmp_path / "p", settings(file))
    daemon.write_config()
    shown = daemon.command("policy", "try", "client_address=198.51.100.7")[1]
    assert REFUSED in shown and "KP" in shown, shown

