"""Mistakes in passwords, users and their limits."""

from engine_mutants.catalogue.words import FAILOVER, GUARD, STAND_UP, TOO_FEW
from engine_mutants.mutant import Mutant

WITH_PASSWORD = (
    "--with", "redis.requirepass=correct-horse-battery",
    "--with", "redis.masterauth=correct-horse-battery",
    "--with", "sentinel.auth-pass=correct-horse-battery",
)  # fmt: skip
WITH_READER = ("--with", "redis.user=reader on >reading-glass ~cache:* &* +get")
"""A user with one command and one prefix; the lab tries others."""
WITH_FORMER = ("--with", "redis.user=former off >long-gone ~* &* +@all")
REFUSALS = (*GUARD, "NOAUTH", "NOPERM", "WRONGPASS", "log in", "user")

MUTANTS = (
    Mutant(
        name="no-password-needed",
        file="server.c",
        within="int processCommand(client",
        anchor="if (authRequired(c)) {",
        replacement="if (0) {",
        scenarios=("primary-wrong-password", "primary-crash"),
        words=(*REFUSALS, *FAILOVER),
        outcomes=("violated", "inconclusive"),
        options=WITH_PASSWORD,
        why="Everybody who reaches the port is served.",
    ),
    Mutant(
        name="any-password-fits",
        file="acl.c",
        within="int ACLCheckUserCredentials(",
        anchor="if (!time_independent_strcmp(hashed, thispass)) {",
        replacement="if (1) {",
        scenarios=("primary-wrong-password", "primary-crash"),
        words=REFUSALS,
        outcomes=("violated", "inconclusive"),
        options=WITH_PASSWORD,
        why="A wrong password is as good as the right one.",
    ),
    Mutant(
        name="disabled-user-logs-in",
        file="acl.c",
        within="int ACLCheckUserCredentials(",
        anchor="if (u->flags & USER_FLAG_DISABLED) {",
        replacement="if (0) {",
        scenarios=("primary-short-hang",),
        words=REFUSALS,
        options=WITH_FORMER,
        why="Switching a user off has no effect.",
    ),
    Mutant(
        name="command-limits-ignored",
        file="acl.c",
        within="int ACLCheckCommandPerm(",
        anchor="if (ACLGetUserCommandBit(u,id) == 0) {",
        replacement="if (0) {",
        scenarios=("primary-short-hang",),
        words=REFUSALS,
        options=WITH_READER,
        why="A user who may only read may also write, and shut the server down.",
    ),
    Mutant(
        name="key-limits-ignored",
        file="acl.c",
        within="int ACLCheckCommandPerm(",
        anchor="if (!match) {",
        replacement="if (0) {",
        scenarios=("primary-short-hang",),
        words=REFUSALS,
        options=WITH_READER,
        why="A user who has one prefix reads everybody's keys.",
    ),
    Mutant(
        name="sentinel-forgets-the-replicas-password",
        file="sentinel.c",
        within="void sentinelSendAuthIfNeeded(",
        anchor="auth_pass = ri->master->auth_pass;",
        replacement="auth_pass = NULL;",
        scenarios=("primary-crash",),
        words=(*STAND_UP, *FAILOVER, *TOO_FEW),
        outcomes=("violated", "inconclusive"),
        options=WITH_PASSWORD,
        why="Replicas refuse their Sentinels, so nobody can be promoted.",
    ),
)
