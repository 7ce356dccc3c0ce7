echo "change plan" > jsquared-results/stage
case $BASE in
  "" | 0000000000000000000000000000000000000000)
    echo "No change is planned: there is no earlier commit to compare with." | tee jsquared-results/plan.md
    exit 0 ;;
esac
if ! start=$(git merge-base "$BASE" HEAD); then
  echo "jsquared: error: $BASE: has no common commit with HEAD in this clone, so the change cannot be planned. Try: fetch the whole history" >&2
  exit 3
fi
git worktree prune
git worktree add --quiet --force --detach jsquared-base "$start"
if [ ! -e "jsquared-base/$DEPLOYMENT" ]; then
  echo "No change is planned: the deployment is new." | tee jsquared-results/plan.md
  exit 0
fi
"$TOOLS/bin/jsquared" change plan "jsquared-base/$DEPLOYMENT" "$DEPLOYMENT" --out jsquared-results/plan
