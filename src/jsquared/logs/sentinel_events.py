"""The events of Sentinel by name, as Redis 6.2 to 8 and Valkey 8 to 9 have them, in logs and on Sentinels' own pub/sub channels."""

OF_NO_PRIMARY = (
    "+new-epoch", "+script-child", "+tilt", "+vote-for-leader", "-script-child", "-script-error", "-script-timeout", "-tilt",
)  # fmt: skip
"""Events whose payload names no monitored primary."""
OF_A_PRIMARY = (
    "+config-update-from", "+convert-to-slave", "+elected-leader", "+failover-end", "+failover-end-for-timeout",
    "+failover-state-reconf-slaves", "+failover-state-select-slave", "+failover-state-send-slaveof-noone",
    "+failover-state-wait-promotion", "+fix-slave-config", "+monitor", "+odown", "+promoted-slave", "+reboot", "+reset-master",
    "+role-change", "+sdown", "+selected-slave", "+sentinel", "+sentinel-address-switch", "+sentinel-address-update",
    "+sentinel-invalid-addr", "+set", "+slave", "+slave-reconf-done", "+slave-reconf-inprog", "+slave-reconf-sent",
    "+slave-reconf-sent-be", "+switch-master", "+try-failover", "-cmd-link-reconnection", "-failover-abort-master-timeout",
    "-failover-abort-no-good-slave", "-failover-abort-not-elected", "-failover-abort-slave-timeout", "-monitor", "-odown",
    "-pubsub-link-reconnection", "-role-change", "-sdown", "-slave-reconf-sent-timeout",
)  # fmt: skip
KNOWN_EVENTS = frozenset({*OF_NO_PRIMARY, *OF_A_PRIMARY})
