package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// shipEvery is how often to look for what files have grown by.
	shipEvery = 20 * time.Millisecond
	// unacknowledgedMost is how many bytes may be under way.
	unacknowledgedMost = 4 << 20
)

// Outbox has the files that an agent ships while they grow. They are kept until the agent removes them, so memory holds none of them.
type Outbox struct {
	mu    sync.Mutex
	files map[string]*outgoing
	// changed gets a value when there may be more to ship.
	changed chan struct{}
}

type outgoing struct {
	file *os.File
	// sent of its bytes are under way or have arrived, acknowledged have arrived.
	sent, acknowledged int64
}

// NewOutbox makes an empty one.
func NewOutbox() *Outbox {
	return &Outbox{files: map[string]*outgoing{}, changed: make(chan struct{}, 1)}
}

// Add ships an open file under a name, which is new. The outbox closes it.
func (o *Outbox) Add(name string, f *os.File) error {
	if name == "" || len(name) > nameMost {
		return fmt.Errorf("ship a file with a name of %d bytes", len(name))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.files[name] != nil {
		return fmt.Errorf("ship %s: it has been shipped", name)
	}
	o.files[name] = &outgoing{file: f}
	return nil
}

// Has reports whether a file of that name is shipped.
func (o *Outbox) Has(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.files[name] != nil
}

// Remove ends the shipping of all files whose names begin so.
func (o *Outbox) Remove(prefix string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for name, f := range o.files {
		if strings.HasPrefix(name, prefix) {
			_ = f.file.Close()
			delete(o.files, name)
		}
	}
}

// Sizes are the present sizes of all files whose names begin so.
func (o *Outbox) Sizes(prefix string) (map[string]int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[string]int64{}
	for name, f := range o.files {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		info, err := f.file.Stat()
		if err != nil {
			return nil, err
		}
		out[name] = info.Size()
	}
	return out, nil
}

// Kick ships soon what files have grown by.
func (o *Outbox) Kick() {
	select {
	case o.changed <- struct{}{}:
	default:
	}
}

// resume continues where the collector has each file.
func (o *Outbox) resume(have map[string]int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for name, f := range o.files {
		f.sent, f.acknowledged = have[name], have[name]
	}
}

func (o *Outbox) acknowledge(name string, offset int64) {
	o.mu.Lock()
	if f := o.files[name]; f != nil {
		f.acknowledged = max(f.acknowledged, offset)
	}
	o.mu.Unlock()
	o.Kick()
}

// ship sends what files have and get until the connection breaks or ctx ends.
func (o *Outbox) ship(ctx context.Context, c *connection) error {
	tick := time.NewTicker(shipEvery)
	defer tick.Stop()
	room := make([]byte, dataMost)
	for {
		for {
			name, offset, n, err := o.next(room)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			if err := c.write(kindData, func(b []byte) []byte { return appendPiece(b, name, offset, room[:n]) }); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-o.changed:
		}
	}
}

// next reads the next bytes to send; none if all are under way, or too many.
func (o *Outbox) next(room []byte) (name string, offset int64, n int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var under int64
	for _, f := range o.files {
		under += f.sent - f.acknowledged
	}
	if under >= unacknowledgedMost {
		return "", 0, 0, nil
	}
	for _, name := range slices.Sorted(maps.Keys(o.files)) {
		f := o.files[name]
		n, err := f.file.ReadAt(room, f.sent)
		if err != nil && !errors.Is(err, io.EOF) {
			return "", 0, 0, fmt.Errorf("ship %s: %w", name, err)
		}
		if n > 0 {
			offset, f.sent = f.sent, f.sent+int64(n)
			return name, offset, n, nil
		}
	}
	return "", 0, 0, nil
}
