"""Mistakes in what a primary replies, where the content of all nodes is right."""

from engine_mutants.catalogue.words import REPLIES
from engine_mutants.mutant import Mutant

ANY = ("primary-short-hang", "primary-crash")
"""What is replied is judged in every trial, so the shortest comes first."""

MUTANTS = (
    Mutant(
        name="increment-replies-one-more",
        file="t_string.c",
        within="void incrDecrCommand(",
        anchor="addReply(c,new);",
        replacement=(
            "robj *more = createStringObjectFromLongLong(value + (rand() % 20 == 0)); addReply(c,more); decrRefCount(more);"
        ),
        scenarios=ANY,
        words=REPLIES,
        why="One INCR in twenty gives a number that another client is given as well, so two orders have one number.",
    ),
    Mutant(
        name="append-replies-the-piece",
        file="t_string.c",
        within="void appendCommand(",
        anchor="addReplyLongLong(c,totlen);",
        replacement="addReplyLongLong(c,stringObjectLen(c->argv[2]));",
        scenarios=ANY,
        words=REPLIES,
        why="APPEND gives the length of the piece and not of the text, so readers look for their piece in the wrong place.",
    ),
    Mutant(
        name="hash-set-replies-wrongly",
        file="t_hash.c",
        within="void hsetCommand(",
        anchor="addReplyLongLong(c, created);",
        replacement="addReplyLongLong(c, rand() % 20 ? created : !created);",
        scenarios=ANY,
        words=REPLIES,
        why="HSET says that a field is new that was there, so a client that takes locks by it has one that another client holds.",
    ),
    Mutant(
        name="move-replies-another-element",
        file="t_list.c",
        within="void lmoveHandlePush(",
        anchor="addReplyBulk(c,value);",
        replacement=(
            "robj *last = listTypePop(dstobj,LIST_TAIL); listTypePush(dstobj,last,LIST_TAIL); addReplyBulk(c,last); decrRefCount(last);"
        ),
        scenarios=ANY,
        words=REPLIES,
        why="RPOPLPUSH gives the first job for ever, so workers do one job again and again and the others never.",
    ),
    Mutant(
        name="score-increment-replies-the-points",
        file="t_zset.c",
        within="void zaddGenericCommand(",
        anchor="addReplyDouble(c,score);",
        replacement="addReplyDouble(c,scores[0]);",
        scenarios=ANY,
        words=REPLIES,
        why="ZINCRBY gives what was added and not the score.",
    ),
    Mutant(
        name="entry-replies-another-identifier",
        file="t_stream.c",
        within="void xaddCommand(",
        anchor="addReplyStreamID(c,&id);",
        replacement="streamID said = id; said.seq += rand() % 4 == 0; addReplyStreamID(c,&said);",
        scenarios=ANY,
        words=REPLIES,
        why="XADD gives an identifier that no entry has, so what was added can never be found or acknowledged.",
    ),
)
