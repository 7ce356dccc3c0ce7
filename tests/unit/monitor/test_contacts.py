"""A contact list is read with the place of every mistake, and becomes Alertmanager's configuration."""

from pathlib import Path

import pytest

from jsquared.cli.main import main
from jsquared.errors import BadInputError
from jsquared.monitor.alert import Area
from jsquared.monitor.contacts import Contacts, Receiver, read_contacts
from jsquared.monitor.routing import alertmanager_file, delivery_file
from support import quick_yaml

WHOLE = """
smtp: {host: "mail.example.org:587", from: alerts@example.org, user: alerts, password_file: /etc/secrets/smtp}
teams:
  DevOps: {slack: {channel: "#ops", url_file: /etc/secrets/slack}, pagerduty: {key_file: /etc/secrets/pagerduty}}
  Security Architect: {email: security@example.org}
  Backend: {webhook: "https://hooks.example.org/secret"}
  Full-stack: {email: [ui@example.org, web@example.org]}
  Night: {areas: [infrastructure], webhook: "https://night.example.org/x"}
watchdog: {webhook: "https://deadman.example.org/ping"}
"""


def contacts(folder: Path, text: str) -> Contacts:
    """A contact list of this text."""
    file = folder / "contacts.yml"
    file.write_text(text)
    return read_contacts(file)


def test_areas_go_to_the_teams_that_have_them(tmp_path: Path) -> None:
    """By a team's usual name, or by what it says; two teams of one area both get it."""
    document = quick_yaml.load(alertmanager_file(contacts(tmp_path, WHOLE)))
    routes = [
        (route["matchers"], route["receiver"], route.get("continue", False)) for route in document["route"]["routes"]
    ]
    assert routes == [
        (['alertname="Watchdog"'], "(watchdog)", False),
        (['area="infrastructure"'], "DevOps", True),
        (['area="infrastructure"'], "Night", False),
        (['area="security"'], "Security Architect", False),
        (['area="application"'], "Backend", False),
        (['area="ui"'], "Full-stack", False),
    ]
    receivers = {one["name"]: one for one in document["receivers"]}
    assert set(receivers) >= {"DevOps", "(nobody)", "(watchdog)"}
    assert receivers["DevOps"]["slack_configs"][0]["api_url_file"] == "/etc/secrets/slack"
    assert receivers["DevOps"]["pagerduty_configs"][0]["routing_key_file"] == "/etc/secrets/pagerduty"
    assert [mail["to"] for mail in receivers["Full-stack"]["email_configs"]] == ["ui@example.org", "web@example.org"]
    assert document["global"]["smtp_auth_password_file"] == "/etc/secrets/smtp"
    assert document["route"]["receiver"] == "DevOps"


def test_a_watchdog_that_nobody_listens_for_is_told_to_nobody(tmp_path: Path) -> None:
    """And without mail there is no mail server."""
    document = quick_yaml.load(alertmanager_file(contacts(tmp_path, "teams: {DevOps: {webhook: 'http://h/x'}}\n")))
    assert document["route"]["routes"][0]["receiver"] == "(nobody)"
    assert "global" not in document
    assert Area.UI not in str(document["route"]["routes"])


def test_one_receiver_alone_is_sent_to_at_once() -> None:
    """For a test of the delivery."""
    document = quick_yaml.load(delivery_file(Receiver(kind="webhook", target="http://h/x"), None))
    assert document["route"]["group_wait"] == "0s"
    assert document["receivers"][0]["webhook_configs"][0]["url"] == "http://h/x"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("smtp: {host: 'h:25', from: a@b}\n", "names no teams"),
        ("teams: {}\n", "1 to 50 teams"),
        ("teams: {Ops: {email: a@b}}\n", "has no areas"),
        ("teams: {'(x)': {email: a@b}}\n", "is no name of a team"),
        ("teams: {DevOps: {areas: [ui]}}\n", "cannot be reached"),
        ("teams: {DevOps: {areas: [moon], email: a@b}}\n", "none of"),
        ("teams: {DevOps: {email: nobody}}\n", "is no e-mail address"),
        ("teams: {DevOps: {email: a@b}}\n", "no smtp"),
        ("teams: {DevOps: {webhook: 'file:///etc'}}\n", "is no address of a webhook"),
        ("teams: {DevOps: {webhook: 'http://[::1:'}}\n", "is no address of a webhook"),
        ("teams: {DevOps: {webhook: 'http://h:99999/'}}\n", "is no address of a webhook"),
        ("teams: {DevOps: {slack: {channel: x}}}\n", "has no url_file"),
        ("teams: {DevOps: {slack: {channel: x, url_file: relative}}}\n", "must be an absolute path"),
        ("teams: {DevOps: {pager: x}}\n", "unknown key 'pager'"),
        ("smtp: {host: mail, from: a@b}\nteams: {DevOps: {email: a@b}}\n", "no host with a port"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    """File and line, and what to write."""
    with pytest.raises(BadInputError, match=words) as caught:
        contacts(tmp_path, text)
    assert "contacts.yml:" in str(caught.value)


def test_routing_is_printed_or_written_for_oneself_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file is private, and nothing is overwritten."""
    (tmp_path / "contacts.yml").write_text(WHOLE)
    assert main(["alerts", "routing", str(tmp_path / "contacts.yml")]) == 0
    printed = capsys.readouterr().out
    out = tmp_path / "made" / "alertmanager.yml"
    assert main(["alerts", "routing", str(tmp_path / "contacts.yml"), "--out", str(out)]) == 0
    assert out.read_text() == printed
    assert out.stat().st_mode & 0o77 == 0
    assert main(["alerts", "routing", str(tmp_path / "contacts.yml"), "--out", str(out)]) == 2
    assert "not overwritten" in capsys.readouterr().err


def test_a_team_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is started."""
    (tmp_path / "contacts.yml").write_text(WHOLE)
    assert main(["alerts", "test-delivery", str(tmp_path / "contacts.yml"), "--team", "Backnd"]) == 2
    assert "Try: Backend" in capsys.readouterr().err
