"""The door for pytest: fixtures that run an application's tests against a real deployment with Sentinels, and break it."""
