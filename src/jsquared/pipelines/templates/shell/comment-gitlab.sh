if [ -z "${JSQUARED_COMMENT_TOKEN:-}" ]; then echo "no comment: JSQUARED_COMMENT_TOKEN is not set"; exit 0; fi
[ -f jsquared-results/comment.md ] || exit 0
notes="$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"
# The token goes through a pipe, so that no command line shows it.
ask() { printf 'header = "PRIVATE-TOKEN: %s"' "$JSQUARED_COMMENT_TOKEN" | curl --config - --fail --silent --show-error "$@"; }
# The note of the last run is replaced, so that a merge request has one.
last=$(ask "$notes?sort=desc&per_page=100" | python3 -c 'import json, sys; print(next((str(one["id"]) for one in json.load(sys.stdin) if one["body"].startswith("<!-- jsquared -->")), ""))')
if [ -n "$last" ]; then
  ask --output /dev/null --request PUT --data-urlencode body@jsquared-results/comment.md "$notes/$last"
else
  ask --output /dev/null --request POST --data-urlencode body@jsquared-results/comment.md "$notes"
fi
