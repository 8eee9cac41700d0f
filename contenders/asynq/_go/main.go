//go:build linux

// Command asynq runs tqbench's tasks with asynq, and enqueues them.
//
//	asynq worker
//	asynq client
//
// Environment; what isn't set is as installed:
//
//	TQBENCH_BROKER_URL    Redis
//	TQBENCH_SOCKET        Redis's Unix socket, instead of the URL's host
//	TQBENCH_REDIS_DB      the database
//	TQBENCH_TLS           "verified" or "unverified", to encrypt
//	TQBENCH_TLS_CA, _CERT, _KEY  files for it
//	TQBENCH_QUEUE         the queue to send to
//	TQBENCH_QUEUES        the queues to listen to, with commas, the most important first
//	TQBENCH_SETTINGS      JSON, see settings
package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"

	"github.com/tqbench/tqbench/workers/gotask"
)

// settings are asynq's, where they differ from its defaults. Times are in ms.
type settings struct {
	Concurrency     int  `json:"concurrency"`
	Connections     int  `json:"connections"`
	CheckInterval   int  `json:"check_interval"`
	DelayedInterval int  `json:"delayed_interval"`
	RetryDelay      int  `json:"retry_delay"`
	Retries         *int `json:"retries"`
	Quiet           bool `json:"quiet"`
	Strict          bool `json:"strict"`
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// config is the server's.
func (s settings) config(queues []string) asynq.Config {
	c := asynq.Config{Concurrency: s.Concurrency, TaskCheckInterval: milliseconds(s.CheckInterval),
		DelayedTaskCheckInterval: milliseconds(s.DelayedInterval), StrictPriority: s.Strict, Queues: map[string]int{}}
	for i, q := range queues {
		c.Queues[q] = len(queues) - i
	}
	if s.RetryDelay > 0 {
		c.RetryDelayFunc = func(int, error, *asynq.Task) time.Duration { return milliseconds(s.RetryDelay) }
	}
	if s.Quiet {
		c.LogLevel = asynq.WarnLevel
	}
	return c
}

// options are those of each task that is sent.
func (s settings) options(queue string) []asynq.Option {
	out := []asynq.Option{asynq.Queue(queue)}
	if s.Retries != nil {
		out = append(out, asynq.MaxRetry(*s.Retries))
	}
	return out
}

// connection is how to reach Redis.
func connection(connections int) (asynq.RedisClientOpt, error) {
	u, err := url.Parse(os.Getenv("TQBENCH_BROKER_URL"))
	if err != nil {
		return asynq.RedisClientOpt{}, errors.New("the broker's URL can't be read") // the error's text may have a password
	}
	password, _ := u.User.Password()
	o := asynq.RedisClientOpt{Addr: u.Host, Username: u.User.Username(), Password: password, PoolSize: connections}
	if socket := os.Getenv("TQBENCH_SOCKET"); socket != "" {
		o.Network, o.Addr = "unix", socket
	}
	if o.DB, err = strconv.Atoi(cmp.Or(os.Getenv("TQBENCH_REDIS_DB"), "0")); err != nil {
		return o, fmt.Errorf("read the database's number: %w", err)
	}
	if verify := os.Getenv("TQBENCH_TLS"); verify != "" {
		o.TLSConfig, err = encryption(u.Hostname(), verify == "unverified")
	}
	return o, err
}

// encryption is TLS with the files that the environment names.
func encryption(host string, unverified bool) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, InsecureSkipVerify: unverified}
	if path := os.Getenv("TQBENCH_TLS_CA"); path != "" {
		pem, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the authority's certificate: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate", path)
		}
	}
	if path := os.Getenv("TQBENCH_TLS_CERT"); path != "" {
		pair, err := tls.LoadX509KeyPair(path, os.Getenv("TQBENCH_TLS_KEY"))
		if err != nil {
			return nil, fmt.Errorf("read the client's certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// sender enqueues a task as an application does. A task's payload is its arguments.
func sender(c *asynq.Client, options []asynq.Option) gotask.Send {
	return func(ctx context.Context, t gotask.Task) error {
		_, err := c.EnqueueContext(ctx, asynq.NewTask(t.Name, t.Args), options...)
		return err
	}
}

// work runs tasks until a signal asks for the end.
func work(to asynq.RedisClientOpt, c asynq.Config, send gotask.Send) error {
	w, err := gotask.NewWorker(send)
	if err != nil {
		return err
	}
	return asynq.NewServer(to, c).Run(asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
		return w.Run(ctx, gotask.Task{Name: t.Type(), Args: t.Payload()})
	}))
}

func start(args []string) error {
	var s settings
	if err := json.Unmarshal([]byte(cmp.Or(os.Getenv("TQBENCH_SETTINGS"), "{}")), &s); err != nil {
		return fmt.Errorf("read TQBENCH_SETTINGS: %w", err)
	}
	to, err := connection(s.Connections)
	if err != nil {
		return err
	}
	client := asynq.NewClient(to)
	defer client.Close()
	send := sender(client, s.options(os.Getenv("TQBENCH_QUEUE")))
	switch {
	case len(args) == 1 && args[0] == "worker":
		return work(to, s.config(strings.Split(os.Getenv("TQBENCH_QUEUES"), ",")), send)
	case len(args) == 1 && args[0] == "client":
		if err := client.Ping(); err != nil {
			return fmt.Errorf("reach Redis: %w", err)
		}
		return gotask.Serve(context.Background(), os.Stdin, os.Stdout, send)
	}
	return errors.New("write asynq worker, or asynq client")
}

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "asynq:", err)
		os.Exit(1)
	}
}
