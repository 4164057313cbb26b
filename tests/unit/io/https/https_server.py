#!/usr/bin/python3
"""Web servers with TLS, each with one good or bad habit, for the test of HTTPS requests.

    https_server.py DIRECTORY

Writes certificates into DIRECTORY, the authority as ca.pem, then prints "NAME PORT" for each server and
"ready", and serves until its standard input ends.
"""

import datetime
import pathlib
import socket
import ssl
import sys
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "mta-sts.example.org"
POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmax_age: 86400\r\n"
NOW = datetime.datetime.utcnow()
DAY = datetime.timedelta(days=1)


def certificate(name, issuer=None, host=None, end=NOW + DAY):
    """A certificate and its key; signed by itself without an issuer, an authority without a host."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_name, issuer_key = (issuer[0].subject, issuer[1]) if issuer else (subject, key)
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer_name)
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(NOW - 10 * DAY).not_valid_after(end)
               .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True))
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256()), key


def context_of(directory, name, pair):
    file = directory / f"{name}.pem"
    file.write_bytes(pair[0].public_bytes(serialization.Encoding.PEM) + pair[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def answer(status="200 OK", fields=("Content-Type: text/plain",), body=POLICY, size=None):
    fields = [*fields, f"Content-Length: {len(body) if size is None else size}"]
    return lambda stream: stream.sendall(
        (f"HTTP/1.1 {status}\r\n" + "".join(f + "\r\n" for f in fields) + "\r\n").encode() + body)


def for_ever(begin, piece, pause=0.0):
    def send(stream):
        stream.sendall(begin)
        while True:
            stream.sendall(piece)
            time.sleep(pause)
    return send


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
# name -> (certificate, what is done after the request)
HABITS = {
    "good": ("good", answer()),
    "charset": ("good", answer(fields=["content-type: Text/Plain; charset=utf-8"])),
    "wildcard": ("wildcard", answer()),
    "largest": ("good", answer(body=b"x" * 65536)),
    "wrong-name": ("wrong-name", answer()),
    "expired": ("expired", answer()),
    "self-signed": ("self-signed", answer()),
    "redirect": ("good", answer("302 Found", [f"Location: https://{HOST}/other"], b"")),
    "missing": ("good", answer("404 Not Found")),
    "html": ("good", answer(fields=["Content-Type: text/html"])),
    "no-type": ("good", answer(fields=[])),
    "large": ("good", answer(body=b"x" * 65537)),
    "cut": ("good", answer(size=10000)),
    "endless": ("good", for_ever(HEAD + b"\r\n", b"x" * 1000)),
    "drip": ("good", for_ever(HEAD + b"\r\n", b"x", 0.05)),
    "headers": ("good", for_ever(HEAD, b"X-More: " + b"x" * 1000 + b"\r\n")),
    "continue": ("good", for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01)),
    "garbage": ("good", lambda stream: stream.sendall(b"\x00\xff nothing\r\n\r\n")),
    "nothing": ("good", lambda stream: None),
    "slow": ("good", lambda stream: time.sleep(60)),
    "no-tls": (None, lambda stream: time.sleep(60)),
    "plain": (None, answer()),
}


def serve_one(connection, context, habit):
    try:
        stream = context.wrap_socket(connection, server_side=True) if context else connection
        request = stream.recv(4096) if context else b"GET /.well-known/mta-sts.txt HTTP/1.1\r\n"
        if not request.startswith(b"GET /.well-known/mta-sts.txt HTTP/1.1\r\n"):
            return
        habit(stream)
        if context:
            stream.unwrap()
    except OSError:
        pass  # the client has seen enough
    finally:
        connection.close()


def serve(listener, context, habit):
    while True:
        connection = listener.accept()[0]
        threading.Thread(target=serve_one, args=(connection, context, habit), daemon=True).start()


def main():
    directory = pathlib.Path(sys.argv[1])
    authority = certificate("Test authority")
    (directory / "ca.pem").write_bytes(authority[0].public_bytes(serialization.Encoding.PEM))
    contexts = {name: context_of(directory, name, pair) for name, pair in {
        "good": certificate("good", authority, HOST),
        "wildcard": certificate("wildcard", authority, "*.example.org"),
        "wrong-name": certificate("wrong", authority, "mta-sts.example.net"),
        "expired": certificate("expired", authority, HOST, NOW - DAY),
        "self-signed": certificate("self", None, HOST),
    }.items()}
    for name, (key, habit) in HABITS.items():
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        threading.Thread(target=serve, args=(listener, contexts.get(key), habit), daemon=True).start()
        print(name, listener.getsockname()[1])
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
