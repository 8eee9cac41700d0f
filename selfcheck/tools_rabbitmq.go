package selfcheck

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/regular"
)

const (
	// perfTestVersion is the release that is fetched, perfTestFetcher the part of Maven that fetches it.
	perfTestVersion = "2.22.1"
	perfTestFetcher = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
	// perfTestQueue is its own, perfTestConfirms how many of its messages may be unconfirmed, which is as many as the
	// wire producer sends before it waits.
	perfTestQueue    = "tqbench-perf-test"
	perfTestConfirms = 500
)

// perfTestSums are the tool's jars and those that it needs, as sha256sum prints them. Nothing else is run.
//
//go:embed perftest.sha256
var perfTestSums string

// perfTest is RabbitMQ's own load tool.
func perfTest(ctx context.Context, p *pair) (tool, error) {
	java, err := find(broker.Program{Name: "java", Package: "default-jre-headless"})
	if err != nil {
		return tool{}, err
	}
	jars, err := perfTestJars(ctx, p.cache)
	if err != nil {
		return tool{}, err
	}
	args := []string{"--producers", "1", "--consumers", "0", "--queue", perfTestQueue, "--flag", "persistent", "--auto-delete", "false",
		"--confirm", strconv.Itoa(perfTestConfirms), "--size", strconv.Itoa(len(p.sample.Body)), "--pmessages", strconv.Itoa(p.load.tool)}
	argv := append([]string{java, "-cp", filepath.Join(jars, "*"), "com.rabbitmq.perf.PerfTest"}, args...)
	shown, properties := "perf-test "+strings.Join(args, " "), perfTestProperties(p.sample.Properties.Headers)
	if properties != "" {
		argv = append(argv, "--message-properties", properties)
		shown += " --message-properties HEADERS"
	}
	c := command{
		argv: argv,
		// It takes each option from the environment, too, where no process list shows it. Without a path, the virtual
		// host is the default one.
		env: []string{"URI=" + strings.TrimSuffix(p.target.URL, "/")},
	}
	return tool{
		shown: shown, input: properties, leaves: []broker.Place{{Key: perfTestQueue}},
		rate: func(ctx context.Context) (float64, error) {
			out, err := c.output(ctx)
			if err != nil {
				return 0, err
			}
			return perfTestRate(out)
		},
	}, nil
}

// perfTestProperties writes the headers of a message as the tool takes them, so that it sends as many: to a broker, they
// are as much work as the body. Some lose a few characters, and all become strings.
func perfTestProperties(headers map[string]any) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(headers)) {
		out = append(out, k+"="+strings.NewReplacer(",", "", "=", "").Replace(fmt.Sprint(headers[k])))
	}
	return strings.Join(out, ",")
}

// perfTestRate reads the mean of the whole run.
func perfTestRate(out string) (float64, error) {
	return figure(out, `sending rate avg: ([0-9.]+) msg/s`)
}

// perfTestJars is the folder with the tool's jars in the cache. Where they are missing, Maven fetches them from where
// this machine has it look.
func perfTestJars(ctx context.Context, cache string) (dir string, err error) {
	id := sha256.Sum256([]byte(perfTestSums))
	dir = filepath.Join(cache, "perf-test-"+perfTestVersion+"-"+hex.EncodeToString(id[:8]))
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("make the cache folder: %w", err)
	}
	// Two runs that fetch at once would write into one folder.
	lock := flock.New(filepath.Join(cache, "perf-test.lock"))
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return "", fmt.Errorf("lock %s: %w", cache, err)
	}
	defer lock.Close()
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := fetchPerfTest(ctx, dir); err != nil {
			return "", err
		}
	}
	if err := checkSums(dir, perfTestSums); err != nil {
		return "", fmt.Errorf("%w: remove that folder to have it made again", err)
	}
	return dir, nil
}

// fetchPerfTest fetches into a folder next to dir, checks, and renames.
func fetchPerfTest(ctx context.Context, dir string) error {
	mvn, err := find(broker.Program{Name: "mvn", Package: "maven"})
	if err != nil {
		return err
	}
	// A killed one left its folder; no one else fetches while we hold the lock.
	tmp := filepath.Join(filepath.Dir(dir), ".perf-test")
	if err := os.RemoveAll(tmp); err != nil {
		return fmt.Errorf("fetch perf-test: %w", err)
	}
	defer os.RemoveAll(tmp)
	c := command{
		argv: []string{mvn, "-q", "-B", "-Dstyle.color=never", perfTestFetcher, "-DincludeScope=runtime", "-DoutputDirectory=" + tmp},
		// Maven gets the machine's own settings: its mirror, proxy and certificates.
		environ: os.Environ(),
		files:   map[string]string{"pom.xml": perfTestPOM()},
	}
	if _, err := c.output(ctx); err != nil {
		return fmt.Errorf("fetch perf-test: %w", err)
	}
	if err := checkSums(tmp, perfTestSums); err != nil {
		return fmt.Errorf("fetch perf-test: %w", err)
	}
	if err := os.Rename(tmp, dir); err != nil {
		return fmt.Errorf("fetch perf-test: %w", err)
	}
	return nil
}

// perfTestPOM is a project that needs perf-test and nothing else.
func perfTestPOM() string {
	return `<project><modelVersion>4.0.0</modelVersion>
<groupId>tqbench</groupId><artifactId>perf-test</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency>
<groupId>com.rabbitmq</groupId><artifactId>perf-test</artifactId><version>` + perfTestVersion + `</version>
</dependency></dependencies></project>
`
}

// checkSums checks that the folder has exactly the files in sums, unchanged.
func checkSums(dir, sums string) error {
	var names []string
	for line := range strings.Lines(sums) {
		want, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			return fmt.Errorf("no sum and name: %q", line)
		}
		path := filepath.Join(dir, name)
		got, err := regular.Sum(path, regular.Limit{Kind: "a file of the release", Bytes: 256 << 20})
		if err != nil {
			return fmt.Errorf("check %s: read %s: %w", dir, path, err)
		}
		if got != want {
			return fmt.Errorf("%s has SHA-256 %s, which is not that of the release", path, got)
		}
		names = append(names, name)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("check %s: %w", dir, err)
	}
	for _, e := range entries {
		if !slices.Contains(names, e.Name()) {
			return fmt.Errorf("%s is no part of the release", filepath.Join(dir, e.Name()))
		}
	}
	return nil
}
