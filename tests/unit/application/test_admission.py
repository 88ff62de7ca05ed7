from collections.abc import Sequence
from contextlib import ExitStack

import pytest

from application.shared.admission import BODY_SECONDS, Admission
from application.shared.batching import Batcher
from application.shared.errors import Overloaded


async def serve(guests: Sequence[str]) -> Sequence[str | Exception]:
    return guests


@pytest.fixture
def admission() -> Admission:
    return Admission(Batcher(serve, max_batch=1, max_waiting=3))


def test_requests_up_to_the_capacity_are_admitted(admission: Admission) -> None:
    with ExitStack() as guests:
        for _ in range(3):
            assert not admission.is_full
            guests.enter_context(admission.entered())
        assert admission.is_full
        with pytest.raises(Overloaded):
            guests.enter_context(admission.entered())
        assert len(admission) == 3


def test_capacity_is_released_after_a_successful_or_failed_request(admission: Admission) -> None:
    with ExitStack() as guests:
        for _ in range(2):
            guests.enter_context(admission.entered())
        with admission.entered():
            assert admission.is_full
        with pytest.raises(ValueError, match="soup"), admission.entered():
            raise ValueError("soup")
        assert len(admission) == 2


def test_commands_that_wait_in_lanes_do_not_count_toward_the_capacity() -> None:
    apart: list[str] = []
    admission = Admission(Batcher(serve, max_batch=1, max_waiting=3), apart)
    with ExitStack() as guests:
        for _ in range(3):
            guests.enter_context(admission.entered())
        assert admission.is_full
        apart.append("waits in a lane")
        assert not admission.is_full


def test_requests_whose_headers_have_arrived_count_toward_the_capacity(admission: Admission) -> None:
    with ExitStack() as guests:
        with admission.entered():
            guests.enter_context(admission.place()).body_arrived()
            for _ in range(2):
                assert not admission.is_full
                guests.enter_context(admission.place())
            assert admission.is_full
        assert admission.is_full
    assert not admission.is_full


def test_requests_without_bodies_leave_a_quarter_of_the_capacity_free() -> None:
    admission = Admission(Batcher(serve, max_batch=8, max_waiting=8), now=lambda: 0)
    with ExitStack() as guests:
        for _ in range(100):
            guests.enter_context(admission.place())
        was_full = [admission.is_full]
        for _ in range(2):
            guests.enter_context(admission.place()).body_arrived()
            was_full.append(admission.is_full)
    assert was_full == [False, False, True]


def test_request_counts_only_briefly_until_its_body_arrives() -> None:
    time = 100.0
    admission = Admission(Batcher(serve, max_batch=2, max_waiting=2), now=lambda: time)
    was_full: list[bool] = []
    with admission.place() as other, admission.place() as place:
        other.body_arrived()
        for waited in (0.9, 0.2):
            time += waited * BODY_SECONDS
            was_full.append(admission.is_full)
        place.body_arrived()
        for waited in (0, 9):
            time += waited * BODY_SECONDS
            was_full.append(admission.is_full)
    assert was_full == [True, False, True, True]
    assert not admission.is_full


def test_work_of_disconnected_clients_counts_toward_the_capacity(admission: Admission) -> None:
    with ExitStack() as work:
        for _ in range(3):
            with admission.place() as place:
                place.body_arrived()
                work.enter_context(admission.entered())
        assert admission.is_full
        with pytest.raises(Overloaded):
            work.enter_context(admission.entered())
