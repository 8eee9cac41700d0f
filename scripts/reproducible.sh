#!/bin/sh
# Build the last commit twice, from different folders and with nothing cached, and compare what comes out.
set -eu
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir" && rm -rf "$dir"' EXIT
for place in one another/and/deeper; do
	mkdir -p "$dir/$place"
	git archive HEAD | tar -x -C "$dir/$place"
	for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64; do
		(cd "$dir/$place" && GOCACHE="$dir/cache-${place%%/*}" CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} \
			go build -trimpath -buildvcs=false -o "tqbench-${target%/*}-${target#*/}" ./cmd/tqbench)
	done
	(cd "$dir/$place" && sha256sum tqbench-*) | tee "$dir/${place%%/*}.sums"
done
cmp "$dir/one.sums" "$dir/another.sums"
