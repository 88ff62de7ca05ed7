import os
import signal

from tests.e2e.serving import serving


def test_it_says_where_it_is_and_ctrl_c_ends_it_without_a_word_too_many(empty_database_url: str) -> None:
    with serving(empty_database_url, workers="2", log_level="warning") as service:
        service.await_answer()
        code, output = service.interrupt()
    assert code == 0
    assert output.splitlines()[0] == f"Steelyard is starting on {service.address.url}"
    assert output.splitlines()[-1] == "Stopped."
    assert "Traceback" not in output, output
    assert not service.address.answers()


def test_workers_end_with_a_parent_that_was_killed(database_url: str) -> None:
    with serving(database_url) as service:
        service.await_answer()
        os.kill(service.process.pid, signal.SIGKILL)
        service.process.wait()
        service.await_silence()


def test_a_second_service_on_the_same_port_is_refused(database_url: str) -> None:
    with serving(database_url) as service:
        service.await_answer()
        with serving(database_url, port=str(service.address.port)) as second:
            output, _ = second.process.communicate()
        assert second.process.returncode == 1
        assert output.startswith(f"Error: Port {service.address.port} is in use.")
        assert service.interrupt()[0] == 0
