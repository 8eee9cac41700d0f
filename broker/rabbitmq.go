package broker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/tqbench/tqbench/results"
)

const (
	rabbitmqReady = 60 * time.Second
	// rabbitmqChannels is the maximum of concurrent publishes; each has its own channel.
	rabbitmqChannels = 20
)

// rabbitmqSettings are a private server's, each with the reason. Others are RabbitMQ's defaults.
func rabbitmqSettings(quorum bool) []results.Setting {
	queues := results.Setting{Name: "queue type", Value: "classic, durable", Default: "classic", Why: "what both frameworks declare"}
	if quorum {
		queues = results.Setting{Name: "queue type", Value: "quorum", Default: "classic", Why: "as the broker's name asks; one server is a quorum of one"}
	}
	return []results.Setting{
		queues,
		{Name: "messages", Value: "persistent, with publisher confirms", Default: "as the publisher chooses", Why: "both frameworks publish persistent messages"},
		{Name: "disk_free_limit.absolute", Value: "50MB", Default: "50MB", Why: "as installed"},
		{Name: "plugins", Value: "none", Default: "none", Why: "as installed"},
	}
}

func rabbitmqPrograms(choice) []Program {
	// The wrapper on PATH insists on a certain user, so we use the server's own script.
	return []Program{{Name: "rabbitmq-server", Package: "rabbitmq-server", Hidden: true,
		// rabbitmqctl version would leave an epmd behind, on all interfaces.
		VersionDirs: []string{"/usr/lib/rabbitmq/lib/rabbitmq_server-*", "/opt/rabbitmq*"},
		Dirs:        []string{"/usr/lib/rabbitmq/bin", "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin", "/opt/rabbitmq/sbin"}}}
}

// rabbitmq is a RabbitMQ server.
type rabbitmq struct {
	*private
	at rabbitmqURL
	// quorum says that the queues of the run are quorum queues.
	quorum bool
	// run is the context that it was opened in: the library's calls take none.
	run context.Context

	mu   sync.Mutex
	conn *corkedConnection
	// idle are unused channels in confirm mode, slots bounds their number.
	idle  []confirming
	slots chan struct{}
}

func startRabbitMQ(ctx context.Context, at address, want choice) (Broker, error) {
	exe, err := want.find(ctx, rabbitmqPrograms(want)[0])
	if err != nil {
		return nil, err
	}
	var ports [2]string
	for i := range ports {
		free, err := freeAddress()
		if err != nil {
			return nil, fmt.Errorf("start RabbitMQ: %w", err)
		}
		ports[i] = free.port
	}
	server, err := launch(ctx, "rabbitmq", want.root(), func(dir string) (plan, error) {
		in := func(name string) string { return filepath.Join(dir, name) }
		// Nodes of a cluster talk Erlang's own protocol, as anyone with the cookie could: loopback only.
		const local = "-kernel inet_dist_use_interface {127,0,0,1}"
		return plan{
			product: "RabbitMQ", argv: []string{exe}, users: []string{"rabbitmq"},
			path: "/opt/rabbitmq/sbin:/opt/erlang/bin", // where the official image has them
			files: map[string]string{
				"rabbitmq.conf": fmt.Sprintf("listeners.tcp.1 = %s\ndefault_user = %s\ndefault_pass = %s\nloopback_users.%s = %v\n"+
					"disk_free_limit.absolute = 50MB\n", at, account, at.password, account, at.loopback()),
				// Erlang would draw one itself, from a time and few bits. Anyone who has it can run code in the server.
				".erlang.cookie":  secret(),
				"enabled_plugins": "[].\n",
				"advanced.config": "[].\n",
			},
			env: []string{
				// The script then becomes the server instead of waiting for it, and signals reach the server.
				"RUNNING_UNDER_SYSTEMD=true",
				"RABBITMQ_NODENAME=tqbench" + at.port + "@localhost", "RABBITMQ_DIST_PORT=" + ports[0],
				"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=" + local, "RABBITMQ_CTL_ERL_ARGS=" + local,
				"ERL_EPMD_ADDRESS=127.0.0.1", "ERL_EPMD_PORT=" + ports[1],
				"RABBITMQ_MNESIA_BASE=" + in("data"), "RABBITMQ_LOG_BASE=" + in("logs"), "RABBITMQ_LOGS=-",
				"RABBITMQ_CONFIG_FILE=" + in("rabbitmq"), "RABBITMQ_CONF_ENV_FILE=" + os.DevNull,
				"RABBITMQ_ADVANCED_CONFIG_FILE=" + in("advanced.config"),
				"RABBITMQ_ENABLED_PLUGINS_FILE=" + in("enabled_plugins"), "RABBITMQ_PID_FILE=" + in("pid"),
				"RABBITMQ_GENERATED_CONFIG_DIR=" + in("config"), "RABBITMQ_FEATURE_FLAGS_FILE=" + in("feature_flags"),
			},
		}, nil
	})
	if err != nil {
		return nil, err
	}
	r := newRabbitMQ(ctx, server, rabbitmqURL{host: at.String(), user: url.UserPassword(account, at.password), vhost: "/"})
	// Only our server knows our password.
	if err := r.await(ctx, rabbitmqReady, r.answers); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *rabbitmq) answers(ctx context.Context) error {
	_, err := r.connection(ctx)
	return err
}

