"""Security audits of a deployment, from its files or from its running servers: rules, evidence, waivers and baselines."""
