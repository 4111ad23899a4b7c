"""Celery's connection to Redis; loaded when the first connection is opened."""

from typing import Any

from kombu.transport import redis

PROBE = "speechstudio-probe"  # a key that does not exist


class WritableRedis(redis.Transport):
    """Counts as connected only when Redis accepts writes, which a replica does not.

    In a failover a master becomes a replica for a while. Without this a worker would connect to it, fail at the first
    write and connect again, several times a second.
    """

    def establish_connection(self) -> Any:
        transport: Any = self  # its types describe another transport
        connection = super().establish_connection()
        channel = transport.create_channel(connection)  # the one that has just been made
        try:
            channel.client.delete(PROBE)
        except Exception:
            channel.close()
            raise
        transport._avail_channels.append(channel)
        return connection
