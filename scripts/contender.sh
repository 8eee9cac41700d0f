#!/usr/bin/env bash
# Runs the tests of one contender: its folder and messages, its worker code, and its unmodified workers on each of its brokers.
set -euo pipefail
name=${1:-}
if [ -z "$name" ] || [ ! -f "contenders/$name/contender.yaml" ]; then
	echo "contender: give the name of a folder in contenders/, such as: make contender NAME=celery" >&2
	exit 2
fi
go test -count=1 ./contender ./contenders/... ./workers
go test -count=1 -timeout 20m ./trial -run \
	"^(TestWorkersRunTheWireProducersTasksOnEveryBroker|TestFrameworksDoWhatTheyOffer|TestTasksOfOthersAreSeen)\$/^$name\$"
