"""PURE. Which address a request really comes from, behind proxies that may or may not be ours."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

UNKNOWN = "unknown"


def client_address(peer: str, forwarded: Sequence[str], trusted: Sequence[str]) -> str:
    """The right-most hop that is not one of our proxies; whatever stands left of it anybody can write.

    `forwarded` holds the X-Forwarded-For headers in order, `trusted` addresses or networks (10.0.0.0/8).
    A hop that is no address ends the walk at the last believable one.
    """
    networks = [ip_network(network, strict=False) for network in trusted]
    hops = [hop.strip() for header in forwarded for hop in header.split(",")]
    believed = UNKNOWN
    for hop in [peer, *reversed(hops)]:
        try:
            address = ip_address(hop)
        except ValueError:
            return believed
        believed = str(address)
        if not any(address in network for network in networks):
            return believed
    return believed
