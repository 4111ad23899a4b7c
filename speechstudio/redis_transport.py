"""Celery's connection to Redis; loaded when the first connection is opened."""

from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as Lost

PROBE = "speechstudio-probe"  # a key that does not exist


class Channel(redis.Channel):
    """Can be closed although its connection is lost.

    After a loss Celery closes the connection twice. The second time, a channel that waited for messages and has others
    that are not acknowledged asks for the address of a connection that has none any more: an AttributeError, which ends
    the whole worker. An error of the connection it ignores, and the messages are delivered again later.
    """

    def _connparams(self, asynchronous: bool = False) -> Any:
        channel: Any = self
        if channel.connection.client is None:
            raise Lost("The connection to Redis was closed.")
        return super()._connparams(asynchronous)  # type: ignore[misc]  # its types leave it out


class WritableRedis(redis.Transport):
    """Counts as connected only when Redis accepts writes, which a replica does not.

    In a failover a master becomes a replica for a while. Without this a worker would connect to it, fail at the first
    write and connect again, several times a second.
    """

    Channel = Channel

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
