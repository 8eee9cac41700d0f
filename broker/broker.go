// Package broker starts private message brokers, or attaches to the user's, and speaks to them in bytes.
//
// It knows nothing of frameworks: a message is a destination and a body that a contender has encoded. Each broker is
// one file.
package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// Message is a task as the framework's transport puts it on the broker.
type Message struct {
	// Destination is a Redis list, a routing key, a table or a queue, whatever the broker calls it.
	Destination string
	Body        []byte
}

// Place is where tasks of a contender stand on a broker, counted for the depth.
type Place struct {
	Key string
	// Kind is one of the Kind constants of the broker's file.
	Kind string
}

// Broker is a running broker.
type Broker interface {
	// URL is where workers connect. It may hold a secret: it goes into a worker's environment and nowhere else.
	URL() string
	// Publish sends the messages in order and returns when the broker has taken all of them. It is safe for
	// concurrent use. On an error, it tells how many were surely taken.
	Publish(ctx context.Context, messages []Message) (int, error)
	// Depth counts the tasks in the places.
	Depth(ctx context.Context, places []Place) (int64, error)
	// Purge removes the places and the named keys. It must only be given what this run made.
	Purge(ctx context.Context, places []Place, keys []string) error
	// Describe tells product, version and settings for the report.
	Describe(ctx context.Context) (results.Broker, error)
	// Usage is the process's use of CPU and memory; false where the broker isn't ours.
	Usage() (process.Usage, bool)
	// PSS is the broker's memory in bytes, 0 where it isn't ours.
	PSS() int64
	// Close disconnects, and stops the broker if we started it.
	Close() error
}

// ErrSetup marks a broker that can't be had for a reason that the user can mend.
var ErrSetup = errors.New("broker not available")

// Options choose between a private instance and the user's own.
type Options struct {
	// URL attaches to a running broker; empty starts a private one.
	URL string
}

// Names lists the brokers that can be started or attached to.
func Names() []string { return []string{"redis"} }

// Open starts or attaches to a broker by name.
func Open(ctx context.Context, name string, o Options) (Broker, error) {
	switch name {
	case "redis":
		if o.URL != "" {
			return AttachRedis(ctx, o.URL)
		}
		return StartRedis(ctx)
	default:
		return nil, fmt.Errorf("%w: there is no broker %q: choose from %s", ErrSetup, name, strings.Join(Names(), ", "))
	}
}
