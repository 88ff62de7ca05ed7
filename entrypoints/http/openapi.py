"""The service's description of itself, as its clients read it."""

from typing import Any

from fastapi import FastAPI

from entrypoints.http.security.scopes import CLIENT_CREDENTIALS, SCHEME

_FOREIGN = {"HTTPValidationError", "ValidationError"}
"""The form of FastAPI's own validation error, which it adds where no 422 is declared. Nothing here answers with it."""


class DescribedApp(FastAPI):
    """An app whose OpenAPI description has what it can answer, and nothing else."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            schema = super().openapi()
            for operations in schema["paths"].values():
                for operation in operations.values():
                    _forget_foreign(operation["responses"])
            for name in _FOREIGN:
                schema["components"]["schemas"].pop(name, None)
            schema["components"].setdefault("securitySchemes", {})[SCHEME] = CLIENT_CREDENTIALS
            self.openapi_schema = schema
        return self.openapi_schema


def _forget_foreign(responses: dict[str, Any]) -> None:
    content = responses.get("422", {}).get("content", {})
    if "HTTPValidationError" in content.get("application/json", {}).get("schema", {}).get("$ref", ""):
        del responses["422"]
