"""Folders of native files in every layout that is read: three hosts with both servers, the first of them the primary."""

from jsquared.deployment.model.spec import Deployment

HOSTS = (1, 2, 3)


def data(number: int, primary: str = "10.0.0.1", more: str = "") -> str:
    """A data node's file; the first is the primary."""
    follows = "" if number == 1 else f"replicaof {primary} 6379\n"
    return f"bind 10.0.0.{number} 127.0.0.1\n{follows}appendonly yes\n{more}"


def sentinel(number: int = 0, quorum: int = 2) -> str:
    """A Sentinel's file, with an address of its own where it has a number."""
    own = f"bind 10.0.0.{number}\n" if number else ""
    return (
        f"port 26379\n{own}sentinel monitor cache 10.0.0.1 6379 {quorum}\nsentinel down-after-milliseconds cache 4000\n"
    )


def three(redis: str, sentinels: str) -> dict[str, str]:
    """Three hosts with both servers, their paths made from the hosts' numbers."""
    return {redis.format(n): data(n) for n in HOSTS} | {sentinels.format(n): sentinel(n) for n in HOSTS}


def hosts_of(deployment: Deployment) -> tuple[list[str], list[str]]:
    """The hosts with data nodes and those with Sentinels."""
    return [node.host for node in deployment.data], [node.host for node in deployment.sentinels]


LAYOUTS: dict[str, tuple[dict[str, str], str]] = {
    "one folder a host": (three("n{}/redis.conf", "n{}/sentinel.conf"), "n{}"),
    "what rsync of /etc/redis gives": (three("n{}/etc/redis/redis.conf", "n{}/etc/redis/sentinel.conf"), "n{}"),
    "files of another distribution": (three("db{}/etc/redis.conf", "db{}/etc/redis-sentinel.conf"), "db{}"),
    "everything below one more folder": (three("live/db{}/conf/redis.conf", "live/db{}/conf/sentinel.conf"), "db{}"),
    "flat, paired by number": (three("redis-{}.conf", "sentinel-{}.conf"), "node{}"),
    "flat, number glued to the name": (three("redis{}.conf", "sentinel{}.conf"), "node{}"),
    "flat, with zeros in front": (three("redis-0{}.conf", "sentinel-{}.conf"), "node{}"),
    "flat, paired by name": (three("redis-alpha{}.conf", "alpha{}.sentinel.conf"), "alpha{}"),
    "flat, paired by address": (three("10.0.0.{}.conf", "sentinel-10.0.0.{}.conf"), "10.0.0.{}"),
    "a folder a role": (three("redis/node{}.conf", "sentinel/node{}.conf"), "node{}"),
    "a folder a role, and in it one a host": (three("redis/n{}/server.conf", "sentinel/n{}/server.conf"), "n{}"),
    "called after ports, one folder a host": (three("n{}/6379.conf", "n{}/26379.conf"), "n{}"),
    "called after ports and numbers": (three("6379-{}.conf", "26379-{}.conf"), "node{}"),
    "called after each server's port": (three("637{}.conf", "2637{}.conf"), "node637{}"),
    "any name, one folder a host": (three("n{}/cache.cfg", "n{}/watch.cfg"), "n{}"),
    "any name, without an ending": (three("n{}/a", "n{}/b"), "n{}"),
    "sites and hosts": (three("site{}/n{}/redis.conf".replace("n{}", "n1"), "site{}/n1/sentinel.conf"), "site{}"),
}  # fmt: skip


UNPAIRED = {"redis-master.conf": data(1), "redis-slave.conf": data(2), "watch.conf": sentinel(quorum=1)}
