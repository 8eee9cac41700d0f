package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"dagger/tqbench/images"
	"dagger/tqbench/internal/dagger"
)

// WithServer adds a broker of a version, such as mysql@8.4, to those that plans name.
//
// tqbench starts and measures it as it does the servers of Debian's packages, with the file system of its image as its root.
func (m *Tqbench) WithServer(
	// the broker's name with its version: redis@8, valkey@9, postgres@17, postgres@18, mysql@8.4, mariadb@11.8 or rabbitmq@4 have an image
	name string,
	// another image with the server, such as your mirror's copy (default: the official one)
	// +optional
	image string,
	// a folder with its programs, which run on the Debian of the base image, or the whole file system of an image
	// +optional
	programs *dagger.Directory,
) (*Tqbench, error) {
	if programs == nil {
		if image == "" {
			var err error
			if image, err = images.Pinned(strings.NewReplacer("@", "-", "-quorum", "").Replace(name)); err != nil {
				return nil, fmt.Errorf("the module has no image for %s: give one, or the folder of its programs: %w", name, err)
			}
		}
		programs = dag.Container().From(image).Rootfs()
	}
	with := *m
	with.Servers = append(slices.Clone(m.Servers), name)
	with.Programs = append(slices.Clone(m.Programs), programs)
	return &with, nil
}

// serverFolder is where the caller's servers are in containers.
const serverFolder = "/servers/"

// withServers gives a container the caller's servers, each under the variable that tqbench reads.
func (m *Tqbench) withServers(c *dagger.Container) *dagger.Container {
	for i, name := range m.Servers {
		variable := "TQBENCH_" + strings.NewReplacer("@", "_", ".", "_", "-", "_").Replace(strings.ToUpper(name)) + "_BIN"
		c = c.WithDirectory(serverFolder+name, m.Programs[i]).WithEnvVariable(variable, serverFolder+name)
	}
	return c
}

// Broker is a broker with the settings of a trial, as a service to try things on.
//
// +up
func (m *Tqbench) Broker(
	// which broker: redis, valkey, postgres, mysql, mariadb, rabbitmq, rabbitmq-quorum or sqs (default: redis)
	// +default="redis"
	name BrokerName,
) (*dagger.Service, error) {
	port, ok := map[BrokerName]int{Redis: 6379, Valkey: 6379, Postgres: 5432, Mysql: 3306, Mariadb: 3306, Rabbitmq: 5672, RabbitmqQuorum: 5672, Sqs: 9324}[name]
	if !ok {
		return nil, errors.New("one service is one broker: give its name")
	}
	return m.bench().WithExposedPort(port).AsService(dagger.ContainerAsServiceOpts{
		Args: []string{"tqbench", "broker", "serve", string(name), "--listen", fmt.Sprintf("0.0.0.0:%d", port)},
	}), nil
}

// watched runs what it is given in the background, with metrics on loopback, together with the Prometheus that scrapes them:
// sharing a container, they share a loopback, and what a run serves stays there. The Prometheus remains when the run is over.
const watched = `"$@" --metrics 127.0.0.1:9464 & exec tqbench monitor --listen 0.0.0.0:9090`

// Monitoring is a quick run that one can watch in Grafana, at localhost:3000 until Ctrl-C: dagger call monitoring up.
//
// +cache="session"
// +up
func (m *Tqbench) Monitoring() *dagger.Service {
	return m.quickPlan(0, 0).Monitoring()
}

// Monitoring is a run of the plan that one can watch in Grafana, at localhost:3000 until Ctrl-C.
//
// +cache="session"
func (p *Plan) Monitoring() *dagger.Service {
	m := p.Bench
	prometheus := m.attached(m.withInputs(m.bench().WithExec(m.install("prometheus")), p.Inputs)).
		WithFile("/out/plan.json", p.File).
		// The same arguments are another run each time.
		WithEnvVariable("TQBENCH_RUN_ID", time.Now().UTC().Format(time.RFC3339Nano)).
		WithExposedPort(9090).
		AsService(dagger.ContainerAsServiceOpts{Args: append([]string{"sh", "-c", watched, "sh"}, m.owned([]string{"tqbench", "run", "--out", "/out"})...)})
	return dag.Container().From(m.GrafanaImage).
		WithDirectory("/tqbench/dashboards", m.Source.Directory("monitor/dashboards"), dagger.ContainerWithDirectoryOpts{Include: []string{"*.json"}}).
		WithDirectory("/tqbench/provisioning", m.Source.Directory("monitor/provisioning")).
		WithEnvVariable("TQBENCH_DASHBOARDS", "/tqbench/dashboards").
		WithEnvVariable("TQBENCH_PROMETHEUS_URL", "http://prometheus:9090").
		WithEnvVariable("GF_PATHS_PROVISIONING", "/tqbench/provisioning").
		// Who reaches it may look, and change nothing: there is no account to guess.
		WithEnvVariable("GF_AUTH_ANONYMOUS_ENABLED", "true").
		WithEnvVariable("GF_AUTH_DISABLE_LOGIN_FORM", "true").
		WithEnvVariable("GF_AUTH_BASIC_ENABLED", "false").
		// It asks nothing of the world.
		WithEnvVariable("GF_ANALYTICS_REPORTING_ENABLED", "false").
		WithEnvVariable("GF_ANALYTICS_CHECK_FOR_UPDATES", "false").
		WithEnvVariable("GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES", "false").
		WithEnvVariable("GF_PLUGINS_PREINSTALL_DISABLED", "true").
		WithServiceBinding("prometheus", prometheus).
		WithExposedPort(3000).
		AsService(dagger.ContainerAsServiceOpts{UseEntrypoint: true})
}
