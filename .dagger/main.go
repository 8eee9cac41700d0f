// Tqbench benchmarks task queues on message brokers, with verdicts that carry intervals.
//
// A container only supplies binaries. The tqbench binary in it starts the brokers, builds the workers, runs the plan,
// analyses and reports, as it does on a laptop without containers: settings live in the binary and nowhere else.
//
//	dagger call quick
//	dagger call benchmark-all export --path results
//	dagger call report export --path report
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dagger/tqbench/images"
	"dagger/tqbench/internal/dagger"
)

// Tqbench is the module.
type Tqbench struct {
	// Source is tqbench's own source.
	// +private
	Source *dagger.Directory
	// App is the caller's application.
	// +private
	App *dagger.Directory
	// +private
	GoImage string
	// +private
	BaseImage string
	// +private
	GrafanaImage string
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
	// +private
	OwnBrokers bool
}

// New sets the module up.
func New(
	// tqbench's own source; the default is right unless you change tqbench itself
	// +defaultPath="/"
	// +ignore=["**", "!**/*.go", "!go.mod", "!go.sum", "!loadgen/pacing/go.mod", "!loadgen/pacing/go.sum", "!.dagger/go.mod", "!Makefile", "!scripts", "!suite/scenarios", "!suite/own.yaml", "!suite/init.yaml", "!suite/claims.yaml", "!selfcheck/perftest.sha256", "!workers/locks", "!workers/python", "!workers/emulator", "!contenders", "!examples", "!docs", "!monitor/dashboards", "!monitor/provisioning", "!**/testdata", "!**/templates", "!dagger.json", "!.dagger/go.mod", "!.ci", "!*.md"]
	source *dagger.Directory,
	// your application's folder, mounted at /app in the container that benchmarks
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
	// the brokers of these URLs are yours to load: no host is the container's own, so none is taken without this
	// +optional
	ownBrokers bool,
) *Tqbench {
	if goImage == "" {
		goImage = images.Go
	}
	if baseImage == "" {
		baseImage = images.Base
	}
	if grafanaImage == "" {
		grafanaImage = images.Grafana
	}
	return &Tqbench{Source: source, App: app, GoImage: goImage, BaseImage: baseImage, GrafanaImage: grafanaImage,
		RedisURL: redisURL, PostgresURL: postgresURL, MysqlURL: mysqlURL, RabbitmqURL: rabbitmqURL, SqsURL: sqsURL,
		OwnBrokers: ownBrokers}
}

// golang is a container with Go, the source and caches. The caches hold modules and compiled packages, never a result.
func (m *Tqbench) golang() *dagger.Container {
	return dag.Container().From(m.GoImage).
		WithMountedCache("/go/pkg/mod", dag.CacheVolume("tqbench-go-mod")).
		WithMountedCache("/root/.cache/go-build", dag.CacheVolume("tqbench-go-build")).
		WithDirectory("/src", m.Source).
		WithWorkdir("/src")
}

// Binary builds the tqbench binary for the engine's platform.
func (m *Tqbench) Binary() *dagger.File {
	return m.golang().WithExec([]string{"go", "build", "-trimpath", "-o", "/out/tqbench", "./cmd/tqbench"}).File("/out/tqbench")
}

// install is the command that installs Debian's packages.
func install(packages ...string) []string {
	return []string{"sh", "-c", "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends " +
		strings.Join(packages, " ") + " && rm -rf /var/lib/apt/lists/*"}
}

// base has the brokers, the binary and nothing else. It is a pure function of the source, so it is cached.
func (m *Tqbench) base() *dagger.Container {
	return dag.Container().From(m.BaseImage).
		WithExec(install(images.Packages()...)).
		WithFile("/usr/local/bin/tqbench", m.Binary()).
		WithEnvVariable("TQBENCH_CACHE", "/tqbench-cache").
		WithWorkdir("/work")
}

// Workers builds the Python environments of both frameworks and the SQS emulator from their locks.
func (m *Tqbench) Workers() *dagger.Directory {
	return m.base().WithExec([]string{"tqbench", "workers", "build"}).Directory("/tqbench-cache")
}

// bench is the container that benchmarks.
func (m *Tqbench) bench() *dagger.Container {
	c := m.base().WithDirectory("/tqbench-cache", m.Workers())
	if m.App != nil {
		c = c.WithDirectory("/app", m.App)
	}
	return c
}

