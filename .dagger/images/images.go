// Package images is the one table of container images that the module uses.
package images

import (
	_ "embed"
	"fmt"
	"strings"
)

// dockerfile pins each image by tag and digest, in a form that Dependabot and Renovate read.
//
//go:embed Dockerfile
var dockerfile string

// The images' names in the Dockerfile.
const (
	// Go builds the binary and runs the tests.
	Go = "go"
	// Base runs benchmarks: Debian, whose packages bring the brokers.
	Base = "base"
	// Grafana shows a run's dashboards.
	Grafana = "grafana"
)

// Pinned is the address of an image, with its digest.
func Pinned(name string) (string, error) {
	for line := range strings.Lines(dockerfile) {
		if f := strings.Fields(line); len(f) == 4 && f[0] == "FROM" && f[3] == name {
			return f[1], nil
		}
	}
	return "", fmt.Errorf("there is no image %q", name)
}

// Packages are installed into Base: what tqbench finds on PATH when it starts a broker.
func Packages() []string {
	return []string{"ca-certificates", "redis-server", "redis-tools", "postgresql", "mariadb-server", "rabbitmq-server"}
}

// OptionalPackages are installed where Debian's release has them.
func OptionalPackages() []string { return []string{"valkey-server"} }
