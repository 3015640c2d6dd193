#!/usr/bin/env bash
# A job that keeps a folder of queries up to date for another program to pick up: only what is exact, all or nothing.
#
#   examples/nightly_export.sh RULES QUERIES [TARGET...]
set -euo pipefail
rules=$1 queries=$2
shift 2
targets=$(IFS=,; echo "${*:-spl,kql}")

# Stop here if a rule cannot be read (exit code 2); rules that a language cannot say (1) are only reported.
transpile check "$rules" --to "$targets" --model none --format sarif >"${SARIF:-/dev/null}" || [ $? = 1 ]

# Into a folder of its own first, so that the other program never sees half an export.
new=$(mktemp -d "$(dirname "$queries")/.export-XXXXXX")
trap 'rm -rf "$new"' EXIT
transpile convert "$rules" --to "$targets" --model none --output "$new" || [ $? = 1 ]

if [ -d "$queries" ] && diff -rq "$queries" "$new" >/dev/null; then
  echo "nothing has changed"
else
  rm -rf "$queries"
  mv "$new" "$queries"
  mkdir "$new"
  echo "$(find "$queries" -type f | wc -l | tr -d ' ') queries in $queries"
fi
