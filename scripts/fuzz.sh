#!/bin/sh
# Fuzz every target that there is, one after another, each for TIME (60s). One that fails keeps none from its turn: those that
# failed are named at the end.
# Usage: scripts/fuzz.sh [TIME]
set -eu
time=${1:-60s}
# A package's targets are listed before the package.
found=$(go test -list '^Fuzz' ./...)
targets=$(echo "$found" | awk '/^Fuzz/ {targets[n++] = $1} /^ok/ {for (i = 0; i < n; i++) print $2, targets[i]; n = 0}')
if [ -z "$targets" ]; then
	echo "scripts/fuzz.sh: there is no target" >&2
	exit 1
fi
failed=
while read -r package target; do
	echo "$package $target"
	# An input that is merely new needs no minute to be made short.
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5s "$package" </dev/null || failed="$failed
$package $target"
done <<LIST
$targets
LIST
if [ -n "$failed" ]; then
	echo "failed:$failed" >&2
	exit 1
fi