func newRabbitMQ(ctx context.Context, server *private, at rabbitmqURL) *rabbitmq {
	return &rabbitmq{private: server, run: ctx, at: at, slots: make(chan struct{}, rabbitmqChannels)}
}

// URL is the address for workers.
func (r *rabbitmq) URL() string { return r.at.url() }

// Declare creates durable queues and binds those with an exchange to it, by their own names.
func (r *rabbitmq) Declare(ctx context.Context, places []Place) error {
	ch, done, err := r.channel(ctx)
	if err != nil {
		return fmt.Errorf("declare: %w", err)
	}
	defer func() { done(err == nil) }()
	for _, p := range places {
		var arguments amqp.Table
		if arguments, err = queueArguments(p); err != nil {
			return err
		}
		if _, err = ch.QueueDeclare(p.Key, true, false, false, false, arguments); err != nil {
			return fmt.Errorf("declare queue %s: %w", p.Key, err)
		}
		if p.Exchange == "" {
			continue
		}
		if err = ch.ExchangeDeclare(p.Exchange, cmp.Or(p.Kind, amqp.ExchangeDirect), true, false, false, false, nil); err != nil {
			return fmt.Errorf("declare exchange %s: %w", p.Exchange, err)
		}
		if err = ch.QueueBind(p.Key, p.Key, p.Exchange, false, nil); err != nil {
			return fmt.Errorf("bind queue %s: %w", p.Key, err)
		}
	}
	return nil
}

// queueArguments reads a queue's arguments.
func queueArguments(p Place) (amqp.Table, error) {
	if p.Arguments == "" {
		return nil, nil
	}
	dec := json.NewDecoder(strings.NewReader(p.Arguments))
	dec.UseNumber()
	var out amqp.Table
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("declare queue %s: its arguments: %w", p.Key, err)
	}
	for k, v := range out {
		if n, ok := v.(json.Number); ok {
			i, err := n.Int64()
			if err != nil {
				return nil, fmt.Errorf("declare queue %s: its argument %s: %w", p.Key, k, err)
			}
			out[k] = i
		}
	}
	return out, nil
}

// Publish sends all messages on one channel and then waits for the broker to confirm each: a persistent message is confirmed when it is on
// disk. No message is mandatory, as in both frameworks; Declare comes first.
func (r *rabbitmq) Publish(ctx context.Context, messages []Message) (taken int, err error) {
	ch, done, err := r.channel(ctx)
	if err != nil {
		return 0, fmt.Errorf("publish: %w", err)
	}
	defer func() { done(err == nil) }()
	ch.wire.cork()
	confirms := make([]*amqp.DeferredConfirmation, 0, len(messages))
	for i := range messages {
		m := &messages[i]
		p := amqp.Publishing{
			Headers: table(m.Properties.Headers), ContentType: m.Properties.ContentType, ContentEncoding: m.Properties.ContentEncoding,
			MessageId: m.Properties.MessageID, CorrelationId: m.Properties.CorrelationID, ReplyTo: m.Properties.ReplyTo, Priority: m.Properties.Priority, Body: m.Body,
		}
		if m.Properties.Persistent {
			p.DeliveryMode = amqp.Persistent
		}
		c, perr := ch.PublishWithDeferredConfirm(m.Destination.Exchange, m.Destination.Queue, false, false, p)
		if perr != nil {
			err = perr
			break
		}
		confirms = append(confirms, c)
	}
	err = errors.Join(err, ch.wire.uncork())
	for _, c := range confirms {
		ok, werr := c.WaitContext(ctx)
		if werr == nil && !ok {
			werr = ch.refusal()
		}
		if werr != nil {
			return taken, fmt.Errorf("publish: %w", errors.Join(werr, err))
		}
		taken++
	}
	if err != nil {
		return taken, fmt.Errorf("publish: %w", err)
	}
	return taken, nil
}

