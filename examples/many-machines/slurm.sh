#!/bin/bash
#SBATCH --job-name=tqbench --nodes=7 --ntasks=7 --ntasks-per-node=1 --exclusive --time=04:00:00
# Run a plan on the nodes of a Slurm job, in a folder that they share: sbatch slurm.sh throughput
# The first node has the collector and the broker, the next LOAD ones send, and the others run workers. The arguments are those of tqbench plan.
set -eu
umask 077
export LOAD=${LOAD:-2} LISTEN=${LISTEN:-$(hostname -I | cut -d' ' -f1):7700}
openssl rand -hex 32 >token
tqbench plan --load-hosts "$LOAD" --worker-hosts $((SLURM_JOB_NUM_NODES - 1 - LOAD)) --out run "$@"

# The end of one agent is no reason to end the others, nor to leave out the report: the job ends with the worst code of all.
code=0
# shellcheck disable=SC2016 # each rank expands it
srun --kill-on-bad-exit=0 --wait=0 sh -c '
	agent() { exec tqbench agent --collector "$LISTEN" --token-file token --role "$1" --index "$2"; }
	[ "$SLURM_PROCID" -eq 0 ] && exec tqbench collect --plan run/plan.json --listen "$LISTEN" --token-file token --out run
	[ "$SLURM_PROCID" -le "$LOAD" ] && agent load $((SLURM_PROCID - 1))
	agent worker $((SLURM_PROCID - 1 - LOAD))' || code=$?
tqbench analyze --out run || code=$?
tqbench report --out run || code=$?
exit "$code"
