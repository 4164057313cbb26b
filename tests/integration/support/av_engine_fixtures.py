"""What tests of postern-avscan-engine start from; they import what they need by name."""

import os

import pytest

from milter_client import require_program

from . import av_signatures
from .av_engine import Engine

TESTFILES_HASH = "aa15bcf478d165efd2065190eb473bcb:544:ClamAV-Test-File\n"


@pytest.fixture(scope="module")
def program():
    return require_program("postern-avscan-engine")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    directory = av_signatures.make(tmp_path_factory.mktemp("av") / "db")
    (directory / "testfiles.hdb").write_text(TESTFILES_HASH)
    return directory


@pytest.fixture
def start(program, database, tmp_path):
    """Starts engines; they are gone after the test, and so is what they unpacked."""
    running = []

    def start_one(database=database, **options):
        running.append(Engine(program, database, tmp_path / f"tmp{len(running)}", **options))
        return running[-1]

    yield start_one
    for engine in running:
        engine.close()
        assert os.listdir(engine.temporary) == []


@pytest.fixture
def engine(start):
    """One that is ready."""
    one = start()
    one.ready()
    return one


@pytest.fixture
def child(engine):
    return engine.fork()
