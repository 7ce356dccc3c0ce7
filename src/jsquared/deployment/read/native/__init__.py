"""A folder of redis.conf and sentinel.conf files."""
