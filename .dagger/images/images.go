// Package images is the one table of container images that the module uses.
package images

// The images, pinned by tag. A company's mirror is given as an argument of the module, without a change here.
const (
	// Go builds the binary and runs the tests.
	Go = "golang:1.26-trixie"
	// Base runs benchmarks: Debian, whose packages bring the brokers.
	Base = "debian:trixie-slim"
	// Grafana shows a run's dashboards.
	Grafana = "grafana/grafana:12.1.0"
)

// Packages are installed into Base: what tqbench finds on PATH when it starts a broker.
func Packages() []string {
	return []string{"ca-certificates", "redis-server", "redis-tools", "postgresql", "mariadb-server", "rabbitmq-server"}
}
