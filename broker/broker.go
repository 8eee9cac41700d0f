// Package broker starts private message brokers, or attaches to the user's, and exchanges bytes with them.
//
// It doesn't know any framework: a message is a destination, a body and optional properties, all made by a contender. Each broker is one
// file.
package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// Destination is where messages go. Each broker reads the fields that it knows.
type Destination struct {
	// Queue is a Redis list, an AMQP routing key or an SQS queue.
	Queue string
	// Exchange is an AMQP exchange; "" is the default one, which routes by the queue's name.
	Exchange string
	// Insert is SQL that queues messages. On PostgreSQL it is a whole statement whose $1 is an array of bodies (bytea[]). On MySQL it is a
	// statement up to and including VALUES, and Row the parenthesised row with one ? for the body.
	Insert, Row string
}

// Message is a task as the framework's transport puts it on the broker.
type Message struct {
	Destination Destination
	Body        []byte
	Properties  Properties
}

// Properties accompany the body if the broker's protocol has them; they are empty elsewhere.
type Properties struct {
	// Headers are AMQP headers, or SQS attributes, which are strings of digits sent as numbers.
	Headers map[string]any
	// The rest are AMQP's.
	ContentType, ContentEncoding, CorrelationID, ReplyTo string
	MessageID                                            string
	Persistent                                           bool
	Priority                                             uint8
	// Commands are the Redis commands that queue the message: its body has their arguments in order, and the numbers are where each ends.
	// None means one LPUSH of the body.
	Commands [][]int
}

// Place is where a contender's tasks are on a broker, or other data that it leaves there.
type Place struct {
	// Key is a Redis key, an AMQP queue ("" for an exchange alone), an SQS queue or a table.
	Key string
	// Kind is a Redis key's, one of RedisKinds, if tasks are counted in it; or an AMQP exchange's: "" for direct, or such as "topic".
	Kind string
	// Group is the consumer group of a Redis stream.
	Group string
	// Exchange is the AMQP exchange that the queue is bound to by its own name; "" is the default one.
	Exchange string
	// Arguments are the queue's on AMQP, as a JSON object; "" is none.
	Arguments string
	// Where picks the rows of a table; on Redis, a member of a shared set or sorted set.
	Where string
}

// Broker is a running broker.
type Broker interface {
	// URL is the address for workers. It may hold a secret: it only goes into a worker's environment.
	URL() string
	// Declare creates the places that must exist before a message is sent, if the broker has such, and keeps existing ones. The frameworks
	// create their own tables.
	Declare(ctx context.Context, places []Place) error
	// Publish sends the messages in order and returns when the broker has accepted all. It is safe for concurrent use. With an error, it
	// returns how many were certainly accepted; these are the first.
	Publish(ctx context.Context, messages []Message) (int, error)
	// Depth counts the tasks in the places, including those that workers hold if the broker reports them. A missing place has none.
	Depth(ctx context.Context, places []Place) (int64, error)
	// Purge empties the places and removes them if possible. It must only get places that this run made.
	Purge(ctx context.Context, places []Place) error
	// Describe returns product, version and settings for the report.
	Describe(ctx context.Context) (results.Broker, error)
	// Usage is the process's use of CPU and memory; false on a shared broker.
	Usage() (process.Usage, bool)
	// PSS is the broker's memory in bytes, 0 on a shared broker.
	PSS() int64
	// Ended is closed when a private broker has ended unexpectedly.
	Ended() <-chan struct{}
	// Close disconnects, and stops the broker if we started it.
	Close() error
}

// ErrSetup marks a broker that is unavailable for a reason that the user can fix.
var ErrSetup = errors.New("broker not available")

// Options choose between a private instance and the user's own.
type Options struct {
	// URL attaches to a running broker; empty starts a private one.
	URL string
	// Space is the name of a schema (PostgreSQL) or database (MySQL) that is made on an attached server and removed at Close, as frameworks
	// choose their tables' names. Other brokers don't need it: all names there can be chosen.
	Space string
	// Bin is a folder with a private one's programs, or a folder above them; empty looks for them where they are usually installed.
	Bin string
	// Listen is a private one's IP:PORT; empty means a free port of loopback.
	Listen string
}

