package broker_test

import (
	"context"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
)

// commands makes a message of Redis commands.
func commands(lines ...string) broker.Message {
	var m broker.Message
	for _, line := range lines {
		var ends []int
		for _, word := range strings.Fields(line) {
			m.Body = append(m.Body, word...)
			ends = append(ends, len(m.Body))
		}
		m.Properties.Commands = append(m.Properties.Commands, ends)
	}
	return m
}

func push(key, body string) broker.Message {
	return broker.Message{Destination: broker.Destination{Queue: key}, Body: []byte(body)}
}

func privateRedis(t *testing.T) broker.Broker {
	t.Helper()
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	b, err := start(t, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// A message may be several commands. It counts as accepted when all of them have run, and as refused only if certainly none has.
func TestAMessageMayBeSeveralCommands(t *testing.T) {
	b := privateRedis(t)
	c := client(t, b.URL())
	good := func(id string) broker.Message { return commands("HSET jobs "+id+" body-"+id, "RPUSH queue "+id) }
	for name, tt := range map[string]struct {
		messages []broker.Message
		taken    int
		fails    string
		refused  bool
	}{
		"one":                      {[]broker.Message{good("1")}, 1, "", false},
		"several":                  {[]broker.Message{good("1"), good("2"), push("other", "x"), good("3")}, 4, "", false},
		"refused at once":          {[]broker.Message{good("1"), commands("HSET queue a b", "RPUSH jobs a")}, 1, "HSET", true},
		"refused half-way":         {[]broker.Message{good("1"), commands("HSET jobs a b", "RPUSH jobs a")}, 1, "RPUSH", false},
		"refused, and others done": {[]broker.Message{commands("HSET queue a b", "RPUSH jobs a"), good("1")}, 0, "HSET", false},
		"a push is refused":        {[]broker.Message{push("queue", "a"), push("jobs", "b")}, 1, "LPUSH", true},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.FlushDB(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			if err := c.HSet(t.Context(), "jobs", "first", "").Err(); err != nil {
				t.Fatal(err)
			}
			if err := c.RPush(t.Context(), "queue", "first").Err(); err != nil {
				t.Fatal(err)
			}
			taken, err := b.Publish(t.Context(), tt.messages)
			if taken != tt.taken || (err != nil) != (tt.fails != "") {
				t.Fatalf("taken %d, error %v; want %d and an error: %v", taken, err, tt.taken, tt.fails != "")
			}
			if err != nil && (!strings.Contains(err.Error(), tt.fails) || broker.Refused(err) != tt.refused) {
				t.Errorf("%v: it counts as a refusal: %v, want %s and %v", err, broker.Refused(err), tt.fails, tt.refused)
			}
		})
	}
}

// Each kind of place counts its waiting tasks, a stream what its group has not acknowledged, and is emptied.
func TestEachKindOfPlaceIsCountedAndEmptied(t *testing.T) {
	b := privateRedis(t)
	c := client(t, b.URL())
	stream := broker.Place{Key: "stream", Kind: broker.RedisStream, Group: "workers"}
	places := []broker.Place{{Key: "list", Kind: broker.RedisList}, {Key: "hash", Kind: broker.RedisHash}, {Key: "zset", Kind: broker.RedisSortedSet},
		{Key: "set", Kind: broker.RedisSet}, stream}
	depth := func(want int64) {
		t.Helper()
		if got, err := b.Depth(t.Context(), places); err != nil || got != want {
			t.Errorf("depth %d (%v), want %d", got, err, want)
		}
	}
	depth(0) // nothing is there, not even the stream
	for range 2 {
		if err := b.Declare(t.Context(), places); err != nil {
			t.Fatal(err)
		}
	}
	messages := []broker.Message{push("list", "a"), commands("HSET hash a 1 b 2"), commands("ZADD zset 1 a 2 b 3 c"), commands("SADD set a b c d"),
		commands("XADD stream * data a"), commands("XADD stream * data b"), commands("XADD stream * data c"), commands("SET job:1 x"), commands("SET job:2 x"),
		commands("SADD names ours theirs")}
	if n, err := b.Publish(t.Context(), messages); n != len(messages) || err != nil {
		t.Fatal(n, err)
	}
	depth(1 + 2 + 3 + 4 + 3)
	read, err := c.XReadGroup(t.Context(), &redis.XReadGroupArgs{Group: "workers", Consumer: "c", Streams: []string{"stream", ">"}, Count: 2}).Result()
	if err != nil {
		t.Fatal(err)
	}
	depth(13) // what a worker holds counts
	if err := c.XAck(t.Context(), "stream", "workers", read[0].Messages[0].ID).Err(); err != nil {
		t.Fatal(err)
	}
	depth(12)
	left := append(places, broker.Place{Key: "job:*", Kind: broker.RedisKeys}, broker.Place{Key: "names", Kind: broker.RedisSet, Where: "ours"})
	if err := b.Purge(context.WithoutCancel(t.Context()), left); err != nil {
		t.Fatal(err)
	}
	depth(0)
	if keys, err := c.Keys(t.Context(), "*").Result(); err != nil || len(keys) != 1 || keys[0] != "names" {
		t.Errorf("%v is left (%v), want what others have in names", keys, err)
	}
}
