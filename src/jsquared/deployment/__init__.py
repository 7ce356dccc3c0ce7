"""Pure text: deployments in, redis.conf and sentinel.conf out."""
