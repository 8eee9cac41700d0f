// Tqbench benchmarks task queues on message brokers, with verdicts that carry intervals.
//
// A container only supplies binaries. The tqbench binary in it starts the brokers, runs the plan, analyses and reports, as it does on a
// laptop without containers: settings live in the binary and nowhere else.
//
//	dagger call quick
//	dagger call benchmark-all export --path results
//	dagger call report export --path report
//	dagger call plan --broker all run report export --path report
package main

import (
	"context"

	"dagger/tqbench/images"
	"dagger/tqbench/internal/dagger"
)

// Tqbench is the module.
type Tqbench struct {
	// Source is the whole repository, for tests.
	// +private
	Source *dagger.Directory
	// Code is what builds of tqbench read, and Environments what the build of the workers' environments reads. They are directories of their
	// own, as a change within a directory makes each step on it again.
	// +private
	Code *dagger.Directory
	// +private
	Environments *dagger.Directory
	// App is the caller's application.
	// +private
	App *dagger.Directory
	// +private
	GoImage string
	// +private
	BaseImage string
	// +private
	GrafanaImage string
	// +private
	DebianArchive string
	// Variables of the caller's application.
	// +private
	AppEnv *dagger.Secret
	// The URLs of the caller's own brokers.
	// +private
	RedisURL *dagger.Secret
	// +private
	PostgresURL *dagger.Secret
	// +private
	MysqlURL *dagger.Secret
	// +private
	RabbitmqURL *dagger.Secret
	// +private
	SqsURL *dagger.Secret
	// Services of the caller, which the URLs name as redis, postgres, mysql, rabbitmq and sqs.
	// +private
	RedisService *dagger.Service
	// +private
	PostgresService *dagger.Service
	// +private
	MysqlService *dagger.Service
	// +private
	RabbitmqService *dagger.Service
	// +private
	SqsService *dagger.Service
	// +private
	OwnBrokers bool
	// Servers are the names of servers that the caller adds, and Programs the folders of their programs.
	// +private
	Servers []string
	// +private
	Programs []*dagger.Directory
}

// New sets the module up.
func New(
	// tqbench's own repository, for its tests
	// +defaultPath="/"
	// +ignore=[".git", "**/node_modules", "tqbench-out*", "bin"]
	source *dagger.Directory,
	// tqbench's own code, for builds of its binary
	// +defaultPath="/"
	// +ignore=["**", "!**/*.go", "!go.mod", "!go.sum", "!loadgen/pacing/go.mod", "!.dagger/go.mod", "!contenders", "!examples/**/go.mod", "!examples/**/go.sum", "!suite/scenarios", "!suite/own.yaml", "!suite/init.yaml", "!suite/traced.yaml.tmpl", "!suite/claims.yaml", "!selfcheck/perftest.sha256", "!workers/locks", "!workers/python", "!workers/javascript/*.mjs", "!workers/emulator", "!docs/schema/*.schema.json", "!serve/templates", "!report/internal/html/templates", "!report/site/templates", "!selfcheck/templates", "**/*_test.go", "**/testdata", "**/*.md", ".dagger/*.go", ".dagger/images"]
	code *dagger.Directory,
	// tqbench's own code, for the workers' environments
	// +defaultPath="/"
	// +ignore=["**", "!go.mod", "!go.sum", "!scripts/environments", "!workers", "!contenders", "!results/*.go", "!accounting/*.go", "!internal/regular/*.go", "!internal/process/*.go", "!internal/git/*.go", "!internal/glob/*.go", "!internal/text/*.go", "!internal/atomicfile/*.go", "**/*_test.go", "**/testdata", "**/*.md"]
	environments *dagger.Directory,
	// your application's folder, in the container at /app
	// +optional
	app *dagger.Directory,
	// image with Go, such as your mirror's copy
	// +optional
	goImage string,
	// Debian image that the benchmark runs in, such as your mirror's copy
	// +optional
	baseImage string,
	// image with Grafana, such as your mirror's copy
	// +optional
	grafanaImage string,
	// URL of a dated archive of Debian to install servers from (default: the current one)
	// +optional
	debianArchive string,
	// variables that your application needs, a line NAME=VALUE each
	// +optional
	appEnv *dagger.Secret,
	// URL of a Redis of your own, instead of a private one
	// +optional
	redisURL *dagger.Secret,
	// URL of a PostgreSQL of your own, instead of a private one
	// +optional
	postgresURL *dagger.Secret,
	// URL of a MySQL or MariaDB of your own, instead of a private one
	// +optional
	mysqlURL *dagger.Secret,
	// URL of a RabbitMQ of your own, instead of a private one
	// +optional
	rabbitmqURL *dagger.Secret,
	// URL of an SQS endpoint, instead of a private emulator
	// +optional
	sqsURL *dagger.Secret,
	// a Redis of your own as a service, such as tcp://localhost:6379; the host of its URL is redis, and the port is the service's
	// +optional
	redisService *dagger.Service,
	// a PostgreSQL of your own as a service; the host of its URL is postgres, and the port is the service's
	// +optional
	postgresService *dagger.Service,
	// a MySQL or MariaDB of your own as a service; the host of its URL is mysql, and the port is the service's
	// +optional
	mysqlService *dagger.Service,
	// a RabbitMQ of your own as a service; the host of its URL is rabbitmq, and the port is the service's
	// +optional
	rabbitmqService *dagger.Service,
	// an SQS endpoint as a service; the host of its URL is sqs, and the port is the service's
	// +optional
	sqsService *dagger.Service,
	// confirm that you may load-test the brokers of these URLs; tqbench doesn't connect without it
	// +optional
	ownBrokers bool,
) (*Tqbench, error) {
	for name, image := range map[string]*string{images.Go: &goImage, images.Base: &baseImage, images.Grafana: &grafanaImage} {
		if *image != "" {
			continue
		}
		var err error
		if *image, err = images.Pinned(name); err != nil {
			return nil, err
		}
	}
	return &Tqbench{Source: source, Code: code, Environments: environments, App: app, GoImage: goImage, BaseImage: baseImage, GrafanaImage: grafanaImage,
		DebianArchive: debianArchive, AppEnv: appEnv,
		RedisURL: redisURL, PostgresURL: postgresURL, MysqlURL: mysqlURL, RabbitmqURL: rabbitmqURL, SqsURL: sqsURL,
		RedisService: redisService, PostgresService: postgresService, MysqlService: mysqlService, RabbitmqService: rabbitmqService,
		SqsService: sqsService, OwnBrokers: ownBrokers}, nil
}

