#!/bin/sh
# Fuzz every target that there is, one after another, each for TIME (60s).
# Usage: scripts/fuzz.sh [TIME]
set -eu
time=${1:-60s}
# A package's targets are listed before the package.
found=$(go test -list '^Fuzz' ./...)
echo "$found" | awk '/^Fuzz/ {targets[n++] = $1} /^ok/ {for (i = 0; i < n; i++) print $2, targets[i]; n = 0}' |
	while read -r package target; do
		echo "$package $target"
		# An input that is merely new needs no minute to be made short.
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5s "$package"
	done
