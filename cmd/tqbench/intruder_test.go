package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// asIntruder makes the test binary an intruder: another user's program that watches our run.
const asIntruder = "TQBENCH_TEST_AS_INTRUDER"

// intruderPatience bounds each attempt.
const intruderPatience = 2 * time.Second

// targets are what an intruder tries, all of one run.
type targets struct {
	Listeners, Files []string
	PIDs             []int
}

// intrude tries all of them and prints what succeeded.
func intrude() {
	var in targets
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var mu sync.Mutex
	got := []string{}
	var wg sync.WaitGroup
	try := func(what string, f func(context.Context) error) {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), intruderPatience)
			defer cancel()
			if f(ctx) == nil {
				mu.Lock()
				got = append(got, what)
				mu.Unlock()
			}
		})
	}
	for _, at := range in.Listeners {
		intrudeAt(at, try)
	}
	for _, pid := range in.PIDs {
		for _, name := range []string{"environ", "maps", "fd", "cwd/log"} {
			path := fmt.Sprintf("/proc/%d/%s", pid, name)
			try("read "+path, func(context.Context) error { return readSome(path) })
		}
		try(fmt.Sprintf("signal process %d", pid), func(context.Context) error { return syscall.Kill(pid, 0) })
	}
	for _, path := range in.Files {
		try("read "+path, func(context.Context) error { return readSome(path) })
		try("write "+path, func(context.Context) error {
			f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
			if err == nil {
				_ = f.Close()
			}
			return err
		})
	}
	wg.Wait()
	_ = json.NewEncoder(os.Stdout).Encode(got) // who asked is gone
}

// readSome reads the beginning of a file or of a folder.
func readSome(path string) error {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Readdirnames(1); err == nil {
		return nil
	}
	n, err := f.Read(make([]byte, 1))
	if n == 0 {
		return errors.Join(io.EOF, err)
	}
	return nil
}

// intrudeAt tries to connect to an address in each protocol of the servers, with obvious guesses.
func intrudeAt(at string, try func(string, func(context.Context) error)) {
	for _, word := range []string{"", "AUTH tqbench\r\n", "AUTH redis\r\n", "AUTH default tqbench\r\n"} {
		try(fmt.Sprintf("Redis at %s: push a task, %q before", at, word), func(ctx context.Context) error {
			return spoken(ctx, at, word+"LPUSH tqbench task\r\n", ":")
		})
	}
	// Erlang's list of nodes would accept an end from everybody, if allowed to.
	try("epmd at "+at+": end it", func(ctx context.Context) error { return spoken(ctx, at, "\x00\x01k", "OK") })
	for _, path := range []string{"GET /", "GET /stats", "GET /plain", "GET /docs", "GET /openapi.json", "GET /metrics", "GET /_fauxqs/queues", "GET /health",
		"POST /dispatch?seq=1", "POST /charges/1"} {
		try("HTTP at "+at+": "+path, func(ctx context.Context) error {
			method, path, _ := strings.Cut(path, " ")
			return answered(ctx, method, "http://"+at+path, "", nil)
		})
	}
	try("SQS at "+at+": make a queue, unsigned", func(ctx context.Context) error {
		return answered(ctx, http.MethodPost, "http://"+at+"/", `{"QueueName":"intruder"}`,
			map[string]string{"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.CreateQueue"})
	})
	for _, user := range []string{"", "root", "tqbench", "tqbench_owner", "postgres", "mysql", "guest", "mariadb.sys"} {
		for _, password := range []string{"", "tqbench", user} {
			as := fmt.Sprintf(" at %s: get in as %q with %q", at, user, password)
			try("PostgreSQL"+as, func(ctx context.Context) error {
				c, err := pgx.Connect(ctx, fmt.Sprintf("host=127.0.0.1 port=%s dbname=postgres user='%s' password='%s' sslmode=disable", portOf(at), user, password))
				if err == nil {
					_ = c.Close(ctx)
				}
				return err
			})
			try("MySQL"+as, func(ctx context.Context) error {
				c := mysql.NewConfig()
				c.Net, c.Addr, c.User, c.Passwd, c.Logger = "tcp", at, user, password, &mysql.NopLogger{}
				connector, err := mysql.NewConnector(c)
				if err != nil {
					return err
				}
				conn, err := connector.Connect(ctx)
				if err == nil {
					_ = conn.Close()
				}
				return err
			})
			try("RabbitMQ"+as, func(context.Context) error {
				c, err := amqp.DialConfig("amqp://"+at+"/", amqp.Config{SASL: []amqp.Authentication{&amqp.PlainAuth{Username: user, Password: password}},
					Dial: amqp.DefaultDial(intruderPatience)})
				if err == nil {
					_ = c.Close()
				}
				return err
			})
			try("SQS"+as, func(ctx context.Context) error {
				_, err := sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: aws.String("http://" + at), RetryMaxAttempts: 1,
					Credentials: credentials.NewStaticCredentialsProvider(user, password, "")}).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("intruder")})
				return err
			})
		}
	}
}

