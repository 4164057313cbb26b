"""Keys are replaced while mail flows: none goes unsigned, none is signed with an unknown key."""

import json
import threading
import time

from conftest import require_mail_host
from support import message, ports, signing


class Stream:
    """Four clients that send without pause, each message to a recipient of its own."""

    def __init__(self, sender):
        self._sender, self._stop = sender, threading.Event()
        self._lock = threading.Lock()
        self.sent, self.refused = [], []
        self._threads = [threading.Thread(target=self._work) for _ in range(4)]
        for thread in self._threads:
            thread.start()

    def _work(self):
        while not self._stop.is_set():
            to = signing.recipient()
            reply = self._sender.send(message.build(signing.ALICE), f"alice@{signing.DOMAIN}",
                                      signing.LOCAL_CLIENT, [to])
            with self._lock:
                (self.sent if reply.accepted else self.refused).append(to)

    def wait_for_more(self, count=40):
        """Until so many more messages were sent."""
        goal = len(self.sent) + count
        ports.wait_until(lambda: len(self.sent) >= goal, f"{goal} messages", 60)

    def finish(self):
        """Ends the stream; what the sink received."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return [self._sender.sink.wait_for(to) for to in self.sent]


SETTLE_SECONDS = 2


def rotate_auto(host):
    """The steps of `rotate --auto` as (what, name of the record)."""
    report = json.loads(host.keys.dkim("rotate", "--auto", "--settle", f"{SETTLE_SECONDS}s", "--json",
                                       "--config", host.milter.config_path))
    assert report["made"] == [], report
    return [(step["what"], f"{step['selector']}._domainkey.{step['domain']}")
            for step in report["steps"]]


class Published:
    """When DNS began to answer each record, and when it was last known not to."""

    def __init__(self, names):
        self.since = dict.fromkeys(names, 0.0)

    def check(self, item, tags):
        name = f"{tags['s']}._domainkey.{tags['d']}"
        assert self.since.get(name, item.at) + SETTLE_SECONDS <= int(tags["t"]) + 1, (name, item.at)
        return name


def rotate_once(host, stream, published):
    """One rotation from making the keys to their first signatures."""
    stream.wait_for_more()
    made = json.loads(host.keys.dkim("rotate", signing.DOMAIN, "--json"))["made"]
    names = {key["name"] for key in made}
    assert len(names) == 2 and {key["state"] for key in made} == {"pending"}
    stream.wait_for_more()
    assert sorted(rotate_auto(host)) == sorted(("waiting", name) for name in names)
    stream.wait_for_more()
    host.publish(host.keys.zone())
    published.since.update(dict.fromkeys(names, time.time()))
    assert sorted(rotate_auto(host)) == sorted(("settling", name) for name in names)
    stream.wait_for_more()
    time.sleep(SETTLE_SECONDS)
    steps = rotate_auto(host)
    assert {name for what, name in steps if what == "activated"} == names, steps
    selectors = [key["selector"] for key in made]
    ports.wait_until(lambda: all(word in host.milter.log() for word in selectors),
                     "no message signed with the new keys", 10)
    stream.wait_for_more()


def test_rotation_under_load(tmp_path):
    """Twice from first to second keys: none unsigned, none with a key whose record DNS did not
    answer for the time to settle."""
    require_mail_host()
    with signing.SigningHost() as host:
        published = Published(host.keys.keys())
        stream = Stream(host)
        try:
            for _ in range(2):
                rotate_once(host, stream, published)
        finally:
            received = stream.finish()
        assert not stream.refused
        used = set()
        for item in received:
            found = signing.signatures(item.raw)
            assert len(found) == 2, (host.event_of(item), found)
            used.update(published.check(item, tags) for tags in found)
        assert used == set(published.since), "each of the six keys has signed"
        signing.check_all(host, received[:: max(1, len(received) // 30)], tmp_path)
        print(f"\n{len(received)} messages during two rotations, each signed twice")
