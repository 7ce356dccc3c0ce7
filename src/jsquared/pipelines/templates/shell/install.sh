rm -rf jsquared-results jsquared-base "$TOOLS"
refuse() { echo "jsquared: error: JSQUARED_SOURCE: $1. Try: the path of a wheel, or git+https://HOST/REPOSITORY@COMMIT with the commit's 40 digits" >&2; exit 2; }
commit=
case $JSQUARED_SOURCE in
  *FILL-IN*) refuse "is still the placeholder" ;;
  git+*@*)
    commit=${JSQUARED_SOURCE##*@}
    case $commit in *[!0-9a-f]*) refuse "is not pinned to a commit" ;; esac
    [ "${#commit}" -eq 40 ] || refuse "is not pinned to a commit" ;;
  *.whl) [ -f "$JSQUARED_SOURCE" ] || refuse "there is no such wheel" ;;
  *) refuse "is neither a wheel nor a pinned checkout" ;;
esac
mkdir jsquared-results
echo install > jsquared-results/stage
python3 -m venv "$TOOLS"
if [ -n "$commit" ]; then
  address=${JSQUARED_SOURCE#git+}
  git init --quiet "$TOOLS/source"
  git -C "$TOOLS/source" fetch --quiet --depth 1 "${address%@*}" "$commit"
  git -C "$TOOLS/source" checkout --quiet --detach FETCH_HEAD
  "$TOOLS/bin/pip" install --quiet --require-hashes --requirement "$TOOLS/source/requirements/run.lock"
  "$TOOLS/bin/pip" install --quiet --no-deps "$TOOLS/source"
else
  "$TOOLS/bin/pip" install --quiet "$JSQUARED_SOURCE"
fi
