#!/bin/sh
# Run a plan over machines that ssh reaches, each with tqbench and systemd, as root:
#   LISTEN=10.0.0.1:7700 LOAD="load-0 load-1" WORK="work-0 work-1" CPUS=2-7 sh ssh.sh throughput
# LISTEN is of this machine, which has the broker. The arguments are those of tqbench plan.
set -eu
umask 077
openssl rand -hex 32 >token
tqbench plan --load-hosts "$(echo "$LOAD" | wc -w)" --worker-hosts "$(echo "$WORK" | wc -w)" --out run "$@"

# agents starts one on each host of a role. Its control group keeps it on the CPUs, and has what it and its workers use.
agents() {
	role=$1 index=0
	shift
	for host; do
		scp -q token "$host:tqbench-token"
		ssh "$host" systemd-run --scope --quiet -p AllowedCPUs="$CPUS" \
			tqbench agent --collector "$LISTEN" --role "$role" --index "$index" --token-file tqbench-token &
		index=$((index + 1))
	done
}
# shellcheck disable=SC2086 # hosts are words
agents load $LOAD
# shellcheck disable=SC2086
agents worker $WORK

# A run that was interrupted, or measured nothing usable, has a report, too.
code=0
tqbench collect --plan run/plan.json --listen "$LISTEN" --token-file token --out run || code=$?
wait
tqbench analyze --out run || code=$?
tqbench report --out run || code=$?
exit "$code"
