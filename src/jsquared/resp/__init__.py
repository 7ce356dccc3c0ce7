"""Speaking RESP, the protocol of Redis, Valkey and Sentinel: packing commands, connections that wait, and connections that never do."""