// Quick runs a small plan and returns its answer, also where nothing can be answered.
//
// The whole set of options is in plan: dagger call plan --within 3m run analysis answer.
//
// +cache="session"
func (m *Tqbench) Quick(
	ctx context.Context,
	// scenarios by number or name, or all (default: 1)
	// +default=["1"]
	scenario []string,
	// brokers: redis, valkey, postgres, mysql, mariadb, rabbitmq, rabbitmq-quorum, sqs, or all (default: redis)
	// +default=["REDIS"]
	broker []BrokerName,
	// contenders, the baseline first; one named twice meets itself (default: each scenario's own)
	// +optional
	contender []string,
	// how long the run may take
	// +default="3m0s"
	within string,
) (string, error) {
	t, err := m.shortPlan(scenario, broker, contender, 0, within, 0).Run(ctx, "", partLength)
	if err != nil {
		return "", err
	}
	a, err := t.Analysis(ctx)
	if err != nil {
		return "", err
	}
	return a.Answer(ctx)
}

// BenchmarkAll runs every scenario on every broker in 2 hours, and returns all that was measured, with its report.
//
// It runs in parts. The same call with the same run id goes on after an interruption.
//
// +cache="session"
func (m *Tqbench) BenchmarkAll(
	ctx context.Context,
	// scenarios by number or name, or all (default: all)
	// +default=["all"]
	scenario []string,
	// brokers: redis, valkey, postgres, mysql, mariadb, rabbitmq, rabbitmq-quorum, sqs, or all (default: all)
	// +default=["ALL"]
	broker []BrokerName,
	// contenders, the baseline first; one named twice meets itself (default: each scenario's own)
	// +optional
	contender []string,
	// how long the run may take; it begins with one block of everything
	// +default="2h0m0s"
	within string,
	// name of the run: the same name goes on where it stopped (default: a new run)
	// +optional
	runID string,
) (*dagger.Directory, error) {
	t, err := m.shortPlan(scenario, broker, contender, 0, within, 0).Run(ctx, runID, partLength)
	if err != nil {
		return nil, err
	}
	return t.Everything(ctx)
}

// Report makes the report of a folder's results; without one, of a quick run made now.
//
// +cache="session"
func (m *Tqbench) Report(
	ctx context.Context,
	// a folder that run or benchmark-all returned
	// +optional
	results *dagger.Directory,
) (*dagger.Directory, error) {
	if results != nil {
		return (&Trials{Bench: m, Results: results}).Report(ctx)
	}
	t, err := m.quickPlan(0, 0).Run(ctx, "", partLength)
	if err != nil {
		return nil, err
	}
	return t.Report(ctx)
}

// quickTime is how long a quick run may take.
const quickTime = "3m0s"

// quickPlan is the plan of a quick run, with a number of blocks and a scale, where they are not 0.
func (m *Tqbench) quickPlan(blocks int, scale float64) *Plan {
	return m.shortPlan([]string{"1"}, []BrokerName{Redis}, nil, blocks, quickTime, scale)
}

// shortPlan is a plan with the few options of the short forms.
func (m *Tqbench) shortPlan(scenario []string, broker []BrokerName, contender []string, blocks int, within string, scale float64) *Plan {
	return m.Plan(scenario, broker, contender, blocks, within, scale, 1, false, 0, "", "", None, "", nil, nil, nil, nil, nil, 0, 0, 0, 0, "", 0)
}
