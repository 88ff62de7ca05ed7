from fastapi import Request
from fastapi.responses import JSONResponse


class Problem(Exception):
    """An error response with a code (RFC 9457)."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


async def answer_problem(request: Request, error: Exception) -> JSONResponse:
    problem = error if isinstance(error, Problem) else Problem(422, "validation_failed")
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}.get(problem.status)
    return JSONResponse(
        {
            "type": f"/problems/{problem.code}",
            "title": problem.code,
            "status": problem.status,
            "instance": request.url.path,
            "code": problem.code,
        },
        problem.status,
        headers,
        media_type="application/problem+json",
    )
