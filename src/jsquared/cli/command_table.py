"""Every command: its module, its function and its sentence, in the order in which help shows them."""

from typing import NamedTuple


class Command(NamedTuple):
    """A command: its module in this package and its function there, and the first sentence of its help.

    A module is loaded only when its command is needed; a list of commands needs their sentences alone.
    """

    module: str
    function: str
    summary: str
    has_minus_words: bool = False
    """Its words may begin with a minus: its options are long, but for ``-h``."""


COMMANDS = {
    "run": Command("run", "run", "Stand a deployment up, load it, break it, and prove what happened."),
    "hunt": Command(
        "hunt",
        "hunt",
        "Break a deployment at random until a promise breaks, and find the smallest schedule of faults that breaks it.",
    ),
    "check": Command(
        "check", "check", "Judge a run again from its folder alone: no Redis, no sandbox, nothing is changed."
    ),
    "report": Command(
        "report",
        "report",
        "Write one HTML report of one or more runs from their folders alone; it opens from disk, without a network.",
    ),
    "analyse": Command(
        "analyse",
        "analyse_deployment",
        "Read a deployment's configuration and say what it cannot keep, with the line responsible and the line to try.",
    ),
    "audit": Command(
        "audit",
        "audit_deployment",
        "Check the security of a deployment, from its files or from its running servers, and say what to change.",
    ),
    "harden": Command(
        "harden",
        "harden",
        "Write a hardened copy of a deployment as native files, show what changed, and audit the result.",
    ),
    "import": Command(
        "import_folder",
        "import_folder",
        "Read configurations as they lie there, and write them as one folder per host, with the files that they name.",
    ),
    "snapshot": Command(
        "snapshot",
        "snapshot",
        "Write a running deployment as native files, one folder per host, with a manifest of what could not be read.",
    ),
    "drift": Command(
        "drift",
        "drift",
        "Compare a running deployment with the files that it should run by, directive by directive.",
    ),
    "change plan": Command(
        "change",
        "plan",
        "Plan a change of a deployment: every directive that differs, how it takes effect, and the steps in the order that loses nothing.",
    ),
    "change prove": Command(
        "change_prove",
        "prove",
        "Play the plan of a change in the lab under load, then the way back from every step, and write the proof beside the plan.",
    ),
    "timeline": Command(
        "log_timeline",
        "timeline",
        "Rebuild failovers from log files alone: each phase with the line that ends it, how clocks differ, what is not known.",
    ),
    "logs": Command(
        "search_logs",
        "logs",
        "Search the logs of Redis, Valkey and Sentinels, and what Sentinels publish, and follow or export what is found.",
        has_minus_words=True,
    ),
    "compare": Command(
        "compare",
        "compare_runs",
        "Compare two runs objective by objective; exit code 1 when one got worse beyond noise.",
    ),
    "scenarios": Command(
        "scenarios",
        "scenarios",
        "List the scenarios; with a name, show what it breaks, why its limits are fair and which deployments pass it.",
    ),
    "faults": Command(
        "faults",
        "faults",
        "List the faults and whether this machine has what each needs; with a name, show its parameters, its proof and its undo.",
    ),
    "deployments": Command(
        "deployments",
        "deployments",
        "List the deployments that come with JSquared; with a name, show its settings and its file, or write it with --out.",
    ),
    "known-ways": Command(
        "known_ways",
        "known_ways",
        "List the known ways to break Sentinel; with a name, show what a sound and a bad deployment make of it, "
        "and what covers it.",
    ),
    "alerts list": Command(
        "alerts",
        "list_alerts",
        "List the alerts; with a name, show what it means, what to look at and what to do.",
    ),
    "alerts rules": Command(
        "alerts",
        "write_rules",
        "Write the alerts as a rule file for Prometheus, with the tests that prove each of them.",
    ),
    "alerts lint": Command(
        "alerts",
        "lint_rules",
        "Name rules that can never fire or always do, and those that do not see a failover.",
    ),
    "alerts matrix": Command(
        "matrix",
        "matrix",
        "Break a monitored deployment, and show which fault fires which alert, after how long, and whether it arrived.",
    ),
    "alerts routing": Command(
        "alerts",
        "write_routing",
        "Write Alertmanager's configuration from a contact list: each area's alerts go to the teams that have it.",
    ),
    "alerts test-delivery": Command(
        "alerts",
        "try_delivery",
        "Send a test alert through a real Alertmanager to every receiver, and wait until each has accepted it.",
    ),
    "contacts check": Command(
        "contacts",
        "check_contacts",
        "Prove that every alert has an owner, and that every owner has a receiver that takes alerts.",
    ),
    "monitor targets": Command(
        "monitor",
        "targets",
        "Find a running deployment from one Sentinel's address, and write its servers as targets for Prometheus.",
    ),
    "monitor render": Command(
        "render",
        "render",
        "Write the whole monitoring stack for your own machines: metrics, alerts, dashboards and logs.",
    ),
    "monitor up": Command(
        "monitor_up",
        "up",
        "Watch a running deployment from here: exporter, Prometheus and Alertmanager on loopback, until Ctrl-C.",
    ),
    "monitor dashboards": Command(
        "monitor",
        "write_dashboards",
        "Write a dashboard for Grafana 11 and newer: who is the primary, whether a failover could be agreed on, what it would cost.",
    ),
    "monitor events": Command(
        "monitor_events",
        "events",
        "Count what all Sentinels of a deployment publish, and serve it to Prometheus, so that no failover is too short to be seen.",
    ),
    "lab up": Command(
        "lab_up", "up", "Stand a deployment up in namespaces of its own, and keep it up to be played with."
    ),
    "lab list": Command("lab_up", "list_labs", "List the labs that are up; what killed ones have left is taken away."),
    "lab status": Command(
        "lab_commands",
        "status",
        "Show how a lab is now: roles, who is primary by the Sentinels' majority, lag, faults, load.",
    ),
    "lab break": Command(
        "lab_commands",
        "break_fault",
        "Break something in a lab, and prove that it is broken. It stays broken until it is healed.",
    ),
    "lab heal": Command("lab_commands", "heal", "Heal what is broken in a lab, and prove that it has healed."),
    "lab load": Command(
        "lab_commands",
        "load",
        "Let a lab's clients write, and record every write; change their rate; or let them end. A session has one load.",
    ),
    "lab faults": Command(
        "lab_commands",
        "faults",
        "List the faults that a lab can have, with whom each can hit there, its parameters, and why it cannot have the others.",
    ),
    "lab events": Command(
        "lab_commands",
        "events",
        "Print what a lab's session has recorded until now: a JSON object a line, as in events.jsonl.",
    ),
    "lab exec": Command(
        "lab_programs",
        "run_program",
        "Run a program of yours as a host of a lab: with that host's network, your files, and this terminal.",
        has_minus_words=True,
    ),
    "lab cli": Command(
        "lab_programs",
        "run_cli",
        "Open redis-cli (or valkey-cli) at a node of a lab, on its own host and logged in.",
        has_minus_words=True,
    ),
    "lab logs": Command(
        "lab_commands",
        "logs",
        "Print the end (256 KiB) of what a server or client of a lab has logged, with marks for secrets.",
    ),
    "lab save": Command("lab_commands", "save", "Write a lab's session as a run folder, judged, with a report."),
    "lab down": Command("lab_up", "down", "End a lab and everything in it, and wait until it is gone."),
    "serve": Command(
        "serve",
        "serve",
        "Show a lab and the run folders as a page: look, break, heal, load and save in a browser of this machine.",
    ),
    "advisories": Command(
        "advisories",
        "advisories",
        "List the published vulnerabilities that concern an engine, or add fresher ones from OSV files.",
    ),
    "runs list": Command(
        "runs",
        "list_runs",
        "List run folders, newest first, with outcome, failover, lost writes and the fingerprint of the configuration.",
    ),
    "runs trend": Command(
        "runs",
        "trend",
        "Show failover p50, p95 and p99, losses and outcomes over time, for each deployment and configuration.",
    ),
    "runs show": Command(
        "runs", "show", "Show one run: what was run, on which configuration, what it showed, and which files it has."
    ),
    "runs prune": Command(
        "runs",
        "prune",
        "Remove old run folders, but never the newest of a kind, a kept one, or what is not certainly a run folder.",
    ),
    "init ci": Command(
        "init_ci",
        "ci",
        "Write a pipeline that analyses, audits, plans and tries every change of a deployment, and comments on the result.",
    ),
    "init journal": Command(
        "journal",
        "start",
        "Start a journal: a folder of Markdown for days, decisions, kept trials and the architecture, with its settings.",
    ),
    "journal day": Command(
        "journal",
        "day",
        "Write the page of a day: what is new since the page before, and what to do next; and keep the architecture page current.",
    ),
    "journal week": Command(
        "journal", "week", "Write the page of a week: its days in a table, and all that is new since Monday."
    ),
    "journal decide": Command(
        "journal", "decide", "Write a new decision in the form of MADR, numbered and proposed, for you to fill in."
    ),
    "journal keep": Command(
        "journal",
        "keep",
        "Write a test record of runs, with the hashes of their verdicts, and keep their folders from being removed.",
    ),
    "journal check": Command(
        "journal",
        "check",
        "Hold the journal against its rules; exit code 1 for a malformed or stale page, a broken link, a record that its runs "
        "contradict.",
    ),
    "scorecard": Command(
        "scorecard",
        "scorecard",
        "Write the scorecard of a journal: technical and operational objectives, each with its source, its trend and what it is made "
        "from.",
    ),
    "config": Command(
        "config",
        "config",
        "Show every setting in force, its value and where it comes from; exit code 2 where the settings file is wrong.",
    ),
    "tools": Command(
        "tools",
        "tools",
        "List the programs that JSquared works with, and fetch those that are missing, without root.",
    ),
    "doctor": Command(
        "doctor",
        "doctor",
        "Try what JSquared needs on this machine: sandboxes, what the best of them can do, engines, tools.",
    ),
}
"""Commands by what is typed; those with two words are of a group."""
GROUPS = {
    "change": "Changes of a deployment, planned before anything is touched.",
    "monitor": "What watches a running deployment.",
    "alerts": "Alerts for Redis behind Sentinel: what they mean, and the rules for Prometheus.",
    "contacts": "The contact list: who is told of which alerts.",
    "init": "What a repository needs, as files to commit.",
    "lab": "A deployment that stays up, to be broken by hand or by programs.",
    "journal": "The records of a team, as Markdown in its repository: days, weeks, decisions, kept trials.",
    "runs": "The run folders that there are: lists (without another word), trends, one of them, and which may go.",
}
"""The first words of commands of two, with what they have in common."""
TAKES_SETTINGS = frozenset(
    (
        "run", "hunt", "alerts matrix", "lab up", "analyse", "change plan", "change prove",
        "runs list", "runs trend", "runs show", "runs prune",
    )
)  # fmt: skip
"""The commands with options that a team's settings can stand for."""
USUAL_WORDS = {"runs": "list"}
"""The second word of a group where it is left out."""
