echo audit > jsquared-results/stage
# The options are split into words on purpose.
# shellcheck disable=SC2086
"$TOOLS/bin/jsquared" audit "$DEPLOYMENT" $AUDIT_OPTIONS --markdown jsquared-results/audit.md --junit jsquared-results/audit.xml
