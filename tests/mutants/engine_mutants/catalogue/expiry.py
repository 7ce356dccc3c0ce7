"""Mistakes in keys with a time to live."""

from engine_mutants.catalogue.words import DATA
from engine_mutants.mutant import Mutant

LIFE = (*DATA, "expire", "time to live", "TTL", "after its end", "what had expired")
SCENARIOS = ("primary-short-hang", "primary-crash")

MUTANTS = (
    Mutant(
        name="expiry-not-propagated",
        file="t_string.c",
        within="void setGenericCommand(",
        anchor="rewriteClientCommandVector(c,5,shared.set,key,val,exp,millisecondObj);",
        replacement="UNUSED(exp); rewriteClientCommandVector(c,3,shared.set,key,val);",
        scenarios=SCENARIOS,
        words=LIFE,
        why="Sessions and locks live for ever after a failover.",
    ),
    Mutant(
        name="expired-keys-stay-on-replicas",
        file="db.c",
        within="void deleteExpiredKeyAndPropagate(",
        anchor="propagateExpire(db,keyobj,server.lazyfree_lazy_expire);",
        replacement="",
        scenarios=SCENARIOS,
        words=LIFE,
        why="Replicas and files keep what has expired.",
    ),
    Mutant(
        name="replica-expires-by-itself",
        file="db.c",
        within="int expireIfNeeded(",
        anchor="if (server.masterhost != NULL) return 1;",
        replacement="",
        scenarios=SCENARIOS,
        words=(*LIFE, "had expired by its own clock"),
        why="Replicas delete by their own clock and stray from the primary's stream.",
    ),
    Mutant(
        name="expires-a-second-early",
        file="db.c",
        within="int keyIsExpired(redisDb *db, robj *key) {",
        anchor="return now > when;",
        replacement="return now + 1000 > when;",
        scenarios=SCENARIOS,
        words=LIFE,
        why="Locks are free a second before their time.",
    ),
    Mutant(
        name="expired-keys-are-read",
        file="db.c",
        within="int keyIsExpired(redisDb *db, robj *key) {",
        anchor="return now > when;",
        replacement="return now > when + 3000;",
        scenarios=SCENARIOS,
        words=LIFE,
        why="Readers see what has expired until somebody cleans up.",
    ),
    Mutant(
        name="overwritten-key-keeps-its-end",
        file="db.c",
        within="void genericSetKey(",
        anchor="if (!keepttl) removeExpire(db,key);",
        replacement="",
        scenarios=SCENARIOS,
        words=LIFE,
        why="A plain SET inherits the time to live of what it replaced, and vanishes.",
    ),
    Mutant(
        name="expire-counts-milliseconds",
        file="expire.c",
        within="void expireGenericCommand(",
        anchor="when *= 1000;",
        replacement="",
        scenarios=SCENARIOS,
        words=LIFE,
        why="EXPIRE takes seconds for milliseconds.",
    ),
)
