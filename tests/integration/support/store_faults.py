"""What must hold while the store of postern-policy fails, and when it works again."""

import time

from . import ports
from .policy import unique_word

HELD = "DEFER_IF_PERMIT 4.7.1 Greylisted"
ANSWER_SECONDS = 2.5  # policy.timeout, and the half second that any program may need
PASSED_OVER = "WARN no store"

# Everybody is greylisted, which needs the store; the rule after that needs nothing.
SETTINGS = {
    "greylist": {"when": "always", "delay": "1h"},
    "policy": {"rules": ["greylist", "last"], "rule": {"last": {"action": PASSED_OVER}}},
}


def new_sender(daemon, seconds=ANSWER_SECONDS):
    """The answer to a triplet never seen, which has to come in time."""
    begin = time.monotonic()
    action, line = daemon.decision(sender=f"{unique_word()}@author.example")
    assert time.monotonic() - begin < seconds, line
    return action


def wait_until_it_works(daemon):
    ports.wait_until(lambda: new_sender(daemon).startswith(HELD), "the store works again", 60, 0.2)


def check_fails(daemon, problem):
    """Other rules count, and one line tells the operator."""
    for _ in range(10):
        assert new_sender(daemon) == PASSED_OVER
    down = daemon.wait_for_event("store-down")
    assert problem in down["problem"], down
    assert len(daemon.events("store-down")) == 1
    assert daemon.events("policy")[-1]["failed"] == "greylist: the store fails"


def check_fails_and_recovers(daemon, problem, mend):
    """Down: other rules count, one line tells the operator. Mended: works, and one line tells."""
    pid = daemon.pid
    check_fails(daemon, problem)
    mend()
    wait_until_it_works(daemon)
    daemon.wait_for_event("store-up")
    assert len(daemon.events("store-down")) == 1
    daemon.check_alive(pid)
