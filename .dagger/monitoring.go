package main

import (
	"time"

	"dagger/tqbench/internal/dagger"
)

// watched runs what it is given in the background, with metrics on loopback, together with the Prometheus that scrapes them:
// sharing a container, they share a loopback, and what a run serves stays there. The Prometheus remains when the run is over.
const watched = `"$@" --metrics 127.0.0.1:9464 & exec tqbench monitor --listen 0.0.0.0:9090`

// Monitoring is a run that one can watch: a Grafana with dashboards of a run that begins with it. In a browser, it is at
// localhost:3000 until Ctrl-C:
//
//	dagger call monitoring up
//
// +cache="session"
func (m *Tqbench) Monitoring(
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
) *dagger.Service {
	run := append([]string{"tqbench", "quick", "--out", "/out"}, planArgs(scenario, broker, contender, blocks, within, scale, seed, defaults)...)
	prometheus := m.urls(m.bench().WithExec(install("prometheus"))).
		// The same arguments are another run each time.
		WithEnvVariable("TQBENCH_NONCE", time.Now().UTC().Format(time.RFC3339Nano)).
		WithExposedPort(9090).
		AsService(dagger.ContainerAsServiceOpts{Args: append([]string{"sh", "-c", watched, "sh"}, m.owned(run)...)})
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
