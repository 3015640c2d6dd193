#!/usr/bin/env bash
# A rule with placeholders (%name%), and the values of one environment in a file.
set -euo pipefail
here=$(dirname "$0")
transpile convert "$here/placeholders/rule.yml" --values "$here/placeholders/values.yml" --model none --to spl,kql
