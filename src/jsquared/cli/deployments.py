"""``jsquared deployments``: what comes with JSquared, to test and to start from."""

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from jsquared.cli.completion import complete_deployments
from jsquared.cli.listing import Part, Verbatim, is_name, print_entry, print_rows, search
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_text
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import shipped_deployments
from jsquared.errors import BadInputError
from jsquared.service.outputs import write_new
from jsquared.text import did_you_mean


def deployments(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DEPLOYMENT|WORD]...",
            help="A deployment to show whole, or words to search for.",
            autocompletion=complete_deployments,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the deployment's files into this folder, to start from.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the deployments that come with JSquared; with a name, show its settings and its file, or write it with --out.

    Yours is a YAML file like these, a Compose file, or a folder of redis.conf and sentinel.conf.

    Examples:

    jsquared deployments reference

    jsquared deployments reference --out ./my-redis
    """
    given = words or []
    every = {deployment.name: deployment for deployment in shipped_deployments()}
    if out is not None:
        _write(given, every, out, as_json=as_json)
        return
    found = search(given, every, lambda one: one.description, what="deployment", command="deployments")
    if as_json:
        print_json([describe_deployment(deployment) for deployment in found])
    elif is_name(given, every):
        _show(found[0])
    else:
        rows = [[deployment.name, _shape(deployment), deployment.description] for deployment in found]
        print_rows(
            ["deployment", "shape", "what it is"],
            rows,
            "jsquared deployments NAME shows one whole; with --out DIR it writes the file to start from.",
        )


def _show(deployment: Deployment) -> None:
    facts = describe_deployment(deployment)
    settings = ("quorum", "down_after_ms", "failover_timeout_ms", "majority_ack")
    [text] = deployment.input_files.values()
    parts: list[Part] = [
        ("", deployment.description),
        ("shape", _shape(deployment)),
        ("settings", ", ".join(f"{name.replace('_', ' ')} {facts[name]}" for name in settings)),
        ("needs", ", ".join(facts["needs"])),
        ("file", Verbatim(text.strip().splitlines())),
    ]
    print_entry(deployment.name, "", parts, f"jsquared deployments {deployment.name} --out DIR")


def _write(words: list[str], every: dict[str, Deployment], out: Path, *, as_json: bool) -> None:
    """Write a deployment's files, and print what to type next.

    :raises BadInputError: not one name, or one of the files is there already.
    """
    if not is_name(words, every):
        hint = did_you_mean(" ".join(words), every, otherwise="jsquared deployments reference --out DIR")
        raise BadInputError("writes one deployment, by its name", where="--out", hint=hint)
    files = {out / name: text for name, text in every[words[0]].input_files.items()}
    write_new(files)
    first = next(iter(files))
    command = shlex.join(["jsquared", "analyse", str(first)])
    if as_json:
        print_json({"files": [str(path) for path in files], "next": command})
        return
    print_text("".join(f"written: {path}\n" for path in files))
    print_text(f"Next, change it, and see what it keeps before anything starts:\n  {command}\n")


def _shape(deployment: Deployment) -> str:
    groups = [deployment.about(name).replica_count for name in deployment.master_names]
    data = " and ".join(f"1+{replicas}" for replicas in groups)
    return f"{data} data, {len(deployment.sentinels)} Sentinels"


def describe_deployment(deployment: Deployment) -> dict[str, Any]:
    """A deployment as ``deployments --json`` shows it."""
    return {
        "name": deployment.name,
        "description": deployment.description,
        "tags": [],
        "needs": sorted(deployment.features),
        "primaries": list(deployment.master_names),
        "data_nodes": len(deployment.data),
        "sentinels": len(deployment.sentinels),
        "quorum": deployment.quorum,
        "down_after_ms": deployment.down_after_ms,
        "failover_timeout_ms": deployment.failover_timeout_ms,
        "majority_ack": str(deployment.majority_ack),
        "files": deployment.input_files,
    }
