"""The page of advisories: what is shipped, from the data itself."""

from collections.abc import Iterator

from jsquared.advisories.advisory import PRECONDITIONS, Advisory, Branch, Interval
from jsquared.advisories.database import STALE_AFTER_DAYS, bundled
from jsquared.advisories.package_version import PackageLine
from jsquared.reference.cells import cell


def page() -> str:
    """All advisories, the branches of the engines, and what attacks need."""
    feed = bundled()
    parts = [
        "# Advisories\n",
        f"As shipped: {len(feed.advisories)} advisories as of {feed.as_of}. `jsquared advisories` says which of them concern your engines,",
        "and the [guide](../guides/advisories.md) how to add newer ones.",
        f"Data that is older than {STALE_AFTER_DAYS} days is warned of. Affected are versions from the first one on and before the second,",
        "and *fixed package* is the first one of that release with the fix.\n",
        "| advisory | severity | confidence | needs | Redis | Valkey | fixed package | note |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *map(_row, reversed(feed.advisories)),
        "\n## Preconditions\n",
        "What an attack needs, with the names that `--without` takes. Several are all needed.\n",
        "| name | meaning |\n| --- | --- |",
        *(f"| `{name}` | {cell(meaning)} |" for name, meaning in PRECONDITIONS.items()),
        "\n## Branches\n",
        "By those who make the engine. Older branches than the first are unsupported; nothing is known of others.\n",
        "| engine | branch | support | confidence | why |\n| --- | --- | --- | --- | --- |",
        *map(_branch, feed.branches),
        "",
    ]
    return "\n".join(parts)


def _row(advisory: Advisory) -> str:
    fixes = [f"{PackageLine(fix.distribution, fix.release)}: {fix.fixed or 'none'}" for fix in advisory.packages]
    cells = [
        advisory.id,
        advisory.severity,
        advisory.confidence,
        " + ".join(advisory.preconditions),
        *("; ".join(_intervals(advisory.engines[engine])) for engine in ("redis", "valkey")),
        "; ".join(fixes),
        advisory.note,
    ]
    return f"| {' | '.join(map(cell, cells))} |"


def _intervals(intervals: tuple[Interval, ...] | None) -> Iterator[str]:
    if intervals is None:
        yield "not known"
    for one in intervals or ():
        yield f"{one.introduced} to {one.fixed}" if one.fixed else f"from {one.introduced} on"


def _branch(branch: Branch) -> str:
    return f"| {branch.engine} | {branch.branch} | {branch.support} | {branch.confidence} | {cell(branch.why)} |"
