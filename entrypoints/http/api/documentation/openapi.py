"""The OpenAPI document. FastAPI generates it from the routes, and this module completes it.

The document is generated when a client first requests it, not when the app is created.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI

from entrypoints.http.api.documentation.events import add_events
from entrypoints.http.api.documentation.examples.adding import add_examples
from entrypoints.http.api.documentation.schemas import name_schemas, without_defaults
from entrypoints.http.api.documentation.shared_parts import share_parts
from entrypoints.http.security.scopes import CLIENT_CREDENTIALS, SCHEME

CONTACT = {"name": "The Steelyard authors"}
LICENSE = {"name": "MIT", "identifier": "MIT"}

_UNUSED_SCHEMAS = {"HTTPValidationError", "ValidationError"}
"""FastAPI's schemas of its own validation error.

FastAPI documents this error for every operation that declares no 422. No route returns this error.
"""


def api_version(release: int) -> str:
    """Return the version of the document: the version in the paths (`/v1`), and then the release."""
    return f"1.{release}.0"


def servers(public_address: str) -> list[dict[str, str]]:
    """Return OpenAPI's `servers` for a service with this public address."""
    return [
        {
            # A path without a host, so that browsers call the host that served the document.
            "url": urlsplit(public_address).path or "/",
            "description": "The service that serves this document.",
        },
        {"url": public_address, "description": "The service at its public address."},
    ]


class DocumentedAPI(FastAPI):
    """An app whose OpenAPI document lists exactly the responses that the app can return."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = _completed(super().openapi())
        return self.openapi_schema


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    for operations in document["paths"].values():
        for operation in operations.values():
            _remove_unused_422(operation["responses"])
            if operation["security"] == [{}]:
                # The operation needs no token. Client generators understand `[]`, but would require a token for
                # `[{}]`.
                operation["security"] = []
    for name in _UNUSED_SCHEMAS:
        schemas.pop(name, None)
    document["components"].setdefault("securitySchemes", {})[SCHEME] = CLIENT_CREDENTIALS
    document = name_schemas(document)
    add_events(document)
    add_examples(document)
    share_parts(document)
    without_defaults(document)
    return document


def _remove_unused_422(responses: dict[str, Any]) -> None:
    content: Mapping[str, Any] = responses.get("422", {}).get("content", {})
    if "HTTPValidationError" in content.get("application/json", {}).get("schema", {}).get("$ref", ""):
        del responses["422"]
