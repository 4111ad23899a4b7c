"""The simulated resource has two keys; one that was regenerated is refused from then on."""

import httpx

from tests.demo import PLAIN


def status(world, key):
    headers = {"Ocp-Apim-Subscription-Key": key}
    return httpx.get(
        f"{world.url}/speechtotext/v3.2/models", headers=headers, verify=PLAIN, trust_env=False
    ).status_code


def keys(world, **body):
    address = f"{world.url}/_world/keys"
    return httpx.post(address, json=body, verify=PLAIN, trust_env=False) if body else httpx.get(address, verify=PLAIN)


def test_both_keys_work_and_a_regenerated_one_no_longer(world):
    first, second = keys(world).json()["keys"]
    assert [status(world, key) for key in (first, second, "another")] == [200, 200, 401]
    new = keys(world, key=2).json()["keys"]
    assert new[0] == first
    assert [status(world, key) for key in (first, second, new[1])] == [200, 401, 200]


def test_a_reset_brings_the_first_keys_back(world):
    before = keys(world).json()
    keys(world, key=1)
    world.begin()
    assert keys(world).json() == before


def test_there_is_no_third_key(world):
    assert keys(world, key=3).status_code == 400
