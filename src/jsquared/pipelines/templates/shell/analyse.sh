echo analyse > jsquared-results/stage
"$TOOLS/bin/jsquared" analyse "$DEPLOYMENT" --format markdown > jsquared-results/analyse.md || code=$?
cat jsquared-results/analyse.md
exit "${code:-0}"
