[ -f comment.md ] || exit 0
comments="repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments"
# The comment of the last run is replaced, so that a pull request has one.
last=$(gh api "$comments" --paginate --jq '.[] | select(.user.login == "github-actions[bot]" and (.body | startswith("<!-- jsquared -->"))) | .id' | head -n 1)
if [ -n "$last" ]; then
  gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$last" --field body=@comment.md
else
  gh api --silent --method POST "$comments" --field body=@comment.md
fi
