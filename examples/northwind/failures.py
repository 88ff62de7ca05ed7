from typing import Any

import httpx2


class DemoFailed(Exception):
    """The demo cannot continue. The message is shown to the user."""


def refusal(response: httpx2.Response) -> str:
    """Return the service's reason for rejecting a request."""
    try:
        problem: dict[str, Any] = response.json()
    except ValueError:
        return f"status {response.status_code}"
    code = problem.get("code") or problem.get("error")
    return f"{response.status_code} {code}: {problem.get('detail') or problem.get('error_description')}"
