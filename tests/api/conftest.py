"""A program that calls the API with a token."""

import json
from uuid import uuid4

import pytest
from django.test import Client

from endpoints.access import tokens
from tests.conftest import person


class Program(Client):
    """`user`: whose token it has."""

    def __init__(self, user, name="pipeline", rights=None, days=30):
        super().__init__()
        self.user = user
        self.token, self.secret = tokens.create(user, name, days=days, rights=rights, actor=user)
        self.defaults["HTTP_AUTHORIZATION"] = f"Bearer {self.secret}"

    def ask(self, path, **more):
        """GET; the members of the answer."""
        answer = self.get(f"/api/v1{path}", **more)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def request(self, *args, **kwargs):
        return super().request(*args, **kwargs)

    def send(self, path, body=None, key=None, **headers):
        """POST of JSON with an Idempotency-Key, a new one if none is given."""
        headers = {"Idempotency-Key": key or str(uuid4()), **headers}
        body = body if isinstance(body, bytes) else json.dumps(body or {})
        return self.post(f"/api/v1{path}", body, content_type="application/json", headers=headers)


@pytest.fixture
def pipeline(db):
    """May deploy."""
    return Program(person("robot", "admin").user)


@pytest.fixture
def watcher(db):
    """May view endpoints."""
    return Program(person("watch", "viewer").user, "dashboard")


@pytest.fixture
def reader(db):
    """May read content logs."""
    return Program(person("reading", "listener").user, "export")
