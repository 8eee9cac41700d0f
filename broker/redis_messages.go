package broker

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Kinds of places on Redis.
const (
	// RedisList counts with LLEN, RedisHash with HLEN, RedisSortedSet with ZCARD, RedisSet with SCARD.
	RedisList      = "list"
	RedisHash      = "hash"
	RedisSortedSet = "sorted set"
	RedisSet       = "set"
	// RedisStream counts entries that its group was not given yet, or was given and has not acknowledged.
	RedisStream = "stream"
	// RedisKeys are all keys that a glob-style pattern matches. They are leftovers and not counted.
	RedisKeys = "keys"
)

// RedisKinds lists them.
func RedisKinds() []string {
	return []string{RedisList, RedisHash, RedisSortedSet, RedisSet, RedisStream, RedisKeys}
}

// maxPush bounds the values of one LPUSH: the server runs a command without serving others.
const maxPush = 512

// batch is a pipeline of commands that queue messages. For each command, ends has how many messages it completes.
type batch struct {
	pipe redis.Pipeliner
	ends []int
}

// add adds a message of several commands. It is queued when all of them have run.
func (b *batch) add(ctx context.Context, m *Message) {
	from := 0
	for i, ends := range m.Properties.Commands {
		args := make([]any, len(ends))
		for k, end := range ends {
			args[k] = m.Body[from:end]
			from = end
		}
		b.pipe.Do(ctx, args...)
		done := 0
		if i == len(m.Properties.Commands)-1 {
			done = 1
		}
		b.ends = append(b.ends, done)
	}
}

// run runs the commands and returns how many messages were certainly queued: those before the first failed command. The error is a refusal
// only if no later command ran. Otherwise the result of the rest is unknown.
func (b *batch) run(ctx context.Context) (int, error) {
	cmds, err := b.pipe.Exec(ctx)
	taken, failed, begun := 0, -1, false
	for i, c := range cmds {
		switch {
		case c.Err() != nil && failed < 0:
			failed = i
		case c.Err() == nil && failed >= 0:
			begun = true
		case c.Err() == nil:
			taken += b.ends[i]
			begun = b.ends[i] == 0
		}
	}
	switch {
	case err == nil:
		return taken, nil
	case failed < 0:
		return 0, fmt.Errorf("send commands: %w", err)
	case begun:
		return taken, fmt.Errorf("%s, of several commands: %v", strings.ToUpper(cmds[failed].Name()), cmds[failed].Err())
	}
	return taken, fmt.Errorf("%s: %w", strings.ToUpper(cmds[failed].Name()), cmds[failed].Err())
}

// Publish queues the messages in order, all in one pipeline: neighbours for the same list share an LPUSH.
func (r *redisBroker) Publish(ctx context.Context, messages []Message) (int, error) {
	if len(messages) == 1 && len(messages[0].Properties.Commands) == 0 {
		if err := r.client.LPush(ctx, messages[0].Destination.Queue, messages[0].Body).Err(); err != nil {
			return 0, fmt.Errorf("LPUSH: %w", err)
		}
		return 1, nil
	}
	b := batch{pipe: r.client.Pipeline()}
	for i := 0; i < len(messages); {
		if len(messages[i].Properties.Commands) > 0 {
			b.add(ctx, &messages[i])
			i++
			continue
		}
		key := messages[i].Destination
		var values []any
		for i < len(messages) && messages[i].Destination == key && len(messages[i].Properties.Commands) == 0 && len(values) < maxPush {
			values = append(values, messages[i].Body)
			i++
		}
		b.pipe.LPush(ctx, key.Queue, values...)
		b.ends = append(b.ends, len(values))
	}
	return b.run(ctx)
}

// Depth adds up the tasks in the places.
func (r *redisBroker) Depth(ctx context.Context, places []Place) (int64, error) {
	pipe := r.client.Pipeline()
	var counts []*redis.IntCmd
	var groups []*redis.XInfoGroupsCmd
	for _, p := range places {
		switch p.Kind {
		case RedisList:
			counts = append(counts, pipe.LLen(ctx, p.Key))
		case RedisHash:
			counts = append(counts, pipe.HLen(ctx, p.Key))
		case RedisSortedSet:
			counts = append(counts, pipe.ZCard(ctx, p.Key))
		case RedisSet:
			counts = append(counts, pipe.SCard(ctx, p.Key))
		case RedisStream:
			groups = append(groups, pipe.XInfoGroups(ctx, p.Key))
		}
	}
	if _, err := pipe.Exec(ctx); err != nil && !noSuchKey(err) {
		return 0, fmt.Errorf("read the depth: %w", err)
	}
	var sum int64
	for _, c := range counts {
		if err := c.Err(); err != nil {
			return 0, fmt.Errorf("read the depth: %w", err)
		}
		sum += c.Val()
	}
	for _, g := range groups {
		if err := g.Err(); err != nil && !noSuchKey(err) {
			return 0, fmt.Errorf("read the depth: %w", err)
		}
		for _, info := range g.Val() {
			// The lag is unknown, and negative, if entries were deleted from the middle.
			sum += info.Pending + max(info.Lag, 0)
		}
	}
	return sum, nil
}

// noSuchKey reports whether an error says that a stream doesn't exist.
func noSuchKey(err error) bool {
	return err != nil && strings.HasPrefix(err.Error(), "ERR no such key")
}

// Declare creates the groups of streams, which read from the stream's start. Any other place exists when it has content.
func (r *redisBroker) Declare(ctx context.Context, places []Place) error {
	for _, p := range places {
		if p.Kind != RedisStream {
			continue
		}
		if err := r.client.XGroupCreateMkStream(ctx, p.Key, p.Group, "0").Err(); err != nil && !redis.HasErrorPrefix(err, "BUSYGROUP") {
			return fmt.Errorf("declare stream %s: %w", p.Key, err)
		}
	}
	return nil
}

// scanStep is how many keys a server checks before it serves others.
const scanStep = 1000

// Purge deletes the places; in a shared set or sorted set, the member.
func (r *redisBroker) Purge(ctx context.Context, places []Place) error {
	var keys []string
	for _, p := range places {
		var err error
		switch {
		case p.Kind == RedisKeys:
			scan := r.client.Scan(ctx, 0, p.Key, scanStep).Iterator()
			for scan.Next(ctx) {
				keys = append(keys, scan.Val())
			}
			err = scan.Err()
		case p.Where != "" && p.Kind == RedisSet:
			err = r.client.SRem(ctx, p.Key, p.Where).Err()
		case p.Where != "":
			err = r.client.ZRem(ctx, p.Key, p.Where).Err()
		default:
			keys = append(keys, p.Key)
		}
		if err != nil {
			return fmt.Errorf("purge: %w", err)
		}
	}
	for some := range slices.Chunk(keys, scanStep) {
		if err := r.client.Del(ctx, some...).Err(); err != nil {
			return fmt.Errorf("purge: %w", err)
		}
	}
	return nil
}
