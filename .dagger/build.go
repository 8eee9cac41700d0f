package main

import (
	"strings"

	"dagger/tqbench/images"
	"dagger/tqbench/internal/dagger"
)

// appFolder is where the caller's application is in containers.
const appFolder = "/app"

// golang is a container with Go and caches. The caches hold modules and compiled packages, never a result.
func (m *Tqbench) golang(source *dagger.Directory) *dagger.Container {
	return dag.Container().From(m.GoImage).
		WithMountedCache("/go/pkg/mod", dag.CacheVolume("tqbench-go-mod")).
		WithMountedCache("/root/.cache/go-build", dag.CacheVolume("tqbench-go-build")).
		WithDirectory("/src", source).
		WithWorkdir("/src")
}

// build makes a program for the engine's platform.
func (m *Tqbench) build(code *dagger.Directory, pkg string) *dagger.File {
	return m.golang(code).WithExec([]string{"go", "build", "-trimpath", "-buildvcs=false", "-o", "/out/program", pkg}).File("/out/program")
}

// Binary is the tqbench binary for the engine's platform.
func (m *Tqbench) Binary() *dagger.File { return m.build(m.Code, "./cmd/tqbench") }

// install is the command that installs Debian's packages.
func install(packages ...string) []string {
	return []string{"sh", "-c", "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends " +
		strings.Join(packages, " ") + " && rm -rf /var/lib/apt/lists/*"}
}

// installAny is the command that installs those of the packages that this Debian has.
func installAny(packages ...string) []string {
	return []string{"sh", "-c", "apt-get update -qq && for p in " + strings.Join(packages, " ") + "; do apt-cache show \"$p\" >/dev/null 2>&1 || continue; " +
		"DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \"$p\" || exit 1; done && rm -rf /var/lib/apt/lists/*"}
}

// base has the brokers and nothing of ours.
func (m *Tqbench) base() *dagger.Container {
	return dag.Container().From(m.BaseImage).
		WithExec(install(images.Packages()...)).
		WithExec(installAny(images.OptionalPackages()...)).
		WithEnvVariable("TQBENCH_CACHE", "/tqbench-cache").
		WithWorkdir("/work")
}

// Workers is the environments of all frameworks and the SQS emulator, built from their locks.
//
// The program that builds them depends on less than tqbench: while that stays the same, they come from the cache.
func (m *Tqbench) Workers() *dagger.Directory {
	return m.base().
		WithFile("/usr/local/bin/environments", m.build(m.Environments, "./scripts/environments")).
		WithMountedCache("/root/.cache/pip", dag.CacheVolume("tqbench-pip")).
		WithExec([]string{"environments"}).
		Directory("/tqbench-cache")
}

// tool is a container that plans, analyses and reports.
func (m *Tqbench) tool() *dagger.Container {
	return dag.Container().From(m.BaseImage).WithFile("/usr/local/bin/tqbench", m.Binary()).WithWorkdir("/work")
}

// bench is the container that benchmarks.
func (m *Tqbench) bench() *dagger.Container {
	return m.withServers(m.base().WithDirectory("/tqbench-cache", m.Workers()).WithFile("/usr/local/bin/tqbench", m.Binary()).
		WithEnvVariable("TQBENCH_IMAGE", m.BaseImage))
}

// own is a broker of the caller.
type own struct {
	name    string
	url     *dagger.Secret
	service *dagger.Service
}

func (m *Tqbench) brokers() []own {
	return []own{
		{"redis", m.RedisURL, m.RedisService}, {"postgres", m.PostgresURL, m.PostgresService}, {"mysql", m.MysqlURL, m.MysqlService},
		{"rabbitmq", m.RabbitmqURL, m.RabbitmqService}, {"sqs", m.SqsURL, m.SqsService},
	}
}

// attached gives a container the caller's own brokers.
func (m *Tqbench) attached(c *dagger.Container) *dagger.Container {
	for _, b := range m.brokers() {
		if b.service != nil {
			c = c.WithServiceBinding(b.name, b.service)
		}
		if b.url != nil {
			c = c.WithSecretVariable("TQBENCH_"+strings.ToUpper(b.name)+"_URL", b.url)
		}
	}
	return c
}

// owned adds to a command what lets it load the caller's brokers, where the caller confirmed it.
func (m *Tqbench) owned(args []string) []string {
	if m.OwnBrokers {
		args = append(args, "--i-own-this-broker")
	}
	return args
}
