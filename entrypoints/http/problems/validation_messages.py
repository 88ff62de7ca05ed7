"""Messages for violated field rules. A message contains the rule and never the value.

Pydantic's own messages are not used, because some of them repeat the input.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """The stable code of a violated rule, and a template of its message.

    `limits` are the names of the limits in pydantic's error context. Limits come from the schema, and never
    from the input.
    """

    code: str
    sentence: str
    limits: tuple[str, ...] = ()

    def detail(self, context: Mapping[str, Any]) -> str:
        return self.sentence.format_map(self.params(context))

    def params(self, context: Mapping[str, Any]) -> dict[str, Any]:
        return {limit: context[limit] for limit in self.limits}


MISSING = Rule("missing", "This is required.")
UNKNOWN_FIELD = Rule("unknown_field", "There is a field here that is not known.")
INVALID = Rule("invalid", "This value is not valid here.")

_NOT_TEXT = Rule("not_a_string", "Send a text.")
_NOT_AN_INTEGER = Rule("not_an_integer", "Send a whole number, without quotes or a fraction.")
_NOT_AN_INTEGER_TEXT = Rule("not_an_integer", "Send a whole number.")
_NOT_A_NUMBER = Rule("not_a_number", "Send a number.")
_NOT_A_BOOLEAN = Rule("not_a_boolean", "Send true or false.")
_NOT_A_UUID = Rule("not_a_uuid", "Send a UUID, as in 0190f3c6-7d2a-7c31-9b0e-3f6a2c1d4e5f.")
_NOT_A_TIME = Rule("not_a_timestamp", "Send a time as in RFC 3339, as in 2026-01-31T12:00:00Z.")
_NOT_A_LIST = Rule("not_a_list", "Send a list.")
_NOT_AN_OBJECT = Rule("not_an_object", "Send a JSON object.")
_NOT_AN_OPTION = Rule("not_an_option", "Send one of {expected}.", ("expected",))

RULES: Mapping[str, Rule] = {
    "missing": MISSING,
    "extra_forbidden": UNKNOWN_FIELD,
    "string_type": _NOT_TEXT,
    "string_unicode": _NOT_TEXT,
    "string_too_short": Rule("too_short", "The least length is {min_length}.", ("min_length",)),
    "string_too_long": Rule("too_long", "The greatest length is {max_length}.", ("max_length",)),
    "string_pattern_mismatch": Rule("invalid_format", "This does not have the form that is asked for."),
    "too_short": Rule("too_few_items", "The least number of items is {min_length}.", ("min_length",)),
    "too_long": Rule("too_many_items", "The greatest number of items is {max_length}.", ("max_length",)),
    "greater_than": Rule("too_small", "Send a number greater than {gt}.", ("gt",)),
    "greater_than_equal": Rule("too_small", "Send a number not less than {ge}.", ("ge",)),
    "less_than": Rule("too_large", "Send a number less than {lt}.", ("lt",)),
    "less_than_equal": Rule("too_large", "Send a number not greater than {le}.", ("le",)),
    "int_type": _NOT_AN_INTEGER,
    "int_from_float": _NOT_AN_INTEGER,
    "int_parsing": _NOT_AN_INTEGER_TEXT,
    "int_parsing_size": _NOT_AN_INTEGER_TEXT,
    "float_type": _NOT_A_NUMBER,
    "float_parsing": _NOT_A_NUMBER,
    "finite_number": _NOT_A_NUMBER,
    "bool_type": _NOT_A_BOOLEAN,
    "bool_parsing": _NOT_A_BOOLEAN,
    "uuid_type": _NOT_A_UUID,
    "uuid_parsing": _NOT_A_UUID,
    "uuid_version": _NOT_A_UUID,
    "datetime_type": _NOT_A_TIME,
    "datetime_parsing": _NOT_A_TIME,
    "datetime_from_date_parsing": _NOT_A_TIME,
    "datetime_object_invalid": _NOT_A_TIME,
    "timezone_aware": _NOT_A_TIME,
    "enum": _NOT_AN_OPTION,
    "literal_error": _NOT_AN_OPTION,
    "list_type": _NOT_A_LIST,
    "tuple_type": _NOT_A_LIST,
    "set_type": _NOT_A_LIST,
    "frozen_set_type": _NOT_A_LIST,
    "dict_type": _NOT_AN_OBJECT,
    "model_type": _NOT_AN_OBJECT,
    "model_attributes_type": _NOT_AN_OBJECT,
    "dataclass_type": _NOT_AN_OBJECT,
}
"""The messages by error type of pydantic. If an error type is missing here, its message is INVALID."""
