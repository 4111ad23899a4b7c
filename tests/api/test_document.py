"""The document of the API."""


def test_the_document_is_openapi_3_1_and_open_to_everybody(client, db):
    found = client.get("/api/v1/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    assert {"get", "post"} <= found["paths"]["/api/v1/endpoints"].keys()
    names = [one["operationId"] for methods in found["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names))
