#!/bin/sh
# Make sure that redis-server and redis-benchmark are there: on Debian and its like by apt-get, elsewhere by saying so.
set -eu
if command -v redis-server >/dev/null && command -v redis-benchmark >/dev/null; then
	exit 0
fi
if ! command -v apt-get >/dev/null; then
	echo "tqbench needs redis-server and redis-benchmark on PATH: install Redis and try again" >&2
	exit 2
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
	as_root=sudo
fi
echo "installing redis-server from the distribution's packages" >&2
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq >/dev/null
$as_root apt-get install -qq -y --no-install-recommends redis-server redis-tools >/dev/null