// Broker starts a broker with the settings of a trial, as a service to try things on.
func (m *Tqbench) Broker(
	// which broker: redis, postgres, mysql, rabbitmq or sqs
	// +default="redis"
	name string,
) *dagger.Service {
	port := map[string]int{"redis": 6379, "postgres": 5432, "mysql": 3306, "rabbitmq": 5672, "sqs": 9324}[name]
	return m.bench().WithExposedPort(port).AsService(dagger.ContainerAsServiceOpts{
		Args: []string{"tqbench", "broker", "serve", name, "--listen", fmt.Sprintf("0.0.0.0:%d", port)},
	})
}

// Plan lays out the trials. The same arguments give the same bytes.
func (m *Tqbench) Plan(
	// scenarios by number or name, or all
	// +default=["1"]
	scenario []string,
	// brokers: redis, postgres, mysql, rabbitmq, sqs, or all
	// +default=["redis"]
	broker []string,
	// contenders, the baseline first; one named twice meets itself (default: each scenario's own)
	// +optional
	contender []string,
	// how often each contender runs, exactly; 0 is 6 times, and more where a verdict is open
	// +default=0
	blocks int,
	// how long the run may take
	// +default="2h0m0s"
	within string,
	// share of the scenarios' task numbers and times; 0 is the largest that fits into the time
	// +default=0
	scale float64,
	// seed of the order of trials and of all that is drawn
	// +default=1
	seed int,
	// compare the frameworks as installed, not in the matched set-up
	// +default=false
	defaults bool,
) *dagger.File {
	args := append([]string{"tqbench", "plan", "--out", "/out"}, planArgs(scenario, broker, contender, blocks, within, scale, seed, defaults)...)
	return m.base().WithExec(args).File("/out/plan.json")
}

// urls gives a container the URLs of the caller's own brokers.
func (m *Tqbench) urls(c *dagger.Container) *dagger.Container {
	for name, url := range map[string]*dagger.Secret{
		"REDIS": m.RedisURL, "POSTGRES": m.PostgresURL, "MYSQL": m.MysqlURL, "RABBITMQ": m.RabbitmqURL, "SQS": m.SqsURL,
	} {
		if url != nil {
			c = c.WithSecretVariable("TQBENCH_"+name+"_URL", url)
		}
	}
	return c
}

// owned adds to a command what lets it write to the caller's brokers, where the caller says that they are theirs.
func (m *Tqbench) owned(args []string) []string {
	if m.OwnBrokers {
		args = append(args, "--i-own-this-broker")
	}
	return args
}

// Run runs a plan's trials, one after another. The folder has plan.json, results/, tqbench.log and exit-code; it is
// returned whether the run succeeded or not.
//
// +cache="session"
func (m *Tqbench) Run(
	ctx context.Context,
	// scenarios by number or name, or all
	// +default=["1"]
	scenario []string,
	// brokers: redis, postgres, mysql, rabbitmq, sqs, or all
	// +default=["redis"]
	broker []string,
	// contenders, the baseline first; one named twice meets itself (default: each scenario's own)
	// +optional
	contender []string,
	// how often each contender runs, exactly; 0 is 6 times, and more where a verdict is open
	// +default=0
	blocks int,
	// how long the run may take
	// +default="2h0m0s"
	within string,
	// share of the scenarios' task numbers and times; 0 is the largest that fits into the time
	// +default=0
	scale float64,
	// seed of the order of trials and of all that is drawn
	// +default=1
	seed int,
	// compare the frameworks as installed, not in the matched set-up
	// +default=false
	defaults bool,
) (*dagger.Directory, error) {
	args := append([]string{"tqbench", "run", "--out", "/out"}, planArgs(scenario, broker, contender, blocks, within, scale, seed, defaults)...)
	c, err := m.measure(ctx, args...)
	if err != nil {
		return nil, err
	}
	return finish(ctx, c)
}

// Analyze turns the results in a folder into analysis.json, and returns the folder with it.
func (m *Tqbench) Analyze(
	// a folder that run returned
	results *dagger.Directory,
) *dagger.Directory {
	return m.base().WithDirectory("/out", results).WithExec(withoutAnswer("tqbench", "analyze", "--out", "/out")).Directory("/out")
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
	if results == nil {
		c, err := m.measure(ctx, "tqbench", "quick", "--out", "/out")
		if err != nil {
			return nil, err
		}
		code, err := exitCode(ctx, c)
		if err != nil {
			return nil, err
		}
		out := c.Directory("/out/report")
		if code == notValid {
			// Such as on a busy machine: the report is what tells so.
			if made, err := out.Sync(ctx); err == nil {
				return made, nil
			}
		}
		return out, failure(ctx, c)
	}
	// A report that the folder already has is left out: it would be in a lower layer, and overlayfs doesn't let a
	// directory there be renamed, which is how tqbench replaces one.
	return m.base().WithDirectory("/out", m.Analyze(results).WithoutDirectory("report")).
		WithExec(withoutAnswer("tqbench", "report", "--out", "/out")).Directory("/out/report"), nil
}

