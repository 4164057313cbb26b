"""Fixtures of the integration tests: one private mail host for the session, and its conditions."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from support import mailhost, milter, programs, scenario  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes long, and the same happens in less elsewhere")


def require_mail_host(daemon=milter.Milter):
    """Skips, naming what is missing; a build directory that was named must hold the daemon."""
    if os.geteuid() != 0:
        pytest.skip("needs root to run private Postfix and Dovecot instances")
    missing = programs.missing_packages()
    if missing:
        pytest.skip("not installed: apt-get install " + " ".join(missing))
    binary = daemon.binary()
    if not binary.exists():
        if os.environ.get("POSTERN_BIN"):
            pytest.fail(f"POSTERN_BIN is set, but there is no {binary}")
        pytest.skip(f"not built: {binary}")


@pytest.fixture(scope="session")
def keys():
    """Signing keys of this run."""
    return scenario.Keys()


@pytest.fixture(scope="session")
def host(keys):
    """The mail host most tests share: enforcing, with Dovecot behind Postfix."""
    require_mail_host()
    with mailhost.MailHost(keys.zone(), scenario.SETTINGS) as running:
        yield running


@pytest.fixture
def daemon_alive(host):
    """The daemon that was there before the test is there after it, and still works."""
    before = host.milter.pid
    yield
    assert host.milter.running() and host.milter.pid == before, host.milter.log()[-2000:]