func portOf(at string) string {
	_, port, _ := net.SplitHostPort(at)
	return port
}

// spoken sends some lines and reports whether the last line of the answer begins with a text.
func spoken(ctx context.Context, at, say, want string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", at)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if _, err := io.WriteString(conn, say); err != nil {
		return err
	}
	buf := make([]byte, 512)
	text := ""
	for lines := max(1, strings.Count(say, "\n")); ; {
		n, err := conn.Read(buf)
		text += string(buf[:n])
		if answers := strings.Split(strings.TrimRight(text, "\r\n"), "\n"); len(answers) >= lines && strings.HasPrefix(answers[len(answers)-1], want) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// answered reports whether a request succeeds.
func answered(ctx context.Context, method, url, body string, headers map[string]string) error {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return errors.New(resp.Status)
	}
	return nil
}

// intruder runs an intruder on all of a run's present targets, and returns what succeeded. As root, it runs as another user. Otherwise it
// only tries the listeners, as it shares our other rights.
func intruder(t *testing.T, dir string, pid int) (got []string, tried targets) {
	t.Helper()
	listening, err := brokertest.Listeners(pid)
	if err != nil {
		t.Fatal(err)
	}
	in := targets{PIDs: append(brokertest.Descendants(pid), pid)}
	for _, l := range listening {
		in.Listeners = append(in.Listeners, l.String())
	}
	err = filepath.WalkDir(temporaryOf(dir), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && path != temporaryOf(dir) {
			in.Files = append(in.Files, path)
		}
		return nil // it is gone already
	})
	if err != nil {
		t.Fatal(err)
	}
	tried = in
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env, cmd.Dir, cmd.Stderr = []string{asIntruder + "=1"}, "/", os.Stderr
	user, err := process.Apart()
	if err != nil {
		t.Fatal(err)
	}
	if user != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user.UID, Gid: user.GID}}
	} else {
		in.Files, in.PIDs = nil, nil
	}
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = strings.NewReader(string(data))
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &got)
	}
	if err != nil {
		t.Fatalf("the intruder: %v: %s", err, out)
	}
	return got, tried
}

const watched = `
id: 91
name: watched
title: A load that lasts
question: Who else gets at it?
why: It is a test.
task: noop
processes: 1
concurrency: 10
warmup: {limit: 1s}
phases:
  - {name: paced, arrivals: open, producer: wire, tasks: 300, rate: 50}
decide: [latency_p99]
limit: 60s
`

// Another user of the machine reaches nothing of a run: no server gives them a task, no process shows its environment or takes a signal,
// and they can't read or write its files.
func TestNoOtherUserGetsAtARun(t *testing.T) {
	type run struct {
		args []string
		// listeners is how many must be there before the attempt.
		listeners int
	}
	runs := map[string]run{
		"helpers": {[]string{"orders", "fastapi", "--scale", "0.05", "--rtt", "1ms"}, 3},
	}
	for _, name := range broker.Names() {
		runs[name] = run{[]string{"--scenario", "watched.yaml", "--scale", "1", "--broker", name}, 1}
	}
	for name, r := range runs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := brokertest.OpenDir(t)
			write(t, filepath.Join(dir, "watched.yaml"), watched)
			cmd, _, stderr := tqbench(t.Context(), t, dir, append([]string{"run", "--blocks", "1", "--contender", "asynctasq"}, r.args...)...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			over := make(chan error, 1)
			go func() { over <- cmd.Wait() }()
			tries := 0
			for tick := time.NewTicker(50 * time.Millisecond); ; {
				select {
				case err := <-over:
					tick.Stop()
					if code := exit(err); code != exitDone || tries == 0 {
						t.Errorf("exit code %d, an intruder tried %d times: %s", code, tries, stderr)
					}
					trials, err := results.ReadTrials(filepath.Join(dir, defaultOut))
					if err != nil || len(trials) == 0 {
						t.Errorf("%d trials (%v)", len(trials), err)
					}
					for _, tr := range trials {
						if tr.Unexpected != 0 || tr.Finished != tr.Sent || tr.Sent == 0 {
							t.Errorf("trial %d: %+v", tr.ID, tr.Counts)
						}
					}
					return
				case <-tick.C:
				}
				if tries > 1 {
					continue
				}
				if probes, _ := filepath.Glob(filepath.Join(temporaryOf(dir), "tqbench-probe-*", "*.probe")); len(probes) == 0 {
					continue // no worker has run a task yet
				}
				if l, err := brokertest.Listeners(cmd.Process.Pid); err != nil || len(l) < r.listeners {
					continue
				}
				tries++
				got, tried := intruder(t, dir, cmd.Process.Pid)
				for _, what := range got {
					t.Error("another user can: ", what)
				}
				if len(tried.Listeners) < r.listeners || len(tried.Files) == 0 || len(tried.PIDs) < 3 {
					t.Errorf("little was tried: %+v", tried)
				}
			}
		})
	}
}
