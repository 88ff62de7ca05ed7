"""The OpenAPI document, without responses that the service never sends."""

from typing import Any

from fastapi import FastAPI

from entrypoints.http.security.scopes import CLIENT_CREDENTIALS, SCHEME

_UNUSED_SCHEMAS = {"HTTPValidationError", "ValidationError"}
"""FastAPI's own validation error. It documents one for every operation without a 422; nothing here answers with it."""


class DocumentedAPI(FastAPI):
    """An app whose OpenAPI document lists what it can answer, and nothing else."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            schema = super().openapi()
            for operations in schema["paths"].values():
                for operation in operations.values():
                    _remove_unused_422(operation["responses"])
            for name in _UNUSED_SCHEMAS:
                schema["components"]["schemas"].pop(name, None)
            schema["components"].setdefault("securitySchemes", {})[SCHEME] = CLIENT_CREDENTIALS
            self.openapi_schema = schema
        return self.openapi_schema


def _remove_unused_422(responses: dict[str, Any]) -> None:
    content = responses.get("422", {}).get("content", {})
    if "HTTPValidationError" in content.get("application/json", {}).get("schema", {}).get("$ref", ""):
        del responses["422"]
