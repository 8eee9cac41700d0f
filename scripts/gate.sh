#!/usr/bin/env bash
# Runs tqbench gate with what the variables GATE_* say, for GitHub's action.yml and GitLab's template. Empty ones are left out.
set -euo pipefail
args=(gate --out "${GATE_OUT:-tqbench-gate}")

# lines adds a flag for each line of a value that isn't empty.
lines() { # flag value
	while IFS= read -r line; do
		line=${line#"${line%%[![:space:]]*}"}
		line=${line%"${line##*[![:space:]]}"}
		[ -z "$line" ] || args+=("$1=$line")
	done <<<"$2"
}

if [ -z "${GATE_CONTENDER:-}" ] && [ -n "${GATE_BASE:-}" ]; then
	# A shallow clone lacks the base.
	git cat-file -e "$GATE_BASE^{commit}" 2>/dev/null || git fetch --quiet --no-tags --depth=1 origin "$GATE_BASE"
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
