package brokertest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"

	"github.com/tqbench/tqbench/broker"
)

// subject is what the suite must know about a broker.
type subject struct {
	// place and destination are those of a queue.
	place       func(queue string) broker.Place
	destination func(queue string) broker.Destination
	// prepare creates a table for the suite's queues, if the broker has tables.
	prepare func(t *testing.T, url string)
	// text says that bodies must be text, unordered that there is no guaranteed order.
	text, unordered bool
	// forgets says that a kill loses everything.
	forgets bool
	// refused are URLs that can't be attached to: HOST is an address without a listener, SECRET a password.
	refused []string
}

// subjects are by the brokers' names.
func subjects() map[string]subject {
	return map[string]subject{
		"redis": {
			place:       func(q string) broker.Place { return broker.Place{Key: q, Kind: broker.RedisList} },
			destination: func(q string) broker.Destination { return broker.Destination{Queue: q} },
			refused:     []string{"redis://:SECRET@HOST/0", "http://:SECRET@HOST", "redis://:SECRET@%%%"},
		},
		"postgres": {
			prepare: func(t *testing.T, url string) {
				withPostgres(t, url, func(c *pgx.Conn) error {
					_, err := c.Exec(t.Context(), "CREATE TABLE suite (id SERIAL, queue TEXT, payload BYTEA)")
					return err
				})
			},
			place: func(q string) broker.Place { return suitePlace(q) },
			destination: func(q string) broker.Destination {
				return broker.Destination{Insert: "INSERT INTO suite (queue, payload) SELECT '" + q + "', body FROM unnest($1::bytea[]) AS m(body)"}
			},
			refused: []string{"postgresql://u:SECRET@HOST/db", "mysql://u:SECRET@HOST/db", "postgresql://u:SECRET@HOST:x/db"},
		},
		"mysql": {
			prepare: func(t *testing.T, url string) {
				withMySQL(t, url, func(db *sql.DB) error {
					_, err := db.ExecContext(t.Context(), "CREATE TABLE suite (id INT AUTO_INCREMENT PRIMARY KEY, queue TEXT, payload BLOB)")
					return err
				})
			},
			place: func(q string) broker.Place { return suitePlace(q) },
			destination: func(q string) broker.Destination {
				return broker.Destination{Insert: "INSERT INTO suite (queue, payload) VALUES", Row: "('" + q + "', ?)"}
			},
			refused: []string{"mysql://u:SECRET@HOST/db", "postgres://u:SECRET@HOST/db", "mysql://u:SECRET@HOST", "mysql://u:SECRET@%%%"},
		},
		"rabbitmq": {
			place:       func(q string) broker.Place { return broker.Place{Key: q, Exchange: "suite"} },
			destination: func(q string) broker.Destination { return broker.Destination{Queue: q, Exchange: "suite"} },
			refused:     []string{"amqp://u:SECRET@HOST/", "http://u:SECRET@HOST", "amqp://u:SECRET@%%%"},
		},
		"sqs": {
			place:       func(q string) broker.Place { return broker.Place{Key: strings.ReplaceAll(q, " ", "-")} },
			destination: func(q string) broker.Destination { return broker.Destination{Queue: q} },
			text:        true, unordered: true, forgets: true,
			refused: []string{"sqs://key:SECRET@HOST/us-east-1", "sqs://key:SECRET@HOST", "http://key:SECRET@HOST/x", "sqs://key:SECRET@nowhere", "sqs://key:SECRET@%%%"},
		},
	}
}

func suitePlace(q string) broker.Place {
	if q == "never made" {
		return broker.Place{Key: "no_such_table", Where: "queue = 'x'"}
	}
	return broker.Place{Key: "suite", Where: "queue = '" + q + "'"}
}

// badURLs fills in the URLs that can't be attached to.
func (s subject) badURLs(secret string) []string {
	var out []string
	for _, u := range s.refused {
		// Port 1 of loopback: only root could listen there.
		out = append(out, strings.NewReplacer("HOST", "127.0.0.1:1", "SECRET", secret).Replace(u))
	}
	return out
}

func checkRefusal(t *testing.T, url, secret string, err error) {
	t.Helper()
	text := err.Error()
	if !errors.Is(err, broker.ErrSetup) || strings.Contains(text, secret) || strings.Contains(text, "\n") || len(text) > 300 {
		t.Errorf("%s: %v", strings.ReplaceAll(url, secret, "SECRET"), err)
	}
}

// Read takes all messages out of a place, the oldest first if the broker keeps an order.
func Read(t *testing.T, name, url string, place broker.Place) []broker.Message {
	t.Helper()
	switch name {
	case "redis":
		return readRedis(t, url, place)
	case "postgres":
		return readPostgres(t, url, place)
	case "mysql":
		return readMySQL(t, url, place)
	case "rabbitmq":
		return readRabbitMQ(t, url, place)
	case "sqs":
		return readSQS(t, url, place)
	}
	t.Fatalf("no reader for %s", name)
	return nil
}

