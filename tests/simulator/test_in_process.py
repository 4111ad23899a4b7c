"""The applications without a server, by an ASGI transport."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx

from endpoints.simulator.api.serializer import Origins
from endpoints.simulator.app import build, build_content
from endpoints.simulator.options import Options
from endpoints.simulator.simulation import Simulation

from .conftest import KEY


def test_both_origins_answer_without_a_socket() -> None:
    origins = Origins(api="http://api.example", content="http://content.example")
    simulation = Simulation(Options(endpoints=10, logs=1, log_bytes=1000), keys=(KEY, "another"), origins=origins)

    async def first_content() -> httpx.Response:
        api = httpx.ASGITransport(build(simulation))
        content = httpx.ASGITransport(build_content(simulation))
        async with httpx.AsyncClient(mounts={"http://api.example": api, "http://content.example": content}) as client:
            headers = {"Ocp-Apim-Subscription-Key": KEY}
            page_response = await client.get("http://api.example/speechtotext/v3.2/endpoints", headers=headers)
            logging = next(one for one in page_response.json()["values"] if one["properties"]["loggingEnabled"])
            logs = await client.get(logging["links"]["logs"], headers=headers)
            return await client.get(logs.json()["values"][0]["links"]["contentUrl"])

    # In another thread: the browser tests have a running event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, first_content()).result().content.startswith(b"RIFF")
