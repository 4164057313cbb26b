"""A DNS server for one zone dictionary that answers what it is told, without delegations.

The dictionary is that of dns_server.py, with "NS": ["host"] besides: nsd takes NS records below
the root for delegations and refers to the name server, where a resolver would answer. UDP only,
and aliases are not followed.
"""

import contextlib
import socket
import threading

import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from . import ports
from .dns_server import record_text

TTL_SECONDS = 300
DATAGRAM_SIZE = 4096
SO_RCVBUFFORCE = 33  # of asm-generic/socket.h; Python has no name for it


class PlainDns:
    """Use it as a context: it answers at 127.0.0.1, `port`; `asked` has all names and types.

    Of names below those of `silent` it says nothing at all.
    """

    def __init__(self, zone, silent=()):
        self._silent = tuple("." + name for name in silent)  # nothing below is answered
        self._zone = {owner.lower().rstrip("."): records for owner, records in zone.items()}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # Room for all questions of a message at once; what the kernel gives otherwise holds 270.
        with contextlib.suppress(PermissionError):
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 * 1024 * 1024)
        self._socket.bind((ports.LOOPBACK, 0))
        self._socket.settimeout(0.2)
        self.port = self._socket.getsockname()[1]
        self.asked = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()
        self._socket.close()

    def _run(self):
        while not self._ends.is_set():
            try:
                data, peer = self._socket.recvfrom(DATAGRAM_SIZE)
                answer = self._answer(dns.message.from_wire(data))
                if not self.asked[-1][0].endswith(self._silent):
                    self._socket.sendto(answer, peer)
            except (TimeoutError, dns.exception.DNSException):
                continue

    def _answer(self, query):
        response = dns.message.make_response(query, recursion_available=True)
        question = query.question[0]
        owner = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((owner, kind))
        values = self._zone.get(owner, {}).get(kind, [])
        if values:
            texts = [record_text(kind, value) for value in values]
            response.answer.append(
                dns.rrset.from_text(question.name, TTL_SECONDS, "IN", kind, *texts)
            )
        elif not self._exists(owner):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()

    def _exists(self, owner):
        return owner in self._zone or any(name.endswith("." + owner) for name in self._zone)
