"""Updates of rules as a mirror has them: archives, digests, signatures, and a server of HTTPS."""

import gzip
import hashlib
import http.server
import io
import pathlib
import shutil
import ssl
import subprocess
import tarfile
import tempfile
import threading
import time

from . import tls

CHANNEL = "updates.spamassassin.org"
FOLDER = "updates_spamassassin_org"


def rules(count, word="word"):
    """So many rules of body, the first of which is GTUBE."""
    text = r"body GTUBE /XJS\*C4JDBQADN1\.NSBN3\*2IDNEN\*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL\*C\.34X/"
    lines = [text] + [f"body R_{number} /{word}{number}/" for number in range(1, count)]
    return "\n".join(lines) + "\n"


def archive(files, *, entries=()):
    """Octets of a tar.gz. entries: further tarfile.TarInfo, without data."""
    octets = io.BytesIO()
    with tarfile.open(fileobj=octets, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
        for info in entries:
            tar.addfile(info)
    return gzip.compress(octets.getvalue(), 6)


class Signer:
    """A key of OpenPGP of its own."""

    def __init__(self, name="rules@example.org"):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="gpg-", dir="/tmp"))
        self.home.chmod(0o700)
        self.run("--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "never")
        self.public = self.run("--armor", "--export", name)

    def run(self, *words, **options):
        return subprocess.run(["gpg", "--homedir", self.home, "--batch", "--quiet", *words], check=True,
                              capture_output=True, timeout=60, **options).stdout  # fmt: skip

    def sign(self, path):
        return self.run("--armor", "--detach-sign", "--output", "-", str(path))

    def close(self):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False, timeout=60)
        shutil.rmtree(self.home, ignore_errors=True)


def publish(folder, version, octets, signer=None, kind="sha512"):
    """Puts an archive with its digest and signature into a directory."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{version}.tar.gz"
    path.write_bytes(octets)
    digest = hashlib.new(kind, octets).hexdigest()
    (folder / f"{path.name}.{kind}").write_text(f"{digest}  {path.name}\n")
    if signer:
        (folder / f"{path.name}.asc").write_bytes(signer.sign(path))
    return path


class Mirror:
    """Serves a directory by HTTPS, whatever host is asked; `asked` has the paths in order."""

    def __init__(self, folder, certificates, hostname="mirror.example"):
        self.asked = []
        self.delay = 0  # seconds before each answer
        mirror = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=str(folder))

            def do_GET(self):
                mirror.asked.append(f"{self.headers['Host']}{self.path}")
                time.sleep(mirror.delay)
                super().do_GET()

            def log_message(self, *arguments):
                pass

        key, certificate = tls.write_certificate(certificates, hostname)
        self.ca_file = certificate
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()
