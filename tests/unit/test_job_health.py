from datetime import timedelta

from entrypoints.job_health import JobHealth

EVERY = timedelta(seconds=10)
RUN = timedelta(seconds=60)


class Watch:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def watched() -> tuple[Watch, JobHealth]:
    watch = Watch()
    health = JobHealth(watch)
    health.add("send", every=EVERY, longest_run=RUN)
    return watch, health


def test_failing_job_is_unhealthy_after_two_intervals() -> None:
    watch, health = watched()
    health.failed("send")
    watch.seconds = 20
    assert health.failing() == []
    watch.seconds = 20.1
    assert health.failing() == ["send"]
    watch.seconds = 80.1
    assert health.failing() == ["send"]
    assert health.hanging() == []


def test_job_is_healthy_again_after_a_success() -> None:
    watch, health = watched()
    health.failed("send")
    watch.seconds = 50
    health.succeeded("send")
    assert health.failing() == []
    assert health.ages() == {"send": 0}


def test_job_run_that_exceeds_the_time_limit_counts_as_hanging() -> None:
    watch, health = watched()
    watch.seconds = 80
    assert health.hanging() == []
    watch.seconds = 80.1
    assert health.hanging() == ["send"]
    assert health.failing() == []


def test_age_of_a_job_is_measured_from_the_end_of_the_last_successful_run() -> None:
    watch, health = watched()
    watch.seconds = 5
    health.succeeded("send")
    watch.seconds = 12
    assert health.ages() == {"send": 7}
