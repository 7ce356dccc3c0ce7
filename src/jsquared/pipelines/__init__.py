"""Pipelines for CI: workflow files that hold the gate over a deployment's folder, for GitHub, GitLab and Jenkins."""
