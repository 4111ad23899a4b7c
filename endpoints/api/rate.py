"""How many requests a token may make in a minute: API_REQUESTS_PER_MINUTE, counted in the cache (CACHE_URL).

Without CACHE_URL each web process counts its own. While the cache is away nobody is stopped.
"""

import logging
import time

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from endpoints.api.problems import Problem
from endpoints.models import ApiToken

MINUTE = 60
log = logging.getLogger(__name__)


def take(token: ApiToken) -> None:
    """Raises Problem when the token has made its requests of this minute."""
    now = time.time()
    key = f"api-requests:{token.pk}:{int(now // MINUTE)}"
    try:
        cache.add(key, 0, timeout=2 * MINUTE)
        made = cache.incr(key)
    except (RedisError, ValueError) as error:  # ValueError: it was dropped in between
        log.warning("Requests of the API are not counted: %s", error)
        return
    if made > settings.API_REQUESTS_PER_MINUTE:
        left = MINUTE - int(now % MINUTE)
        raise Problem("too-many", headers={"Retry-After": str(left)})
