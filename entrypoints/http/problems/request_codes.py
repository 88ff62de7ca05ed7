"""Problems of the request: its body, headers and path."""

from entrypoints.http.problems.problem_type import ProblemType

REQUEST_PROBLEMS = (
    ProblemType(
        code="malformed_json",
        status=400,
        title="The body is not acceptable JSON",
        meaning=(
            "Bodies are I-JSON (RFC 7493): one JSON value in UTF-8 without a byte order mark, no key twice in one "
            "object, no NaN or Infinity, no integer beyond ±9007199254740991, no unpaired surrogate. No text here "
            "may have the character U+0000, nesting ends at 32 levels, and a body has at most 1000 fields and items."
        ),
        remedy="Correct the body where the detail says so. Libraries that write JSON keep these rules by default.",
        detail="This is not JSON: there is a mistake at line 1, column 13.",
        params={"line": 1, "column": 13},
    ),
    ProblemType(
        code="malformed_request",
        status=400,
        title="The request cannot be read",
        meaning="The request breaks the rules of HTTP or of its media type, so it cannot be read.",
        remedy="Compare the request with the API's description, its Content-Type with its body above all.",
        detail="The request cannot be read.",
    ),
    ProblemType(
        code="unknown_parameter",
        status=400,
        title="Unknown or repeated query parameter",
        meaning=(
            "The query has a parameter that this operation does not know, or one parameter more than once. The request is "
            "rejected, because a mistyped filter that is silently ignored shows you the wrong rows."
        ),
        remedy="Use the parameters that the problem lists, each once.",
        detail="1 query parameter is not acceptable here. Allowed: cursor, limit, sort.",
        errors=[
            {
                "in": "query",
                "code": "unknown_parameter",
                "detail": "Query parameter no. 2 is not known here. Allowed: cursor, limit, sort.",
                "params": {"position": 2, "allowed": ["cursor", "limit", "sort"]},
            }
        ],
    ),
    ProblemType(
        code="invalid_cursor",
        status=400,
        title="The cursor does not belong to this list",
        meaning="A cursor is valid only for the filters and the order of the list that it came from, unchanged.",
        remedy="Follow `next_cursor` or the Link header with the same parameters, or start again without a cursor.",
        detail="The cursor does not belong to this list. Start again without a cursor.",
    ),
    ProblemType(
        code="idempotency_key_required",
        status=400,
        title="An Idempotency-Key is required",
        meaning="This operation runs once per key, so that a request whose response was lost can be sent again.",
        remedy="Send the header Idempotency-Key with a new random value, and the same value with each retry.",
        detail="Send the header Idempotency-Key.",
        errors=[
            {
                "parameter": "Idempotency-Key",
                "in": "header",
                "code": "missing",
                "detail": "This is required.",
            }
        ],
    ),
    ProblemType(
        code="invalid_idempotency_key",
        status=400,
        title="The Idempotency-Key is not acceptable",
        meaning="A key has 1 to 255 visible ASCII characters, and the header is sent once.",
        remedy="Use a random value, such as a UUID.",
        detail="An Idempotency-Key has 1 to 255 visible ASCII characters.",
        errors=[
            {
                "parameter": "Idempotency-Key",
                "in": "header",
                "code": "invalid_format",
                "detail": "This does not have the form that is asked for.",
            }
        ],
    ),
    ProblemType(
        code="invalid_signature",
        status=401,
        title="The message's signature is not valid",
        meaning=(
            "The message does not bear a signature that was made with a secret of this shop over exactly this body, or "
            "its time differs from ours by more than five minutes."
        ),
        remedy="Providers: sign each attempt again, with the secret that the shop has given you. Nothing was recorded.",
        detail="The message does not bear a valid signature, or was signed too long ago.",
        headers=("WWW-Authenticate",),
    ),
    ProblemType(
        code="not_found",
        status=404,
        title="Not found",
        meaning="There is nothing at this address, or it belongs to somebody else: both look the same.",
        remedy="Check the address and the account that you are logged in with.",
        detail="There is nothing at this address.",
    ),
    ProblemType(
        code="method_not_allowed",
        status=405,
        title="Method not allowed",
        meaning="There is a resource at this address, but it does not support this method.",
        remedy="Use one of the methods in the header Allow.",
        detail="This address does not support this method. The header Allow lists the supported ones.",
        headers=("Allow",),
    ),
    ProblemType(
        code="request_timeout",
        status=408,
        title="The body did not arrive in time",
        meaning=(
            "A body has to arrive within 10 seconds of its headers, and after the first 5 seconds at 512 bytes per second "
            "or more on average, unless the operator has set other limits. Nothing was changed."
        ),
        remedy="Send the request again, with its headers and its body together.",
        detail="The body did not arrive in time. Send the request again.",
    ),
    ProblemType(
        code="precondition_failed",
        status=412,
        title="The object has changed",
        meaning="The version in If-Match is not the current one: the object was changed after you read it.",
        remedy="Read the object again, look at what has changed, and repeat your change with the new ETag.",
        detail="The object has changed since you read it. Read it again and repeat your change.",
        headers=("ETag",),
    ),
    ProblemType(
        code="body_too_large",
        status=413,
        title="The body is too large",
        meaning="The body has more bytes than are read.",
        remedy="Send less at once.",
        detail="A body has at most 262144 bytes here.",
        params={"max_bytes": 262144},
    ),
    ProblemType(
        code="query_too_large",
        status=414,
        title="The query is too large",
        meaning="The part of the address after `?` has more bytes or more parameters than are read.",
        remedy="Send fewer and shorter parameters.",
        detail="A query has at most 8192 bytes and 50 parameters.",
        params={"max_bytes": 8192, "max_parameters": 50},
    ),
    ProblemType(
        code="unsupported_media_type",
        status=415,
        title="Unsupported media type",
        meaning=(
            "The Content-Type of the body is not one that this operation reads, or the body has a Content-Encoding. "
            "Bodies are read as they are, without decompression."
        ),
        remedy=(
            "Send JSON with `Content-Type: application/json`, or what the header Accept or Accept-Patch names, and "
            "without Content-Encoding."
        ),
        detail="Send the body as application/json.",
        headers=("Accept", "Accept-Encoding", "Accept-Patch"),
    ),
    ProblemType(
        code="validation_failed",
        status=422,
        title="The request is not valid",
        meaning=(
            "The request can be read, but breaks the rules of at least one field. It would fail in whatever state "
            "the shop is. The first 20 broken rules stand in `errors`, with the place where each is broken."
        ),
        remedy="Correct each place that `errors` names: `pointer` is a JSON Pointer into the body, `parameter` a name.",
        detail="1 rule is broken; see errors.",
        errors=[{"pointer": "/email", "code": "missing", "detail": "This is required."}],
    ),
    ProblemType(
        code="idempotency_key_reused",
        status=422,
        title="The Idempotency-Key belongs to another request",
        meaning="The key was used before, with another body or for another object.",
        remedy="Make a new key for each new request. Keep a key only to repeat exactly the same request.",
        detail="This idempotency key was used before with another request. Make a new key for it.",
    ),
    ProblemType(
        code="precondition_required",
        status=428,
        title="If-Match is required",
        meaning="A change of this object requires the version that you read, so that two people never overwrite each other.",
        remedy='Read the object, and send its ETag back in If-Match, as in `If-Match: "v7"`.',
        detail="Send the header If-Match with the ETag of the version that you read.",
        errors=[{"parameter": "If-Match", "in": "header", "code": "missing", "detail": "This is required."}],
    ),
    ProblemType(
        code="headers_too_large",
        status=431,
        title="The headers are too large",
        meaning="The request's headers have more bytes than are read.",
        remedy="Send fewer and shorter headers. Cookies are not needed here.",
        detail="Headers have at most 32768 bytes.",
        params={"max_bytes": 32768},
    ),
)
