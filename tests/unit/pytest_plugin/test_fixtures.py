"""What a test gets of the fixture ``sentinel``, and how its lab is before and after."""

import sys
from collections.abc import Callable

import pytest

from jsquared.errors import BadInputError
from jsquared.pytest_plugin.choice import LabChoice
from support.pytest_labs import FakeLab, Labs

pytest_plugins = ["pytester"]
Run = Callable[..., pytest.RunResult]


def test_a_lab_is_shared_and_clean_for_each_test(run: Run, labs: Labs) -> None:
    """It is reset where nothing was broken, and begun anew where something was."""
    run(
        """
        def test_one(sentinel, sentinel_lab):
            assert sentinel.lab is sentinel_lab
            assert sentinel.addresses == [("127.20.1.81", 26379), ("127.20.1.82", 26379)]
            assert sentinel.master_name == "mymaster"
        def test_two(sentinel):
            before = sentinel.primary
            sentinel.break_("primary-crash")
            assert sentinel.wait_primary(other_than=before) == "redis-n2"
        def test_three(sentinel):
            with sentinel.fault("pause", "replica:1", duration=1) as fault:
                assert fault.targets == ("replica:1",)
            sentinel.wait_converged(7)
        """
    ).assert_outcomes(passed=3)
    assert list(labs.opened) == [LabChoice()]
    assert labs.only.done == [
        "reset", "reset", "break kill primary", "heal kill", "restart", "break pause replica:1 duration=1", "heal pause", "wait 7",
    ]  # fmt: skip


def test_a_reset_that_takes_too_long_is_a_new_beginning(run: Run, labs: Labs) -> None:
    """All servers are started anew then."""
    labs.made = lambda: _which(cannot_reset=True)
    run("def test_one(sentinel): pass").assert_outcomes(passed=1)
    assert labs.only.done == ["reset", "restart"]


def test_a_fault_heals_whatever_happens_in_its_block(run: Run, labs: Labs) -> None:
    """And the test fails with what happened there."""
    done = run(
        """
        def test_one(sentinel):
            with sentinel.fault("kill", "primary"):
                raise ZeroDivisionError("of the test")
        """
    )
    done.assert_outcomes(failed=1)
    assert "heal kill" in labs.only.done
    done.stdout.fnmatch_lines(["E *ZeroDivisionError: of the test"])


def test_a_failure_tells_the_story(run: Run, labs: Labs, pytester: pytest.Pytester) -> None:
    """The faults, the events of Sentinels that matter, and the report; the records are kept where the ini option says."""
    pytester.makeini("[pytest]\njsquared_runs = kept")
    done = run(
        """
        def test_one(sentinel):
            sentinel.break_("kill", "primary")
            assert 1 == 2
        """
    )
    done.stdout.fnmatch_lines(
        [
            "*JSquared: faults and Sentinel events*",
            "* s  fault kill begins: kill on primary",
            "* s  fault kill bit: its process is gone",
            "* s  sentinel-n1: +switch-master mymaster a 1 b 2",
            "* s  fault kill is being healed",
            "* s  fault kill has healed: it answers",
            "verdict pass, report: *kept/test_user.py-test_one/report.html",
        ]
    )
    assert "+reboot" not in done.stdout.str()
    assert (pytester.path / "kept" / "test_user.py-test_one" / "events.jsonl").exists()
    run("def test_one(sentinel): assert 0")
    assert (pytester.path / "kept" / "test_user.py-test_one-2").exists()


def test_lost_writes_are_a_failure(run: Run, labs: Labs) -> None:
    """With how many, why, and the report, at the line of the test; kept writes are none, and no load is no proof."""
    text = """
        def test_one(sentinel):
            sentinel.load.start()
            sentinel.assert_no_lost_writes()
        """
    run(text).assert_outcomes(passed=1)
    labs.only.lost = 2
    lost = run(text)
    lost.stdout.fnmatch_lines(
        [
            ">*sentinel.assert_no_lost_writes()",
            "E *AssertionError: 2 of 500 acknowledged writes were lost (level wait:1)",
            "E * 2: FLUSHALL",
            "E *verdict violated, report: *report.html",
        ]
    )
    labs.only.lost = None
    run(text).stdout.fnmatch_lines(["E *it is not known whether writes were lost: client-1 wrote nothing"])
    run("def test_one(sentinel): sentinel.assert_no_lost_writes()").stdout.fnmatch_lines(
        ["E *Try: sentinel.load.start() *"]
    )


