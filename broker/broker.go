// Package broker starts private message brokers, or attaches to the user's, and speaks to them in bytes.
//
// It knows nothing of frameworks: a message is a destination, a body and perhaps properties, all of which a contender
// has made. Each broker is one file.
package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// Destination is where messages go. Each broker reads the fields that it knows.
type Destination struct {
	// Queue is a Redis list, an AMQP routing key or an SQS queue.
	Queue string
	// Exchange is an AMQP exchange; "" is the default one, which routes by the queue's name.
	Exchange string
	// Insert is SQL that queues messages. On PostgreSQL it is a whole statement whose $1 is an array of bodies (bytea[]);
	// on MySQL it is a statement up to and with VALUES, and Row the parenthesised row with one ? for the body.
	Insert, Row string
}

// Message is a task as the framework's transport puts it on the broker.
type Message struct {
	Destination Destination
	Body        []byte
	Properties  Properties
}

// Properties go beside the body where a broker's protocol has room for them; they are empty elsewhere.
type Properties struct {
	// Headers are AMQP headers, or SQS attributes, which are strings of digits and sent as numbers.
	Headers map[string]any
	// The rest are AMQP's.
	ContentType, ContentEncoding, CorrelationID, ReplyTo string
	MessageID                                            string
	Persistent                                           bool
	Priority                                             uint8
	// Commands are the Redis commands that queue the message: their arguments lie in its body, one after the other, and the
	// numbers tell where each ends. None means one LPUSH of the body.
	Commands [][]int
}

// Place is where tasks of a contender stand on a broker, or what else it leaves there.
type Place struct {
	// Key is a Redis key, an AMQP queue ("" for an exchange alone), an SQS queue or a table.
	Key string
	// Kind of a Redis key, one of RedisKinds, where tasks are counted in it. Kind of an AMQP exchange: "" for a direct one, or
	// such as "topic".
	Kind string
	// Group is the consumer group of a Redis stream.
	Group string
	// Exchange is the AMQP exchange that the queue is bound to by its own name; "" is the default one.
	Exchange string
	// Arguments are what the queue is declared with on AMQP, as a JSON object; "" is none.
	Arguments string
	// Where picks the rows of a table; on Redis, a member of a set or sorted set that is not ours alone.
	Where string
}

// Broker is a running broker.
type Broker interface {
	// URL is where workers connect. It may hold a secret: it goes into a worker's environment and nowhere else.
	URL() string
	// Declare makes the places that must be there before a message is sent, where the broker has such; it leaves
	// alone those that are there. Tables belong to the frameworks, which make them themselves.
	Declare(ctx context.Context, places []Place) error
	// Publish sends the messages in order and returns when the broker has taken all of them. It is safe for
	// concurrent use. On an error, it tells how many were surely taken; these are the first.
	Publish(ctx context.Context, messages []Message) (int, error)
	// Depth counts the tasks in the places, with those that workers hold where the broker tells. A place that isn't
	// there holds none.
	Depth(ctx context.Context, places []Place) (int64, error)
	// Purge empties the places and removes them where that is possible. It must only be given what this run made.
	Purge(ctx context.Context, places []Place) error
	// Describe tells product, version and settings for the report.
	Describe(ctx context.Context) (results.Broker, error)
	// Usage is the process's use of CPU and memory; false where the broker isn't ours.
	Usage() (process.Usage, bool)
	// PSS is the broker's memory in bytes, 0 where it isn't ours.
	PSS() int64
	// Ended is closed when a private broker has ended by itself.
	Ended() <-chan struct{}
	// Close disconnects, and stops the broker if we started it.
	Close() error
}

// ErrSetup marks a broker that can't be had for a reason that the user can mend.
var ErrSetup = errors.New("broker not available")

// Options choose between a private instance and the user's own.
type Options struct {
	// URL attaches to a running broker; empty starts a private one.
	URL string
	// Space is the name of a schema (PostgreSQL) or database (MySQL) that is made on an attached server and removed at
	// Close, so that tables that the frameworks name stand beside nobody else's. Other brokers have no need of it: there,
	// each name can be chosen.
	Space string
	// Listen is the IP:PORT of a private one; empty means a free port of loopback.
	Listen string
}

