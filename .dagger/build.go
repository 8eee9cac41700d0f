package main

import (
	"slices"
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

// setUp installs Debian's packages from an archive, "" for the image's own: all of the first and, after a "+", those of the second that this
// Debian has. It leaves nothing that differs from one installation to the next: logs, caches, drawn keys and the data of servers, of which
// each trial makes its own.
const setUp = `set -eu
archive=$1
shift
if [ -n "$archive" ]; then
	. /etc/os-release
	rm -rf /etc/apt/sources.list.d
	echo "deb [check-valid-until=no] $archive $VERSION_CODENAME main" > /etc/apt/sources.list
fi
apt-get update -qq
# useradd notes the day.
export DEBIAN_FRONTEND=noninteractive SOURCE_DATE_EPOCH=86400
must=
while [ $# -gt 0 ] && [ "$1" != + ]; do
	must="$must $1"
	shift
done
for p in "$@"; do
	[ "$p" = + ] || ! apt-cache show "$p" >/dev/null 2>&1 || must="$must $p"
done
apt-get install -qq -y --no-install-recommends $must
rm -rf /var/lib/apt/lists/* /var/lib/postgresql/* /var/lib/mysql/* /var/lib/rabbitmq/* /var/lib/rabbitmq/.erlang.cookie
rm -rf /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem
find /var/log /var/cache -type f -delete`

// install is the command that installs Debian's packages.
func (m *Tqbench) install(packages ...string) []string {
	return append([]string{"sh", "-c", setUp, "sh", m.DebianArchive}, packages...)
}

// base has the brokers and nothing of ours.
func (m *Tqbench) base() *dagger.Container {
	return dag.Container().From(m.BaseImage).
		WithExec(m.install(slices.Concat(images.Packages(), []string{"+"}, images.OptionalPackages())...)).
		WithEnvVariable("TQBENCH_CACHE", "/tqbench-cache").
		WithWorkdir("/work")
}

// dated compiles Python's files again: bytecode holds its source's time, which would be that of the installation. What can't be compiled, such
// as files for another version, has none.
const dated = `find /tqbench-cache -name '*.py' -exec touch -d @1700000000 {} +
for python in /tqbench-cache/python-*/bin/python3; do
	PYTHONHASHSEED=0 "$python" -m compileall -q -f -j 0 /tqbench-cache >/dev/null || true
done`

// Workers is the environments of all frameworks and the SQS emulator, built from their locks.
//
// The program that builds them depends on less than tqbench: while that stays the same, they come from the cache. Go is only there for the
// build of workers in Go, which tqbench finds as it is of the same Go.
func (m *Tqbench) Workers() *dagger.Directory {
	const tool = "/usr/local/go"
	return m.base().
		WithMountedDirectory(tool, dag.Container().From(m.GoImage).Directory(tool)).
		WithMountedCache("/root/go/pkg/mod", dag.CacheVolume("tqbench-go-mod")).
		WithMountedCache("/root/.cache/go-build", dag.CacheVolume("tqbench-go-build")).
		WithFile("/usr/local/bin/environments", m.build(m.Environments, "./scripts/environments")).
		WithMountedCache("/root/.cache/pip", dag.CacheVolume("tqbench-pip")).
		WithExec([]string{"sh", "-c", "PATH=$PATH:" + tool + "/bin exec environments"}).
		WithExec([]string{"sh", "-euc", dated}).
		Directory("/tqbench-cache")
}

// tool is a container that plans, analyses and reports.
func (m *Tqbench) tool() *dagger.Container {
	return dag.Container().From(m.BaseImage).WithFile("/usr/local/bin/tqbench", m.Binary()).WithWorkdir("/work")
}

// Image is the container that benchmarks, to look into it: dagger call image terminal.
func (m *Tqbench) Image() *dagger.Container { return m.bench() }

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

// variables is where a container has the variables of the caller's application.
const variables = "/run/tqbench/app.env"

// attached gives a container the caller's own brokers, and the variables of the caller's application.
func (m *Tqbench) attached(c *dagger.Container) *dagger.Container {
	if m.AppEnv != nil {
		c = c.WithMountedSecret(variables, m.AppEnv)
	}
	for _, b := range m.brokers() {
		if b.service != nil {
			c = c.WithServiceBinding(b.name, b.service)
		}
	}
	return m.withURLs(c)
}

// withURLs gives a container the URLs of the caller's own brokers.
func (m *Tqbench) withURLs(c *dagger.Container) *dagger.Container {
	for _, b := range m.brokers() {
		if b.url != nil {
			c = c.WithSecretVariable("TQBENCH_"+strings.ToUpper(b.name)+"_URL", b.url)
		}
	}
	return c
}

// owned adds to a command what lets it load the caller's brokers, where the caller confirmed it, and read the application's variables.
func (m *Tqbench) owned(args []string) []string {
	if m.OwnBrokers {
		args = append(args, "--i-own-this-broker")
	}
	if m.AppEnv != nil {
		args = append(args, "--app-env-file", variables)
	}
	return args
}
