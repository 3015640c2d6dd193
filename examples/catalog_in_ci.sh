#!/usr/bin/env bash
# A job that keeps a catalog of a rule repository: built from what changed, compared with the last one, shown as pages.
#
#   examples/catalog_in_ci.sh RULES FOLDER
#
# FOLDER keeps catalog.sqlite between runs (a cache of the CI system); site/ in it is what can be published.
set -euo pipefail
rules=$1 folder=$2
mkdir -p "$folder"
catalog=$folder/catalog.sqlite

before=$(mktemp "$folder/before-XXXXXX")
trap 'rm -f "$before"' EXIT
if [ -s "$catalog" ]; then cp "$catalog" "$before"; fi

transpile catalog build "$rules" --db "$catalog"
transpile catalog prove --no-translations --db "$catalog"

# What changed in meaning, with the events that tell the old rule from the new one.
if [ -s "$before" ]; then
  transpile catalog diff "$before" "$catalog" --format md >"$folder/changes.md"
fi
transpile catalog stats --db "$catalog"
transpile catalog export --db "$catalog" --format navigator >"$folder/layer.json"
transpile catalog site --db "$catalog" --output "$folder/site"