// kind is a broker that can be started or attached to.
type kind struct {
	// name is the family's.
	name   string
	start  func(ctx context.Context, at address, want choice) (Broker, error)
	attach func(ctx context.Context, url string) (Broker, error)
	// within makes a space on the attached broker and attaches to it; nil if not needed.
	within func(ctx context.Context, b Broker, space string) (Broker, error)
	// hosts are those of a URL, none for a socket of this machine. No request is sent to find them, not even for a name's address.
	hosts func(url string) ([]string, error)
	// programs must be there to start it.
	programs func(want choice) []Program
	// port is its usual port.
	port string
	// apart leaves it out of all brokers: only queues that name it can use it.
	apart bool
}

// kinds lists them in the report's order.
func kinds() []kind {
	return []kind{
		{name: "redis", start: startRedis, attach: attachRedis, hosts: redisHosts, port: "6379", programs: redisPrograms},
		{name: "postgres", start: startPostgres, attach: attachPostgres, within: postgresWithin, hosts: postgresHosts, port: "5432",
			programs: postgresPrograms},
		{name: "mysql", start: startMySQL, attach: attachMySQL, within: mysqlWithin, hosts: mysqlHosts, port: "3306", programs: mysqlPrograms},
		{name: "rabbitmq", start: startRabbitMQ, attach: attachRabbitMQ, hosts: rabbitmqHosts, port: "5672", programs: rabbitmqPrograms},
		// The emulator comes from tqbench's own locks.
		{name: "sqs", start: startSQS, attach: attachSQS, hosts: sqsHosts, port: "9324", programs: noPrograms},
		{name: OwnName, start: startOwn, attach: attachOwn, hosts: func(string) ([]string, error) { return nil, nil }, programs: noPrograms, apart: true},
	}
}

func noPrograms(choice) []Program { return nil }

// Names lists the families of brokers that can be started or attached to; see [brokername.Products] for all names.
func Names() []string {
	var names []string
	for _, k := range kinds() {
		if !k.apart {
			names = append(names, k.name)
		}
	}
	return names
}

// Check returns an error unless there is a broker of that name.
func Check(name string) error {
	_, err := find(name)
	return err
}

func find(name string) (kind, error) {
	k, _, err := chosen(name, "")
	return k, err
}

// chosen reads a broker's name.
func chosen(name, bin string) (kind, choice, error) {
	if bin != "" {
		var err error
		if bin, err = filepath.Abs(bin); err != nil {
			return kind{}, choice{}, fmt.Errorf("%w: the folder with the programs of %s: %w", ErrSetup, name, err)
		}
	}
	want := choice{Name: brokername.Name{Product: name}, bin: bin}
	if name != OwnName {
		var err error
		if want.Name, err = brokername.Parse(name); err != nil {
			return kind{}, want, fmt.Errorf("%w: %w", ErrSetup, err)
		}
	}
	for _, k := range kinds() {
		if k.name == want.Family() {
			return k, want, nil
		}
	}
	return kind{}, want, fmt.Errorf("%w: unknown broker %q", ErrSetup, name)
}

// Port is a broker's usual port.
func Port(name string) string {
	k, err := find(name)
	if err != nil {
		return ""
	}
	return k.port
}

// Open starts or attaches to a broker by name.
func Open(ctx context.Context, name string, o Options) (Broker, error) {
	k, want, err := chosen(name, o.Bin)
	if err != nil {
		return nil, err
	}
	b, err := open(ctx, k, want, o)
	if err != nil {
		return nil, err
	}
	if r, ok := b.(*rabbitmq); ok {
		r.quorum = want.Product == brokername.RabbitMQQuorum
	}
	if err := want.check(ctx, b); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func open(ctx context.Context, k kind, want choice, o Options) (Broker, error) {
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
		b, err := k.start(ctx, address{host: host, port: port, password: secret()}, want)
		if err != nil && ctx.Err() == nil && !errors.Is(err, ErrSetup) {
			return nil, fmt.Errorf("%w: %w", ErrSetup, err)
		}
		return b, err
	}
	// Another process may take a port that was just free, so a failed start is retried with another one.
	for attempt := 1; ; attempt++ {
		at, err := freeAddress()
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", want, err)
		}
		b, err := k.start(ctx, at, want)
		if err == nil || errors.Is(err, ErrSetup) || attempt == 3 || ctx.Err() != nil {
			return b, err
		}
	}
}
