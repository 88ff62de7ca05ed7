"""The registry of problem codes, with statuses, titles and explanations."""

from collections.abc import Mapping
from types import MappingProxyType

from entrypoints.http.problems.problem_type import ProblemType
from entrypoints.http.problems.request_codes import REQUEST_PROBLEMS
from entrypoints.http.problems.service_codes import SERVICE_PROBLEMS
from entrypoints.http.problems.shop_codes import CATALOGUE_PROBLEMS, ORDER_PROBLEMS, USER_PROBLEMS

PROBLEMS: Mapping[str, ProblemType] = MappingProxyType(
    {
        problem.code: problem
        for problem in sorted(
            (*REQUEST_PROBLEMS, *USER_PROBLEMS, *CATALOGUE_PROBLEMS, *ORDER_PROBLEMS, *SERVICE_PROBLEMS),
            key=lambda problem: (problem.status, problem.code),
        )
    }
)
"""All problem types by code, sorted by status.

The OpenAPI responses, the pages under /problems and the statuses of domain errors are derived from the registry.
"""
