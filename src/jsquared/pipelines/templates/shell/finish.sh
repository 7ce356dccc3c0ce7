[ -d jsquared-results ] || exit 0
# The servers' own configuration has their passwords; no other file of a run folder has them.
rm -f jsquared-results/runs/*/config/*.*
if ls jsquared-results/runs/*/verdict.json > /dev/null 2>&1; then
  "$TOOLS/bin/jsquared" report jsquared-results/runs/* --redact --out jsquared-results/report.html || echo "the report could not be written" >&2
fi
stage=$(cat jsquared-results/stage)
{
  echo "<!-- jsquared -->"
  if [ "$stage" = passed ]; then echo "**JSquared: passed**"; else echo "**JSquared: stopped at $stage.** Nothing after it was run."; fi
  for part in plan/plan plan analyse audit run; do
    if [ -f "jsquared-results/$part.md" ]; then echo; cat "jsquared-results/$part.md"; fi
  done
} > jsquared-results/whole.md
head -c 60000 jsquared-results/whole.md > jsquared-results/comment.md
if [ "$(wc -c < jsquared-results/whole.md)" -gt 60000 ]; then
  printf "%s\n" "" "Cut here: whole.md among the artifacts has the rest." >> jsquared-results/comment.md
fi
