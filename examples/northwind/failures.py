from typing import Any

import httpx2


class DemoFailed(Exception):
    """The demo cannot go on. The message is a sentence for people."""


def refusal(answer: httpx2.Response) -> str:
    """Return why a request was refused, as the service puts it."""
    try:
        problem: dict[str, Any] = answer.json()
    except ValueError:
        return f"status {answer.status_code}"
    code = problem.get("code") or problem.get("error")
    return f"{answer.status_code} {code}: {problem.get('detail') or problem.get('error_description')}"