// table converts maps within headers to the library's type.
func table(headers map[string]any) amqp.Table {
	for k, v := range headers {
		if m, ok := v.(map[string]any); ok {
			headers[k] = amqp.Table(m)
		}
	}
	return headers
}

// Depth counts the ready messages. AMQP does not report those that workers hold.
func (r *rabbitmq) Depth(ctx context.Context, places []Place) (int64, error) {
	var sum int64
	for _, p := range places {
		n, err := r.ready(ctx, p.Key)
		if err != nil {
			return 0, fmt.Errorf("read the depth: %w", err)
		}
		sum += n
	}
	return sum, nil
}

func (r *rabbitmq) ready(ctx context.Context, queue string) (_ int64, err error) {
	ch, done, err := r.channel(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { done(err == nil) }()
	q, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
	if ae := (*amqp.Error)(nil); errors.As(err, &ae) && ae.Code == amqp.NotFound {
		done(false) // the broker closed the channel
		done = func(bool) {}
		return 0, nil
	}
	return int64(q.Messages), err
}

// Purge deletes the queues with their messages. On a shared broker, it also deletes their exchanges once nothing is bound to them.
func (r *rabbitmq) Purge(ctx context.Context, places []Place) error {
	stop := context.AfterFunc(ctx, r.cut)
	defer stop()
	for _, p := range places {
		ch, done, err := r.channel(ctx)
		if err != nil {
			return fmt.Errorf("purge: %w", err)
		}
		if p.Key != "" {
			_, err = ch.QueueDelete(p.Key, false, false, false)
		}
		done(err == nil)
		if err != nil {
			return fmt.Errorf("purge queue %s: %w", p.Key, err)
		}
	}
	if r.running() != nil {
		return nil
	}
	for _, p := range places {
		if p.Exchange == "" {
			continue
		}
		ch, done, err := r.channel(ctx)
		if err != nil {
			return fmt.Errorf("purge: %w", err)
		}
		err = ch.ExchangeDelete(p.Exchange, true, false)
		done(err == nil)
		// The last of several queues takes the exchange with it.
		if ae := (*amqp.Error)(nil); err != nil && !(errors.As(err, &ae) && ae.Code == amqp.PreconditionFailed) {
			return fmt.Errorf("purge exchange %s: %w", p.Exchange, err)
		}
	}
	return nil
}

// Describe reads the version from the server itself; AMQP reports no settings.
func (r *rabbitmq) Describe(ctx context.Context) (results.Broker, error) {
	conn, err := r.connection(ctx)
	if err != nil {
		return results.Broker{}, fmt.Errorf("ask RabbitMQ for its version: %w", err)
	}
	b := results.Broker{Name: "rabbitmq", Product: "RabbitMQ", Attached: r.running() == nil}
	b.Product, _ = conn.Properties["product"].(string)
	b.Version, _ = conn.Properties["version"].(string)
	if r.quorum {
		b.Product += " with quorum queues"
	}
	if platform, ok := conn.Properties["platform"].(string); ok {
		b.Settings = append(b.Settings, results.Setting{Name: "platform", Value: platform, Why: "as the server reports it"})
	}
	if r.running() == nil {
		b.Settings = append(b.Settings, results.Setting{Name: "settings", Value: "unknown", Why: "the server does not report them over AMQP"})
		return b, nil
	}
	b.Settings = append(b.Settings, rabbitmqSettings(r.quorum)...)
	b.Settings = append(b.Settings, bindSetting("listeners.tcp", r.at.endpoint().Host, "all interfaces"))
	return b, nil
}

// Restart restarts the killed server; durable queues keep their persistent messages.
func (r *rabbitmq) Restart(ctx context.Context) error {
	return r.restart(ctx, r.URL(), rabbitmqReady, r.answers)
}
