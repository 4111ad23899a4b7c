"""Which networks are not public."""

from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network

# Private, shared, loopback, link-local and unique local addresses (RFC 6890).
NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


def is_private(network: Network) -> bool:
    """Whether all of its addresses are in networks that are not public."""
    return any(network.version == one.version and network.subnet_of(one) for one in NOT_PUBLIC)  # type: ignore[arg-type]  # of one version
