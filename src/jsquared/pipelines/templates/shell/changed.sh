# True unless git shows that neither the deployment nor this file differs from the base: what is not known counts as changed.
if [ -n "$BASE" ] && start=$(git merge-base "$BASE" HEAD) && git diff --quiet "$start" HEAD -- "$DEPLOYMENT" Jenkinsfile; then
  exit 1
fi
