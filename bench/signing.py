"""bench/run --sign: what a signature costs in postern-milter, in opendkim, and at the least.

Three costs of CPU are told apart. The whole daemon: all that postern-milter does for a message, of
which much is libmilter taking it off a socket piece by piece. The empty milter: the same libmilter
with callbacks that do nothing, in the same run. Their difference: what signing costs, with parsing,
canonicalizing, logging, and the header field it adds. The floor is one RSA operation and one SHA-256
over the message in a loop, with nothing round them, in a process of its own while the empty milter is
under the same load: on a processor whose cores share their units, the same operation costs half as
much again beside a busy neighbour, and the daemons always have one.
"""
import hashlib
import multiprocessing
import pathlib
import statistics
import subprocess
import time

import daemons

SELECTOR = "bench"
MIN_SPEED = 2.0  # messages/s of postern over those of opendkim
MAX_CPU = 1.3  # CPU of signing over that of one RSA operation and the hashes alone
CLIENTS = "192.0.2.0/24"  # of make_messages.py
VERDICTS = {True: "ok", False: "over", None: "for the record"}
EXPLANATION = """\
postern, opendkim: whole daemons. noop: libmilter with empty callbacks, which every milter pays.
postern - noop: what signing adds, the bound is for that. floor: one RSA operation and one SHA-256.
"""


def make_key(places):
    """One RSA key of 2,048 bits for all domains; its path."""
    path = places.directory / "signing.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", str(path), "2048"], check=True,
                   capture_output=True)
    path.chmod(0o600)
    return path


def tables(places, key, domains):
    """KeyTable and SigningTable of opendkim, which `postern dkim import` reads too."""
    keys = places.write("KeyTable", "".join(f"{d} {d}:{SELECTOR}:{key}\n" for d in domains))
    signers = places.write("SigningTable", "".join(f"*@{d} {d}\n" for d in domains))
    return keys, signers


def strip_signatures(places):
    """The messages of make_messages.py as their authors wrote them."""
    for path in (places.directory / "messages").glob("*/*.eml"):
        raw = path.read_bytes()
        path.write_bytes(raw[raw.index(b"Received: from out"):])


def start_postern(places, keys, signers):
    endpoint = places.endpoint("postern-sign")
    directory = places.directory / "dkim"
    subprocess.run([places.own("postern"), "dkim", "import", "opendkim", keys, signers, "--keys",
                    str(directory)], check=True, capture_output=True)
    config = places.write("postern-sign.toml", f"""\
local_networks = ["{CLIENTS}"]
[milter]
socket = "{endpoint.libmilter}"
[dns]
servers = ["127.0.0.1@{places.dns_port}"]
[signing]
keys = "{directory}"
""")
    command = [places.own("postern-milter"), "--config", config]
    return daemons.Daemon("postern-sign", command, places.directory, endpoint)


def start_opendkim(places, keys, signers):
    endpoint = places.endpoint("opendkim-sign")
    config = places.write("opendkim-sign.conf", f"""\
Mode s
Socket {endpoint.libmilter}
Canonicalization relaxed/relaxed
SignatureAlgorithm rsa-sha256
RequireSafeKeys no
OversignHeaders From,To,Subject,Date,Message-ID
KeyTable {keys}
SigningTable refile:{signers}
InternalHosts {places.write("internal", CLIENTS)}
Syslog no
Background no
""")
    command = [daemons.find_program("opendkim"), "-f", "-x", config]
    return daemons.Daemon("opendkim-sign", command, places.directory, endpoint)


def repeat_floor(key, messages, stop, found):
    """Signs and hashes until `stop`; puts the CPU milliseconds of one RSA signature and one SHA-256."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, utils

    private = serialization.load_pem_private_key(key.read_bytes(), None)
    digest, scheme = hashlib.sha256(b"").digest(), utils.Prehashed(hashes.SHA256())
    texts = [path.read_bytes() for path in sorted(pathlib.Path(messages).glob("*.eml"))]
    rounds, begin = 0, time.process_time()
    while not stop.is_set() or rounds == 0:
        hashlib.sha256(texts[rounds % len(texts)]).digest()
        private.sign(digest, padding.PKCS1v15(), scheme)
        rounds += 1
    found.put((time.process_time() - begin) * 1000 / rounds)


def floor_ms(key, messages, run_load):
    """What repeat_floor() finds while `run_load` keeps the machine busy."""
    stop, found = multiprocessing.Event(), multiprocessing.Queue()
    worker = multiprocessing.Process(target=repeat_floor, args=(key, messages, stop, found))
    worker.start()
    run_load()
    stop.set()
    floor = found.get()
    worker.join()
    return floor


def medians(runs):
    return {name: statistics.median(values) for name, values in runs.items()}


def rows(size, runs):
    """[(what, value, bound, whether it is kept; None where there is none)] of one size."""
    found = medians(runs)
    speed = found["postern msgs/s"] / found["opendkim msgs/s"]
    whole = found["postern CPU ms"] / found["floor ms"]
    # Medians of each, not of differences: the rounds of the two are not the same ones.
    alone = (found["postern CPU ms"] - found["noop CPU ms"]) / found["floor ms"]
    return [(f"messages/s, postern / opendkim, {size}", speed, f">= {MIN_SPEED}",
             speed >= MIN_SPEED),
            (f"CPU, (postern - empty milter) / floor, {size}", alone, f"<= {MAX_CPU}",
             alone <= MAX_CPU),
            (f"CPU, whole daemon / floor, {size}", whole, "", None)]


def measure(given, places, running, load, counts):
    """Interleaved rounds of both signers and the floor; prints them, returns the exit status."""
    key = make_key(places)
    strip_signatures(places)
    domains = [f"example-{number}.example.org" for number in range(10)]
    keys, signers = tables(places, key, domains)
    started = {"postern": start_postern(places, keys, signers),
               "noop": daemons.start_noop(places, "noop-sign", [])}
    if daemons.find_program("opendkim"):
        started["opendkim"] = start_opendkim(places, keys, signers)
    running += started.values()
    for daemon in started.values():
        daemon.wait_until_listening()
    kept = True
    if "opendkim" not in started:
        print("NOT MEASURED: opendkim: apt install opendkim")
        if not given.smoke:
            return 2
    print(EXPLANATION)
    for size in given.sizes:
        runs = {}
        for _ in range(given.rounds):
            def run_load(name):
                expected = [] if name == "noop" else ["a=rsa-sha256"]
                return load(places, [started[name]], expected, size, counts[size], 8, 32,
                            given.messages_per_connection)

            for name in started:
                run = run_load(name)
                runs.setdefault(f"{name} msgs/s", []).append(run["messages_per_second"])
                runs.setdefault(f"{name} CPU ms", []).append(run["cpu_ms_per_1000"] / 1000)
            runs.setdefault("floor ms", []).append(
                floor_ms(key, places.directory / "messages" / size, lambda: run_load("noop")))
        print("  ".join([size] + [f"{name} {value:.3f}" for name, value in medians(runs).items()]))
        for what, value, bound, good in rows(size, runs) if "opendkim" in started else []:
            print(f"{what:<52}{value:>8.2f}  {bound:<8}{VERDICTS[good]}")
            kept = kept and (good is not False or given.smoke)
    log = started["postern"].log.read_text(errors="replace")
    unsigned = [line for line in log.splitlines() if "event=message " in line
                and "signed=" not in line.replace("unsigned=", "")]
    print(f"messages that postern did not sign: {len(unsigned)}")
    return 0 if kept and not unsigned else 1
