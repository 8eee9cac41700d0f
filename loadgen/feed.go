package loadgen

import (
	"context"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
)

// Feed sends a load in helpings of any size, from one goroutine that keeps its encoder and its buffers: frequent sends must not make them
// each time.
type Feed struct {
	sender *sender
	batch  int
	// next is the first unsent task.
	next    int
	indices []int
}

// NewFeed makes a feed of a load, ignoring N. Its first task is numbered next.
func NewFeed(c *clock.Clock, l Load, next int) (*Feed, error) {
	s, err := newSender(c, l)
	if err != nil {
		return nil, err
	}
	f := &Feed{sender: s, batch: backlogBatch, next: next}
	if b, ok := broker.As[Batcher](l.Publisher); ok {
		f.batch, _ = b.Batches()
	}
	return f, nil
}

// Send sends the next n tasks as fast as the broker accepts them. It returns the bytes sent.
func (f *Feed) Send(ctx context.Context, n int) (bytes int64, err error) {
	for end := f.next + n; f.next < end; {
		f.indices = f.indices[:0]
		for range min(f.batch, end-f.next) {
			f.indices = append(f.indices, f.next)
			f.next++
		}
		sent, err := f.sender.send(ctx, f.indices, nil)
		bytes += sent
		if err != nil {
			return bytes, err
		}
	}
	return bytes, nil
}
