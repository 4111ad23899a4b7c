"""The network of the tests: the simulator and all other servers are on this machine."""

from endpoints.azure.network import Network

HERE = Network(private_networks=("127.0.0.0/8", "::1/128"))
