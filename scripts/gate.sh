#!/usr/bin/env bash
# Runs tqbench gate with what the variables GATE_* say, for GitHub's action.yml and GitLab's template. Empty ones are left out. Without GATE_BASE, the
# base of an application is found from GATE_TARGET, a commit of the target branch, and GATE_SOURCE, the last commit of the request.
set -euo pipefail
args=(gate --out "${GATE_OUT:-tqbench-gate}")

# The repository is the application's, as for tqbench: the job may have checked it out below its folder.
git() { command git -C "${GATE_APP_PATH:-.}" "$@"; }

# lines adds a flag for each line of a value that isn't empty.
lines() { # flag value
	while IFS= read -r line; do
		line=${line#"${line%%[![:space:]]*}"}
		line=${line%"${line##*[![:space:]]}"}
		[ -z "$line" ] || args+=("$1=$line")
	done <<<"$2"
}

if [ -n "${GATE_APP:-}" ] && [ -z "${GATE_BASE:-}" ]; then
	# Where the job checked out the request's merge into the target branch, only the request differs from the first parent. Where it checked
	# out the request's own commit, the base is where that left the target branch.
	GATE_BASE=${GATE_TARGET:-}
	parents=$(git cat-file -p HEAD | sed -n '/^$/q; s/^parent //p')
	if [ -n "${GATE_SOURCE:-}" ] && [ "$(sed -n 2p <<<"$parents")" = "$GATE_SOURCE" ]; then
		GATE_BASE=$(sed -n 1p <<<"$parents")
	elif [ -n "$GATE_BASE" ]; then
		GATE_BASE=$(git merge-base HEAD "$GATE_BASE" 2>/dev/null || echo "$GATE_BASE")
	fi
fi
if [ -n "${GATE_APP:-}" ] && [ -n "${GATE_BASE:-}" ] && ! git cat-file -e "$GATE_BASE^{commit}" 2>/dev/null; then
	if git cat-file -e "refs/remotes/origin/$GATE_BASE^{commit}" 2>/dev/null; then
		GATE_BASE=origin/$GATE_BASE # a checkout of a request has no local branches
	else
		# A shallow clone lacks the base. What is fetched has no name here. A whole clone stays whole.
		depth=()
		[ "$(git rev-parse --is-shallow-repository)" = false ] || depth=(--depth=1)
		git fetch --quiet --no-tags ${depth[@]+"${depth[@]}"} origin "$GATE_BASE"
		GATE_BASE=$(git rev-parse FETCH_HEAD)
	fi
fi
for name in APP TASK APP_PATH APP_PYTHON INSTALL CALLS APP_ENV_FILE CONTENDER BASE CHANGE BROKER WITHIN; do
	variable=GATE_$name
	value=${!variable:-}
	flag=$(tr '[:upper:]_' '[:lower:]-' <<<"$name")
	case $name in APP_PATH | INSTALL) [ -n "${GATE_APP:-}" ] || continue ;; esac
	[ -z "$value" ] || args+=("--$flag=$value")
done
lines --fail-if "${GATE_FAIL_IF:-}"
[ "${GATE_STRICT:-false}" != true ] || args+=(--strict)
while IFS= read -r line; do
	[ -z "$line" ] || args+=("$line")
done <<<"${GATE_ARGS:-}"
[ -z "${GATE_JUNIT:-}" ] || args+=("--junit=$GATE_JUNIT")
exec tqbench "${args[@]}"
