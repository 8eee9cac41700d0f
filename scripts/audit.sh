#!/bin/sh
# Look for known vulnerabilities in what is built, in what workers install, and in what pages are tested with. It asks
# the vulnerability databases of Go, PyPI and npm. One finding keeps nothing else from being looked at.
set -eu
bad=
look() { # what command [argument ...]
	what=$1
	shift
	echo "$what"
	"$@" || bad="$bad
$what"
}

look "Go modules" go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...
look "examples/go-queue" go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 -C examples/go-queue ./...
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
modules=$(go run ./scripts/gomodules "$dir/modules") || bad="$bad
contenders in Go"
for module in $modules; do
	look "contenders/$(basename "$module")" go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 -C "$module" ./...
done
python3 -m venv "$dir"
"$dir/bin/pip" install --quiet --require-hashes --requirement scripts/audit.txt
for lock in workers/locks/*.txt contenders/*/requirements.txt; do
	look "$lock" "$dir/bin/pip-audit" --strict --require-hashes --disable-pip --requirement "$lock"
done
for lock in $(find . -name node_modules -prune -o -name package-lock.json -print | sed 's,^\./,,' | sort); do
	look "$lock" npm audit --package-lock-only --prefix "$(dirname "$lock")"
done
if [ -n "$bad" ]; then
	echo "to look at:$bad" >&2
	exit 1
fi
