.PHONY: help quick short test contender browser servers pictures race lint fuzz method selfcheck performance sample recovery planted pacing build doctor redis brokers prometheus monitoring audit notices reproducible

GOLANGCI = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

help: ## Show this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

quick: redis ## Compare AsyncTasQ with Celery on Redis: a verdict within three minutes
	go run ./cmd/tqbench quick

# Three minutes of soak run next to what needs no workers. Then two packages at a time, the longest first: they mostly wait for
# real workers, and the machine may have two CPUs.
SOAK = ^TestThreeMinutesOfSoak$$
LONGEST = ./trial ./cmd/tqbench
LIGHT = ./analysis/... ./docs/... ./metric/... ./regress/... ./report/... ./results/... ./serve/... ./sizing/... ./stats/... ./suite/...

short: ## Run the tests that need Go alone: no broker, no workers, no browser
	go test -short ./...

test: brokers servers prometheus browser ## Run every test: real servers, real workers of both frameworks, a real browser
	@go test -count=1 -timeout 55m -run '$(SOAK)' ./trial & soak=$$!; \
	$(MAKE) --no-print-directory lint race && go test -count=1 -p 1 -timeout 55m $(LIGHT); code=$$?; wait $$soak && exit $$code
	go test -count=1 -p 2 -timeout 55m -skip '$(SOAK)' $(LONGEST) $$(go list ./... | grep -vxF "$$(go list $(LIGHT) $(LONGEST))")

contender: brokers ## Run the tests of one contender: make contender NAME=arq
	@scripts/contender.sh "$(NAME)"

browser: ## Install Chromium and axe-core for the tests of the report
	@scripts/brokers.sh chromium npm
	@npm ci --prefix report/testdata/axe --ignore-scripts --no-audit --no-fund --silent

servers: ## Install PostgreSQL 18 beside the system's for the tests of --broker-bin
	@scripts/brokers.sh npm
	@npm ci --prefix broker/brokertest/testdata/postgres18 --ignore-scripts --no-audit --no-fund --silent

race: ## Run the tests of concurrent code under the race detector
	go test -race ./loadgen ./results ./suite ./internal/...

lint: ## Check formatting, go vet (for macOS, too) and golangci-lint, also of contenders in Go (ruff, pyright and TypeScript run in the tests)
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "gofmt would change:"; echo "$$files"; exit 1; fi
	go vet ./...
	GOOS=darwin GOARCH=arm64 go vet ./...
	go run $(GOLANGCI) run ./...
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && modules=$$(go run ./scripts/gomodules "$$dir") && for module in $$modules; do \
	cd "$$module" && go vet ./... && go run $(GOLANGCI) run --config "$(CURDIR)/.golangci.yml" ./... || exit 1; done

fuzz: ## Fuzz each parser for a minute
	@scripts/fuzz.sh 60s

pictures: browser ## Take the pictures of docs/reading-the-report.md from the report of a real run
	go test -count=1 -run '^TestPicturesOfTheGuide' ./report/internal/html -update

# One block at a small scale: it shows what a report has, and decides nothing.
sample: brokers ## Run every scenario on every broker once, and write docs/sample (two hours and a quarter)
	go run ./cmd/tqbench run throughput --contender all --broker all --scale 0.1 --blocks 1 --out tqbench-out-sample/matched
	go run ./cmd/tqbench run throughput --contender all --broker all --scale 0.1 --blocks 1 --defaults --out tqbench-out-sample/installed
	go run ./cmd/tqbench run all --contender all --broker all --scale 0.02 --within 2h --out tqbench-out-sample/all
	go run ./scripts/sample tqbench-out-sample docs/sample

recovery: brokers ## Kill a worker of every queue on every broker, and write docs/recovery.md (about half an hour)
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && { go run ./cmd/tqbench run recovery --contender all --broker all --blocks 1 --scale 0.2 --within 0 --out "$$dir/run" || true; } && \
	go run ./scripts/recovery "$$dir/run" docs/recovery.md

planted: brokers ## Gate planted changes next to a random load, ten times each, and write docs/planted.md (about two hours)
	go run ./scripts/planted docs/planted docs/planted.md

audit: ## Look for known vulnerabilities in Go modules, Python packages and npm packages
	@scripts/audit.sh

notices: ## Write THIRD_PARTY_NOTICES: the works in a released binary and their terms
	go run ./scripts/notices > THIRD_PARTY_NOTICES.new && mv THIRD_PARTY_NOTICES.new THIRD_PARTY_NOTICES

reproducible: ## Build twice in different folders and compare the hashes
	@scripts/reproducible.sh

method: ## Simulate how often the verdicts are wrong: docs/method.md (minutes)
	go run ./scripts/method > docs/method.new && mv docs/method.new docs/method.md

selfcheck: brokers ## Measure what tqbench itself costs on this machine
	go run ./cmd/tqbench selfcheck --broker all

# The times of a quick run and of one at full scale are useful, with any verdict.
performance: brokers ## Measure what tqbench itself costs, and write docs/performance.md and its flame graphs
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && { go run ./cmd/tqbench quick --out "$$dir/quick" || true; } && \
	go run ./cmd/tqbench run throughput --blocks 1 --out "$$dir/full" && echo "waiting until the load of these runs is out of the machine's average" && sleep 90 && \
	go run ./scripts/performance --results "$$dir/quick" --results "$$dir/full" docs/performance.md

pacing: ## Compare how well loadgen and vegeta keep a schedule
	go test -C loadgen/pacing -run '^$$' -bench .

build: ## Build ./tqbench
	go build ./cmd/tqbench

doctor: ## Show what is installed, what is missing, and how to install it
	go run ./cmd/tqbench doctor

monitoring: prometheus ## Run a Prometheus on 127.0.0.1:9090 that scrapes a run with --metrics 127.0.0.1:9464
	go run ./cmd/tqbench monitor

prometheus: ## Install Prometheus if missing (Debian and similar); its service is not enabled
	@scripts/brokers.sh prometheus

redis: ## Install Redis if missing (Debian and similar)
	@scripts/brokers.sh redis

brokers: ## Install the servers of all brokers if missing (Debian and similar)
	@scripts/brokers.sh redis postgres mysql rabbitmq
