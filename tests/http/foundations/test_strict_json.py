import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.routing.strict_json import MAX_DEPTH, MAX_INTEGER, MAX_MEMBERS, parse

CANARY = "hunter2-c4n4ry"

characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
i_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(characters),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(characters), inner, max_size=4),
    max_leaves=12,
)


@given(i_json)
def test_strict_parser_reads_interoperable_json_like_the_standard_library(value: object) -> None:
    assert parse(json.dumps(value).encode()) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b"[Infinity]", id="infinity"),
        pytest.param(b"[-Infinity]", id="negative infinity"),
        pytest.param(b"[1e400]", id="1e400"),
        pytest.param(b"[1E+200000]", id="1E+200000"),
        pytest.param(b"[-1e400]", id="-1e400"),
        pytest.param(b'{"a": 1, "a": 2}', id="duplicate key"),
        pytest.param(b'{"o": {"a": 1, "\\u0061": 2}}', id="duplicate key, written differently"),
        pytest.param(b'"\\ud800"', id="lone high surrogate"),
        pytest.param(b'{"\\udc00": 1}', id="lone low surrogate in a key"),
        pytest.param(b'"\\ud83d\\ude00\\udc00"', id="pair and lone surrogate"),
        pytest.param(b'"\xed\xa0\x80"', id="surrogate in UTF-8"),
        pytest.param(b'"\\u0000"', id="escaped NUL"),
        pytest.param(b'"\x00"', id="NUL"),
        pytest.param(b'{"a": ["x\\u0000"]}', id="NUL inside"),
        pytest.param(b"\xff", id="not UTF-8"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16 with mark"),
        pytest.param('{"a": 1}'.encode("utf-16-le"), id="UTF-16 little-endian"),
        pytest.param('{"a": 1}'.encode("utf-16-be"), id="UTF-16 big-endian"),
        pytest.param('{"a": 1}'.encode("utf-32"), id="UTF-32"),
        pytest.param(b"\xef\xbb\xbf{}", id="byte order mark"),
        pytest.param(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), id="one level too deep"),
        pytest.param(b'{"a":' * 40 + b"1" + b"}" * 40, id="deep objects"),
        pytest.param(b"[" * 100_000, id="deep and open"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="deep"),
        pytest.param(b'{"a":' * 50_000 + b"1" + b"}" * 50_000, id="deeper objects"),
        pytest.param(str(MAX_INTEGER + 1).encode(), id="2^53"),
        pytest.param(str(-MAX_INTEGER - 1).encode(), id="-2^53"),
        pytest.param(b"9" * 200_000, id="a huge integer"),
        pytest.param(b"[" + b"1," * MAX_MEMBERS + b"1]", id="too many items"),
        pytest.param(
            b"[" + b'{"a": 1, "b": 2}, ' * (MAX_MEMBERS // 3) + b"1, 2]", id="too many fields and items"
        ),
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="open"),
        pytest.param(b"{} {}", id="two values"),
        pytest.param(b"[1,]", id="trailing comma"),
        pytest.param(b"01", id="leading zero"),
        pytest.param(b"'a'", id="single quotes"),
        pytest.param(b"{a: 1}", id="bare key"),
        pytest.param(b'{"a": 1} // note', id="comment"),
    ],
)
def test_ambiguous_json_is_rejected(body: bytes) -> None:
    with pytest.raises(HTTPProblem) as refusal:
        parse(body)
    assert refusal.value.type.code == "malformed_json"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
        (b'["' + b"[{" * 100 + b'"]', ["[{" * 100]),
        (b"[" + b"1," * (MAX_MEMBERS - 1) + b"1]", None),
        (b'["' + b"1," * MAX_MEMBERS + b'"]', None),
        (b'["\\"' + b"1," * MAX_MEMBERS + b'"]', None),
        (b'["\\\\", "' + b"1," * MAX_MEMBERS + b'"]', None),
        (b"[" + b"[]," * (MAX_MEMBERS - 1) + b"{ }]", None),
        (str(MAX_INTEGER).encode(), MAX_INTEGER),
        (str(-MAX_INTEGER).encode(), -MAX_INTEGER),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\\\u0000"', "\\u0000"),
        (b' \n{"a" : [1 , 2.5e3]}\t', {"a": [1, 2500.0]}),
    ],
)
def test_json_within_the_limits_of_depth_and_size_and_integers_is_accepted(
    body: bytes, value: object
) -> None:
    assert parse(body) == (json.loads(body) if value is None else value)


def test_error_for_malformed_json_states_only_the_position_of_the_mistake() -> None:
    with pytest.raises(HTTPProblem) as refusal:
        parse(f'{{"password":\n  {CANARY}}}'.encode())
    assert refusal.value.params == {"line": 2, "column": 3}
    assert refusal.value.detail == "This is not JSON: there is a mistake at line 2, column 3."


@given(st.text(string.printable), st.sampled_from(['{"a": %s}', "[%s", "%s", '{"%s": NaN}', '"\\q%s"']))
def test_error_for_malformed_json_never_contains_the_input(noise: str, form: str) -> None:
    with pytest.raises(HTTPProblem) as refusal:
        parse((form % (CANARY + noise)).encode())
    error = refusal.value
    assert CANARY not in f"{error.detail}{error.params}{error.errors}{error.__cause__}"