// Quick plans, runs, analyses and reports at a small scale, and prints the verdicts.
//
// +cache="session"
func (m *Tqbench) Quick(
	ctx context.Context,
	// scenarios by number or name, or all
	// +default=["1"]
	scenario []string,
	// brokers: redis, postgres, mysql, rabbitmq, sqs, or all
	// +default=["redis"]
	broker []string,
	// contenders, the baseline first; one named twice meets itself (default: each scenario's own)
	// +optional
	contender []string,
	// how often each contender runs, exactly; 0 is 6 times, and more where a verdict is open
	// +default=0
	blocks int,
	// how long the run may take
	// +default="3m0s"
	within string,
	// share of the scenarios' task numbers and times; 0 is the largest that fits into the time
	// +default=0
	scale float64,
	// seed of the order of trials and of all that is drawn
	// +default=1
	seed int,
	// compare the frameworks as installed, not in the matched set-up
	// +default=false
	defaults bool,
) (string, error) {
	args := append([]string{"tqbench", "quick", "--out", "/out"}, planArgs(scenario, broker, contender, blocks, within, scale, seed, defaults)...)
	c, err := m.measure(ctx, args...)
	if err != nil {
		return "", err
	}
	if err := failure(ctx, c); err != nil {
		return "", err
	}
	return c.Stdout(ctx)
}

// BenchmarkAll runs every scenario on every broker, analyses and reports. The folder has all that was measured, report/ included, and
// is returned whether the run succeeded or not.
//
// +cache="session"
func (m *Tqbench) BenchmarkAll(
	ctx context.Context,
	// scenarios by number or name, or all
	// +default=["all"]
	scenario []string,
	// brokers: redis, postgres, mysql, rabbitmq, sqs, or all
	// +default=["all"]
	broker []string,
	// contenders, the baseline first; one named twice meets itself (default: each scenario's own)
	// +optional
	contender []string,
	// how often each contender runs, exactly; 0 is 6 times, and more where a verdict is open
	// +default=0
	blocks int,
	// how long the run may take
	// +default="2h0m0s"
	within string,
	// share of the scenarios' task numbers and times; 0 is the largest that fits into the time
	// +default=0
	scale float64,
	// seed of the order of trials and of all that is drawn
	// +default=1
	seed int,
	// compare the frameworks as installed, not in the matched set-up
	// +default=false
	defaults bool,
) (*dagger.Directory, error) {
	args := append([]string{"tqbench", "quick", "--out", "/out"}, planArgs(scenario, broker, contender, blocks, within, scale, seed, defaults)...)
	c, err := m.measure(ctx, args...)
	if err != nil {
		return nil, err
	}
	return finish(ctx, c)
}

// Test runs every test of tqbench.
//
// +check
func (m *Tqbench) Test(ctx context.Context) error {
	_, err := m.golang().WithExec([]string{"make", "test"}).Sync(ctx)
	return err
}

// Lint checks formatting, go vet and golangci-lint.
//
// +check
func (m *Tqbench) Lint(ctx context.Context) error {
	_, err := m.golang().WithExec([]string{"make", "lint"}).Sync(ctx)
	return err
}

// smokeBlocks is the least number of blocks that a plan may have.
const smokeBlocks = 2

// Smoke runs the whole way once at the smallest scale: it proves that everything works, and no speed. A machine that
// is too busy to measure on fails no smoke.
//
// +check
// +cache="session"
func (m *Tqbench) Smoke(ctx context.Context) error {
	c, err := m.measure(ctx, "tqbench", "quick", "--out", "/out", "--blocks", strconv.Itoa(smokeBlocks), "--scale", "0.01")
	if err != nil {
		return err
	}
	code, err := exitCode(ctx, c)
	if err != nil {
		return err
	}
	if code != notValid {
		return failure(ctx, c)
	}
	trials := c.Directory("/out/results/trials")
	files, err := trials.Glob(ctx, "*/trial.json")
	if err != nil || len(files) != 2*smokeBlocks {
		return errors.Join(failure(ctx, c), err)
	}
	for _, name := range files {
		data, err := trials.File(name).Contents(ctx)
		if err != nil {
			return err
		}
		var t struct {
			Reason         string
			Sent, Finished int
		}
		if err := json.Unmarshal([]byte(data), &t); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if t.Reason != "" || t.Sent == 0 || t.Finished != t.Sent {
			return fmt.Errorf("%s: %d of %d tasks finished: %s", name, t.Finished, t.Sent, t.Reason)
		}
	}
	return nil
}
