#!/usr/bin/env bash
# Prints the contenders that a change touches, a name a line, or "all" if it touches anything else as well: changed.sh BASE.
set -euo pipefail
base=${1:?give the revision to compare with}
names=$(git diff --name-only --no-renames "$base" -- | awk -F/ '
	$0 == "docs/contenders.md" || $0 == "CHANGELOG.md" { next }
	$1 == "contenders" && NF > 2 { if (!seen[$2]++) names[++n] = $2; next }
	{ all = 1 }
	END { if (all || !n) print "all"; else for (i = 1; i <= n; i++) print names[i] }')
for name in $names; do
	# One that was removed has no tests.
	[ "$name" = all ] || [ -f "contenders/$name/contender.yaml" ] || names=all
done
echo "$names"