@pytest.mark.parametrize(
    ("call", "line"),
    [
        ("break_('explode')", "E *jsquared.errors.BadInputError: fault 'explode': no such fault. Try: jsquared faults"),
        ("break_('no-bite')", "E *FaultDidNotBiteError: fault 'no-bite': did not bite: it still answers"),
        ("break_('cut', 'primary')", "E *it lacks 'links'. Try: pytest --jsquared-inside"),
        ("fault('cut', 'primary').__enter__()", "E *it lacks 'links'. Try: pytest --jsquared-inside"),
    ],
)
def test_what_the_lab_refuses_is_one_line(run: Run, call: str, line: str) -> None:
    """At the line of the test, without a frame of ours."""
    done = run(f"def test_one(sentinel):\n    sentinel.{call}")
    done.stdout.fnmatch_lines([line])
    assert "sentinel_under_test.py" not in done.stdout.str().replace("jsquared.pytest_plugin.sentinel_under_test.", "")


def test_a_fault_that_does_not_heal_is_an_error(run: Run, labs: Labs) -> None:
    """Of the fixture, not of the test."""
    labs.made = lambda: _which(heals=False)
    done = run("def test_one(sentinel): sentinel.break_('kill', 'primary')")
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(["jsquared: fault 'kill': did not heal: it is silent"])


def test_a_lab_that_does_not_start_is_one_line(run: Run, labs: Labs) -> None:
    """For every test, and it is tried once."""
    labs.problem = BadInputError(
        "is neither a deployment nor a file", where="--deployment", hint="jsquared deployments"
    )
    done = run("def test_one(sentinel): pass\ndef test_two(sentinel): pass")
    done.assert_outcomes(errors=2)
    line = "jsquared: --deployment: is neither a deployment nor a file. Try: jsquared deployments"
    assert done.stdout.lines.count(line) == 2
    assert "During handling" not in done.stdout.str()
    assert labs.tries == 1


def test_a_lab_that_has_ended_is_started_again(run: Run, labs: Labs) -> None:
    """Whatever ended it, the next test has one; the test itself says that it could not save its records."""
    done = run(
        """
        def test_one(sentinel): sentinel.lab.up = False
        def test_two(sentinel): sentinel.lab.up = True
        """
    )
    done.assert_outcomes(passed=2)
    assert labs.tries == 2


def test_clients_log_in(run: Run, labs: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of redis-py, blocking and for asyncio, have what the lab tells them, and the options of the test."""
    labs.made = lambda: _which(login=("app", "s3cret"))
    run(
        """
        def test_one(sentinel):
            for client in (sentinel.redis(decode_responses=True), sentinel.async_redis(socket_timeout=9)):
                options = client.connection_pool.connection_kwargs
                assert (options["username"], options["password"]) == ("app", "s3cret")
                [first, _] = client.connection_pool.sentinel_manager.sentinels
                assert first.connection_pool.connection_kwargs["password"] == "s3cret"
                assert first.connection_pool.connection_kwargs["host"] == "127.20.1.81"
            assert options["socket_timeout"] == 9
        """
    ).assert_outcomes(passed=1)


def test_clients_that_cannot_be_made_are_one_line(run: Run, labs: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without redis-py, and where the deployment speaks TLS."""
    labs.made = lambda: _which(tls=True)
    text = "def test_one(sentinel): sentinel.redis()"
    run(text).stdout.fnmatch_lines(["E *sentinel.redis(): this deployment speaks TLS. Try: a client of your own, *"])
    monkeypatch.setitem(sys.modules, "redis.sentinel", None)
    run(text).stdout.fnmatch_lines(["E *sentinel.redis(): redis-py is not installed. Try: pip install redis"])


def _which(login: tuple[str, ...] = (), *, tls: bool = False, **how: bool) -> FakeLab:
    """A lab that is somehow."""
    lab = FakeLab(login=login, tls=tls)
    for name, value in how.items():
        setattr(lab, name, value)
    return lab