func readRedis(t *testing.T, url string, place broker.Place) (out []broker.Message) {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	defer c.Close()
	values, err := c.RPopCount(t.Context(), place.Key, 1_000_000).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		out = append(out, broker.Message{Body: []byte(v)})
	}
	return out
}

func withPostgres(t *testing.T, url string, use func(*pgx.Conn) error) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.WithoutCancel(t.Context()))
	if err := use(c); err != nil {
		t.Fatal(err)
	}
}

// selectPayloads works with both of the frameworks' tables and the suite's own.
func selectPayloads(p broker.Place) string {
	return fmt.Sprintf("SELECT payload FROM %s WHERE %s ORDER BY id", p.Key, p.Where)
}

// readPostgres reads the payloads of a table. If it has no such column, a message is a row without its id, as JSON.
func readPostgres(t *testing.T, url string, place broker.Place) (out []broker.Message) {
	t.Helper()
	withPostgres(t, url, func(c *pgx.Conn) error {
		var has bool
		err := c.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'payload')", place.Key).Scan(&has)
		if err != nil {
			return err
		}
		query := selectPayloads(place)
		if !has {
			// So that a text within bytes stays readable.
			if _, err := c.Exec(t.Context(), "SET bytea_output = 'escape'"); err != nil {
				return err
			}
			query = fmt.Sprintf("SELECT convert_to((to_jsonb(p) - 'id')::text, 'UTF8') FROM %s AS p WHERE %s ORDER BY id", place.Key, place.Where)
		}
		rows, err := c.Query(t.Context(), query)
		if err != nil {
			return err
		}
		bodies, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		for _, b := range bodies {
			out = append(out, broker.Message{Body: b})
		}
		return err
	})
	return out
}

func withMySQL(t *testing.T, raw string, use func(*sql.DB) error) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = u.User.Username(), "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	c.Passwd, _ = u.User.Password()
	db, err := sql.Open("mysql", c.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := use(db); err != nil {
		t.Fatal(err)
	}
}

func readMySQL(t *testing.T, url string, place broker.Place) (out []broker.Message) {
	t.Helper()
	withMySQL(t, url, func(db *sql.DB) error {
		rows, err := db.QueryContext(t.Context(), selectPayloads(place))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var b []byte
			if err := rows.Scan(&b); err != nil {
				return err
			}
			out = append(out, broker.Message{Body: b})
		}
		return rows.Err()
	})
	return out
}

func readRabbitMQ(t *testing.T, url string, place broker.Place) (out []broker.Message) {
	t.Helper()
	conn, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	for {
		d, ok, err := ch.Get(place.Key, true)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return out
		}
		out = append(out, broker.Message{Body: d.Body,
			Destination: broker.Destination{Exchange: d.Exchange, Queue: d.RoutingKey},
			Properties: broker.Properties{Headers: d.Headers, ContentType: d.ContentType, ContentEncoding: d.ContentEncoding,
				CorrelationID: d.CorrelationId, ReplyTo: d.ReplyTo, MessageID: d.MessageId, Persistent: d.DeliveryMode == amqp.Persistent, Priority: d.Priority}})
	}
}

func readSQS(t *testing.T, url string, place broker.Place) (out []broker.Message) {
	t.Helper()
	at, err := broker.ParseSQS(url)
	if err != nil {
		t.Fatal(err)
	}
	c := sqs.New(sqs.Options{Region: at.Region, BaseEndpoint: &at.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(at.Key, at.Secret, "")})
	q, err := c.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &place.Key})
	if err != nil {
		t.Fatal(err)
	}
	for {
		got, err := c.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: q.QueueUrl, MaxNumberOfMessages: 10,
			MessageAttributeNames: []string{"All"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Messages) == 0 {
			return out
		}
		var done []types.DeleteMessageBatchRequestEntry
		for i, m := range got.Messages {
			msg := broker.Message{Body: []byte(aws.ToString(m.Body))}
			for k, v := range m.MessageAttributes {
				if msg.Properties.Headers == nil {
					msg.Properties.Headers = map[string]any{}
				}
				msg.Properties.Headers[k] = aws.ToString(v.StringValue)
			}
			out = append(out, msg)
			done = append(done, types.DeleteMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), ReceiptHandle: m.ReceiptHandle})
		}
		if _, err := c.DeleteMessageBatch(t.Context(), &sqs.DeleteMessageBatchInput{QueueUrl: q.QueueUrl, Entries: done}); err != nil {
			t.Fatal(err)
		}
	}
}
