package loadgen

import (
	"errors"
	"testing"
)

// A feed numbers its tasks across helpings, sends the publisher's batches, and keeps one encoder.
func TestAFeedSendsEachTaskOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		next     int
		helpings []int
		most     int
	}{
		"one by one":          {0, []int{1, 1, 1}, 10},
		"none":                {0, []int{0}, 10},
		"behind others":       {7, []int{2, 0, 3}, 10},
		"several calls":       {5, []int{25, 10, 11}, 10},
		"more than one batch": {0, []int{backlogBatch + 1}, backlogBatch},
	} {
		n := tt.next
		for _, h := range tt.helpings {
			n += h
		}
		b := &fewAtOnce{slowBroker: &slowBroker{bodies: map[string]int{}}, most: tt.most, full: make(chan struct{})}
		close(b.full) // calls come one after another: none waits for others
		l := newLog(n)
		encoders := 0
		feeding := load(0, b, l)
		encode := feeding.NewEncode
		feeding.NewEncode = func() (Encode, error) { encoders++; return encode() }
		f, err := NewFeed(newClock(t), feeding, tt.next)
		if err != nil {
			t.Fatal(err)
		}
		var bytes int64
		for _, h := range tt.helpings {
			sent, err := f.Send(t.Context(), h)
			if err != nil {
				t.Fatal(err)
			}
			bytes += sent
		}
		if sent := n - tt.next; bytes != int64(3*sent) || len(b.bodies) != sent || encoders != 1 {
			t.Errorf("%s: %d bytes, %d bodies, %d encoders", name, bytes, len(b.bodies), encoders)
		}
		for i, calls := range l.calls {
			if want := i >= tt.next; (calls == 1) != want || (l.acks[i] > 0) != want {
				t.Errorf("%s: task %d: %d calls, acked %d", name, i, calls, l.acks[i])
			}
		}
	}
	f, err := NewFeed(newClock(t), load(3, &slowBroker{fail: errors.New("gone")}, newLog(3)), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Send(t.Context(), 3); err == nil {
		t.Error("a helping that the broker did not take has no error")
	}
}
