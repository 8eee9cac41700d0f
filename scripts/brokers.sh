#!/bin/sh
# Make sure that the servers of the brokers named, the browser that tests read reports with, npm, and the Prometheus that watches
# runs are there: on Debian and its like by apt-get, elsewhere by saying what is missing.
# Usage: scripts/brokers.sh redis [valkey] [postgres] [mysql] [mariadb] [rabbitmq] [rabbitmq-quorum] [sqs] [chromium] [npm] [prometheus]
set -eu

# Debian's servers are in folders that users' PATH lacks. ROOT is for tests.
here() { # program
	! command -v "$1" >/dev/null || return 0
	for at in "${ROOT:-}/usr/sbin/$1" "${ROOT:-}/usr/lib/rabbitmq/bin/$1" "${ROOT:-}/usr/lib/postgresql/"*"/bin/$1"; do
		[ ! -e "$at" ] || return 0
	done
	return 1
}

missing=
need() { # program package
	here "$1" || missing="$missing $2"
}
for broker in "$@"; do
	case $broker in
	redis) need redis-server redis-server && need redis-benchmark redis-tools ;;
	valkey) need valkey-server valkey-server ;;
	postgres) need postgres postgresql && need pgbench postgresql-contrib ;;
	mysql) here mysqld || { need mariadbd mariadb-server && need mariadb-slap mariadb-client; } ;; # MariaDB's packages are in conflict with MySQL's
	mariadb) need mariadbd mariadb-server ;;
	sqs) ;; # tqbench installs its emulator from its own locks
	rabbitmq | rabbitmq-quorum) need rabbitmq-server rabbitmq-server ;;
	prometheus) need prometheus prometheus && need promtool prometheus ;;
	npm) need npm npm ;;
	chromium) here google-chrome || need chromium chromium ;;
	*) echo "scripts/brokers.sh: unknown broker $broker" >&2 && exit 2 ;;
	esac
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
	echo "install these and try again (the names are Debian's):$missing" >&2
	exit 2
fi
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
echo "installing from the distribution's packages:$missing" >&2
# Installed servers are not started: tqbench starts its own, on loopback, and RabbitMQ's package would listen to all.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
	$as_root chmod 755 $policy
	trap '$as_root rm -f $policy' EXIT
	trap 'exit 130' INT TERM
fi
$as_root apt-get update -qq >/dev/null
# shellcheck disable=SC2086 # a list of packages
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends --no-remove $missing >/dev/null
# Nor at the next start of the machine: the user only wants the programs.
command -v systemctl >/dev/null || exit 0
for package in $missing; do
	case $package in
	redis-server | valkey-server | postgresql | rabbitmq-server | prometheus) unit=$package ;;
	mariadb-server) unit=mariadb ;;
	*) continue ;;
	esac
	$as_root systemctl disable --quiet "$unit.service" 2>/dev/null || true
done
