echo run > jsquared-results/stage
# Ubuntu 24.04 and newer let AppArmor refuse user namespaces to whoever is not root. Each trial needs one for its own network, so the
# setting is taken back on this runner, which is thrown away. Root needs no user namespace.
if [ "$(id -u)" != 0 ] && [ "$(cat /proc/sys/kernel/apparmor_restrict_unprivileged_userns 2>/dev/null)" = 1 ]; then
  sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
fi
"$TOOLS/bin/jsquared" run --suite "$SUITE" --deployment "$DEPLOYMENT" --sandbox namespaces --skip-proven --out jsquared-results/runs --junit jsquared-results/run.xml --markdown jsquared-results/run.md --json > jsquared-results/run.json
echo passed > jsquared-results/stage
