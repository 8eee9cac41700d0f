package selfcheck

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/regular"
)

// tool is a broker's own load tool, or a replacement, ready to run.
type tool struct {
	name string
	// shown is its command line as a person would type it, without addresses and secrets.
	shown string
	// input is what doesn't fit on a readable command line: the SQL in its file, the headers that it sends.
	input string
	// leaves are places that it fills in addition to the contender's own.
	leaves []broker.Place
	// rate runs it once and returns its messages per second.
	rate func(ctx context.Context) (float64, error)
	// goal is the least that the wire producer's rate should be over its own, 0 where there is none.
	goal float64
	// reason says why it can't be run.
	reason string
}

// kit makes a tool for a pair.
type kit struct {
	name string
	// goal is as in tool.
	goal float64
	make func(ctx context.Context, p *pair) (tool, error)
}

// kits are the tools of a broker.
func kits(name string) []kit {
	switch name {
	case "redis":
		// By how many a pipeline has, the tool's rate differs a lot. The goal applies to the deeper one.
		return []kit{{"redis-benchmark -P 16", 0, redisBenchmark(16)}, {"redis-benchmark -P 100", 1.5, redisBenchmark(100)}}
	case "postgres":
		return []kit{{"pgbench", 1, pgbench}, {"pgbench pipeline", 3, pgbenchPipeline}}
	case "mysql":
		return []kit{{"mariadb-slap", 0, mysqlSlap}}
	case "rabbitmq":
		return []kit{{"perf-test " + perfTestVersion, 1, perfTest}}
	case "sqs":
		return []kit{{"bare HTTP", 0.9, bareHTTP}}
	}
	return nil
}

// tools makes the tools of the pair's broker. One that can't be had says why.
func (p *pair) tools(ctx context.Context, log func(string, ...any)) []tool {
	var out []tool
	for _, k := range kits(p.target.Broker) {
		t, err := k.make(ctx, p)
		if err != nil {
			t = tool{shown: k.name, reason: p.redact.String(err.Error())}
			log("%s is not run: %s", k.name, t.reason)
		}
		t.name, t.goal = k.name, k.goal
		out = append(out, t)
	}
	return out
}

// masked is an error whose text has lost its secret.
type masked struct {
	error
	text string
}

func (m masked) Error() string { return m.text }
func (m masked) Unwrap() error { return m.error }

// find finds the program of a tool.
func find(p broker.Program) (string, error) {
	exe, err := p.Find()
	if err != nil {
		return "", fmt.Errorf("%s is not installed: install it (Debian: apt-get install %s)", p.Name, p.Package)
	}
	return exe, nil
}

// command is a program that ends without help. It runs in its own folder.
type command struct {
	argv []string
	// env is set in its environment, in which there is little else.
	env []string
	// environ is its environment instead.
	environ []string
	// files are written into its folder, by name.
	files map[string]string
}

// toolLimit bounds how long a tool may take: one whose broker is gone may try for ever.
const toolLimit = 5 * time.Minute

// output runs the command and returns what it printed. Whatever becomes of us, neither it nor its folder stays.
func (c command) output(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, toolLimit, fmt.Errorf("%s did not end within %s", filepath.Base(c.argv[0]), toolLimit))
	defer cancel()
	group, dir, err := process.Folder(ctx, "tqbench-tool-")
	if err != nil {
		return "", fmt.Errorf("make a folder for %s: %w", filepath.Base(c.argv[0]), err)
	}
	defer group.Stop(syscall.SIGKILL, 0)
	for name, text := range c.files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("write for %s: %w", filepath.Base(c.argv[0]), err)
		}
	}
	env := c.environ
	if env == nil {
		env = append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + dir, "LC_ALL=C"}, c.env...)
	}
	log := filepath.Join(dir, "log")
	if err := group.Run(ctx, []process.Command{{Argv: c.argv, Env: env, Dir: dir, Log: log}}); err != nil {
		return "", fmt.Errorf("run %s: %w", filepath.Base(c.argv[0]), err)
	}
	exit, err := group.Wait(ctx)
	if err != nil {
		return "", err
	}
	out, err := regular.Read(log, regular.Limit{Kind: "the output of a tool", Bytes: 64 << 20})
	if err != nil {
		return "", fmt.Errorf("read what %s printed: %w", filepath.Base(c.argv[0]), err)
	}
	if exit.Code != 0 || exit.Signal != 0 {
		return "", fmt.Errorf("%s failed (%s): %s", filepath.Base(c.argv[0]), exit, complaint(out))
	}
	return string(out), nil
}

// complaint is the first line in which a program speaks of an error, or its last one.
func complaint(out []byte) string {
	for line := range strings.Lines(string(out)) {
		if strings.Contains(strings.ToLower(line), "error") {
			return strings.TrimSpace(line)
		}
	}
	return process.LastLine(out)
}

// figure is the number that the pattern's group finds in a tool's output.
func figure(out, pattern string) (float64, error) {
	found := regexp.MustCompile(pattern).FindStringSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("no figure in what it printed: %s", process.LastLine([]byte(out)))
	}
	v, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		return 0, fmt.Errorf("no figure in what it printed: %w", err)
	}
	if v <= 0 {
		return 0, fmt.Errorf("it took no time that it could measure: %s", found[0])
	}
	return v, nil
}

// redisBenchmark is Redis's own load tool, with this many commands in a pipeline.
func redisBenchmark(pipeline int) func(context.Context, *pair) (tool, error) {
	return func(_ context.Context, p *pair) (tool, error) {
		exe, err := find(broker.Program{Name: "redis-benchmark", Package: "redis-tools"})
		if err != nil {
			return tool{}, err
		}
		at, err := url.Parse(p.target.URL)
		if err != nil {
			return tool{}, errors.New("the broker's URL can't be read")
		}
		args := []string{"-P", strconv.Itoa(pipeline), "-n", strconv.Itoa(p.load.tool), "-d", strconv.Itoa(len(p.sample.Body)), "-t", "lpush", "--csv"}
		lender, ok := p.broker.(interface {
			Lend(ctx context.Context, key string) (user, password string, back func() error, err error)
		})
		if !ok {
			return tool{}, errors.New("the broker lends no account")
		}
		return tool{
			shown: "redis-benchmark " + strings.Join(args, " "), leaves: []broker.Place{{Key: redisBenchmarkList}},
			rate: func(ctx context.Context) (_ float64, err error) {
				// It takes a password on its command line alone: that of Redis 7.0 doesn't read REDISCLI_AUTH as redis-cli does, and
				// a socket asks for a password, too. A second server without one would be another than the producer fills.
				user, password, back, err := lender.Lend(ctx, redisBenchmarkList)
				if err != nil {
					return 0, err
				}
				defer func() { err = errors.Join(err, back()) }()
				c := command{argv: append([]string{exe, "-h", at.Hostname(), "-p", at.Port(), "--user", user, "-a", password}, args...)}
				out, err := c.output(ctx)
				if err != nil {
					return 0, err
				}
				return redisBenchmarkRate(out)
			},
		}, nil
	}
}

// redisBenchmarkList is the list to which it pushes.
const redisBenchmarkList = "mylist"

// redisBenchmarkRate reads the requests per second of the LPUSH line.
func redisBenchmarkRate(out string) (float64, error) { return figure(out, `"LPUSH[^"]*","([0-9.]+)"`) }