// kind is a broker that can be started or attached to.
type kind struct {
	name   string
	start  func(ctx context.Context, at address) (Broker, error)
	attach func(ctx context.Context, url string) (Broker, error)
	// within makes a space of the attached broker's and attaches to that; nil where there is no need of one.
	within func(ctx context.Context, b Broker, space string) (Broker, error)
	// hosts are those that a URL leads to, none for a socket of this machine. Nothing is asked for them, not even a
	// name's address.
	hosts func(url string) ([]string, error)
	// programs must be there to start it.
	programs func() []Program
	// port is where it listens by custom.
	port string
	// apart leaves it out of all brokers: only queues that name it can use it.
	apart bool
}

// kinds lists them in the order in which the report shows them.
func kinds() []kind {
	return []kind{
		{name: "redis", start: startRedis, attach: attachRedis, hosts: redisHosts, port: "6379", programs: func() []Program { return []Program{redisServerProgram()} }},
		{name: "postgres", start: startPostgres, attach: attachPostgres, within: postgresWithin, hosts: postgresHosts, port: "5432",
			programs: func() []Program { return []Program{postgresProgram("postgres"), postgresProgram("initdb")} }},
		{name: "mysql", start: startMySQL, attach: attachMySQL, within: mysqlWithin, hosts: mysqlHosts, port: "3306", programs: mysqlPrograms},
		{name: "rabbitmq", start: startRabbitMQ, attach: attachRabbitMQ, hosts: rabbitmqHosts, port: "5672", programs: func() []Program { return []Program{rabbitmqProgram()} }},
		// The emulator comes from tqbench's own locks.
		{name: "sqs", start: startSQS, attach: attachSQS, hosts: sqsHosts, port: "9324", programs: func() []Program { return nil }},
		{name: OwnName, start: startOwn, attach: attachOwn, hosts: func(string) ([]string, error) { return nil, nil }, programs: func() []Program { return nil }, apart: true},
	}
}

// Names lists the brokers that can be started or attached to.
func Names() []string {
	var names []string
	for _, k := range kinds() {
		if !k.apart {
			names = append(names, k.name)
		}
	}
	return names
}

// Check tells whether there is a broker of that name.
func Check(name string) error {
	_, err := find(name)
	return err
}

func find(name string) (kind, error) {
	for _, k := range kinds() {
		if k.name == name {
			return k, nil
		}
	}
	return kind{}, fmt.Errorf("%w: unknown broker %q: choose from %s", ErrSetup, name, strings.Join(Names(), ", "))
}

// Port is where a broker listens by custom.
func Port(name string) string {
	k, err := find(name)
	if err != nil {
		return ""
	}
	return k.port
}

// Open starts or attaches to a broker by name.
func Open(ctx context.Context, name string, o Options) (Broker, error) {
	k, err := find(name)
	if err != nil {
		return nil, err
	}
	switch {
	case o.URL != "":
		b, err := k.attach(ctx, o.URL)
		if err != nil || o.Space == "" || k.within == nil {
			return b, err
		}
		in, err := k.within(ctx, b, o.Space)
		if err != nil {
			return nil, errors.Join(err, b.Close())
		}
		return in, nil
	case o.Listen != "":
		host, port, err := net.SplitHostPort(o.Listen)
		if number, nerr := strconv.ParseUint(port, 10, 16); err != nil || nerr != nil || number == 0 || net.ParseIP(host) == nil {
			return nil, fmt.Errorf("%w: can't listen on %q: write IP:PORT, such as 127.0.0.1:%s", ErrSetup, o.Listen, k.port)
		}
		b, err := k.start(ctx, address{host: host, port: port, password: secret()})
		if err != nil && ctx.Err() == nil && !errors.Is(err, ErrSetup) {
			return nil, fmt.Errorf("%w: %w", ErrSetup, err)
		}
		return b, err
	}
	// Another process may take a port that was free a moment ago, so a failed start is tried with another one.
	for attempt := 1; ; attempt++ {
		at, err := freeAddress()
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", name, err)
		}
		b, err := k.start(ctx, at)
		if err == nil || errors.Is(err, ErrSetup) || attempt == 3 || ctx.Err() != nil {
			return b, err
		}
	}
}
