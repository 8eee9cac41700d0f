#!/bin/sh
# Look for known vulnerabilities in what is built and what workers install. It asks vuln.go.dev and pypi.org.
set -eu
go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir"
"$dir/bin/pip" install --quiet --require-hashes --requirement scripts/audit.txt
for lock in workers/locks/*.txt; do
	echo "$lock"
	"$dir/bin/pip-audit" --strict --require-hashes --disable-pip --requirement "$lock"
done
