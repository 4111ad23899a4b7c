"""The bodies of a 404 that is not the service's own word about an entity, by what wrote it."""

FOREIGN = {
    "the gateway's error": {"error": {"code": "404", "message": "Resource not found"}},
    "the wrapped contract": {"error": {"code": "NotFound", "message": "Not found."}},
    "API Management": {"statusCode": 404, "message": "Resource not found"},
    "another code": {"code": "InvalidRequest", "message": "What?"},
    "HTML": "<html>no such page</html>",
    "nothing": "",
}
