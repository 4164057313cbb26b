"""Writes small files in the MaxMind DB format 2.0 that say in which country networks are."""

import ipaddress


def _text(text):
    return bytes([(2 << 5) | len(text)]) + text.encode()  # below 29 octets


def _number(kind, number, octets):
    # Types above 7 stand in an octet of their own.
    head = bytes([octets, kind - 7]) if kind > 7 else bytes([(kind << 5) | octets])
    return head + number.to_bytes(octets, "big")


def _map(pairs):
    """Values are encoded already."""
    return bytes([(7 << 5) | len(pairs)]) + b"".join(_text(k) + v for k, v in pairs.items())


class _Tree:
    """An IPv6 tree, with IPv4 in ::/96 as everybody has it. A node has two sides, each None, the
    number of another node, or the data of a network."""

    def __init__(self):
        self.nodes = [[None, None]]

    def add(self, network, data):
        network = ipaddress.ip_network(network)
        size = 96 + network.prefixlen if network.version == 4 else network.prefixlen
        bits = f"{int(network.network_address):0128b}"[:size]
        node = self.nodes[0]
        for bit in bits[:-1]:
            if node[int(bit)] is None:
                node[int(bit)] = len(self.nodes)
                self.nodes.append([None, None])
            node = self.nodes[node[int(bit)]]
        node[int(bits[-1])] = data


def country_file(countries):
    """The octets of a file for {network: code}."""
    tree = _Tree()
    for network, code in countries.items():
        tree.add(network, _map({"country": _map({"iso_code": _text(code)})}))
    records, values = b"", b""
    for node in tree.nodes:
        for side in node:
            if isinstance(side, bytes):
                value = len(tree.nodes) + 16 + len(values)
                values += side
            else:
                value = len(tree.nodes) if side is None else side
            records += value.to_bytes(3, "big")
    about = _map({
        "binary_format_major_version": _number(5, 2, 1),
        "binary_format_minor_version": _number(5, 0, 0),
        "build_epoch": _number(9, 1_700_000_000, 4),
        "database_type": _text("Test-Country"),
        "description": _map({"en": _text("test")}),
        "ip_version": _number(5, 6, 1),
        "languages": b"\x01\x04" + _text("en"),
        "node_count": _number(6, len(tree.nodes), 4),
        "record_size": _number(5, 24, 1),
    })  # fmt: skip
    return records + bytes(16) + values + b"\xab\xcd\xefMaxMind.com" + about
