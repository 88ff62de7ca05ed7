"""Base types of requests and responses.

The JSON Schema of each type states the rules that are checked.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import StrictInt as StrictInt  # noqa: PLC0414 - re-exported together with the other types
from pydantic.config import JsonDict
from typing_extensions import TypeAliasType

from domain.shared.currency import EXPONENTS
from domain.shared.money import MAX_AMOUNT, Money
from domain.shared.text import TextRule
from domain.users.email_address import EmailAddress, InvalidEmailAddress
from entrypoints.email_addresses import known_email_address, parse_email_address
from entrypoints.http.problems.validation import broken_rule

_LAX = {"bool", "int", "float", "decimal", "date", "time", "datetime", "timedelta"}
"""Pydantic types that also accept other JSON types, except in strict mode.

For example, they accept 1 for true, and "7" or true for 7.
"""

MAX_EMAIL = 254
"""The maximum length of an e-mail address (RFC 5321, section 4.5.3.1)."""
MAX_TIMESTAMP = 64
"""The maximum length of a timestamp. RFC 3339 allows any number of decimal places."""

_RFC3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII | re.IGNORECASE
)


def _lax_types(schema: Any) -> Iterator[str]:  # noqa: ANN401 - pydantic's schemas are nested arbitrarily
    """Yield each lax type of a pydantic core schema, for example a number that accepts a string."""
    if isinstance(schema, list):
        for member in schema:
            yield from _lax_types(member)
    elif isinstance(schema, dict):
        if schema.get("type") in _LAX and not schema.get("strict"):
            yield schema["type"]
        for key, member in schema.items():
            if key not in {"default", "metadata", "serialization"}:
                yield from _lax_types(member)


class RequestModel(BaseModel):
    """A JSON object of a request. It rejects unknown fields. Fields must be strict.

    If a subclass has a field that is not strict, the definition of the subclass raises TypeError. Use StrictInt,
    StrictBool or Timestamp.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

    @classmethod
    def __pydantic_on_complete__(cls) -> None:
        lax = sorted(set(_lax_types(cls.__pydantic_core_schema__)))
        if lax:
            raise TypeError(f"{cls.__qualname__} has fields that are not strict: {', '.join(lax)}")


class ResponseModel(BaseModel):
    """A JSON object of a response, made from a view's attributes."""

    # Build each validator and serializer when it is first used. Building all of them at once would delay the start of
    # the service.
    model_config = ConfigDict(from_attributes=True, defer_build=True)


ActorId = Annotated[
    UUID | None,
    Field(description="The user or service client that acted; null for the shop itself."),
]


def text(*, max_length: int, min_length: int = 0) -> Any:  # noqa: ANN401 - the same type as in pydantic's Field
    """Return a length limit as metadata for `Annotated[str, ...]`.

    If the text is a field of an entity, use `text_of` instead.
    """
    return text_of(TextRule(min_length=min_length, max_length=max_length))


def text_of(rule: TextRule) -> Any:  # noqa: ANN401 - the same type as in pydantic's Field
    """Return a domain rule as metadata for `Annotated[str, ...]`.

    The lengths are checked before the pattern.
    """
    return Field(min_length=rule.min_length or None, max_length=rule.max_length, pattern=rule.pattern)


def _in_order(mapping: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(mapping.items()))


InOrder = AfterValidator(_in_order)
"""A mapping with keys from the client.

The mapping is sorted, so that equal contents have equal fingerprints.
"""


def _known_currency(code: str) -> str:
    if code not in EXPONENTS:
        raise broken_rule(code="unknown_currency", detail="Send a currency's code of ISO 4217, as in EUR.")
    return code


def _email(parse: Callable[[str], EmailAddress]) -> AfterValidator:
    def validate(text: str) -> str:
        try:
            parse(text)
        except InvalidEmailAddress as error:
            raise broken_rule(code="not_an_email", detail=error.detail) from None
        return text

    return AfterValidator(validate)


def _utc(value: object) -> object:
    """Parse an RFC 3339 timestamp, and convert it to UTC. Reject any other value."""
    try:
        if isinstance(value, str) and len(value) <= MAX_TIMESTAMP and _RFC3339.fullmatch(value):
            value = datetime.fromisoformat(value.upper())
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise broken_rule(
        code="not_a_timestamp", detail="Send a time as RFC 3339 has it, as in 2026-01-31T12:00:00Z."
    )


Currency = TypeAliasType(
    "Currency",
    Annotated[
        str,
        AfterValidator(_known_currency),
        Field(
            description="A currency's code of ISO 4217. The currency decides what a minor unit is.",
            examples=["USD"],
            json_schema_extra={"pattern": "^[A-Z]{3}$", "enum": sorted(EXPONENTS)},
        ),
    ],
)
"""A named type, so that the OpenAPI document has one schema for this type."""

_EMAIL_SCHEMA: JsonDict = {"format": "idn-email", "pattern": r"^[^@\s]+@[^@\s]+\.[^@\s]+$"}

Email = Annotated[
    str,
    Field(max_length=MAX_EMAIL),
    _email(parse_email_address),
    Field(examples=["maria.anders@example.com"], json_schema_extra=_EMAIL_SCHEMA),
]
"""The raw text of an e-mail address; `parse_email_address` parses it."""

KnownEmail = Annotated[
    str,
    Field(max_length=MAX_EMAIL),
    _email(known_email_address),
    Field(examples=["maria.anders@example.com"], json_schema_extra=_EMAIL_SCHEMA),
]
"""The raw text of the e-mail address of an existing account; `known_email_address` parses it."""

Timestamp = Annotated[datetime, BeforeValidator(_utc), Field(strict=True, examples=["2026-01-31T12:00:00Z"])]
"""A timestamp: RFC 3339 with any offset in requests, UTC with `Z` in responses."""


class MoneySchema(RequestModel):
    """Money: integer minor units of a currency."""

    model_config = ConfigDict(
        title="Money",
        from_attributes=True,
        json_schema_extra={"examples": [{"amount": 1800, "currency": "USD"}]},
    )

    amount: Annotated[
        StrictInt,
        Field(
            ge=-MAX_AMOUNT,
            le=MAX_AMOUNT,
            description="In minor units: 1800 is 18.00 USD, and 1800 JPY.",
            examples=[1800],
        ),
    ]
    currency: Currency = Field(description="The currency of the amount.")

    def to_money(self) -> Money:
        return Money(self.amount, self.currency)


class NonNegativeMoney(MoneySchema):
    """Money that is not negative."""

    model_config = ConfigDict(title="NonNegativeMoney")

    amount: Annotated[
        StrictInt,
        Field(
            ge=0,
            le=MAX_AMOUNT,
            description="In minor units: 1800 is 18.00 USD, and 1800 JPY.",
            examples=[1800],
        ),
    ]


class PositiveMoney(MoneySchema):
    """Money above zero."""

    model_config = ConfigDict(
        title="PositiveMoney", json_schema_extra={"examples": [{"amount": 3600, "currency": "USD"}]}
    )

    amount: Annotated[
        StrictInt,
        Field(
            ge=1,
            le=MAX_AMOUNT,
            description="In minor units: 1800 is 18.00 USD, and 1800 JPY.",
            examples=[1800],
        ),
    ]
