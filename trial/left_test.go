package trial

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/broker"
)

// purged notes what is purged, and fails as often as it is to.
type purged struct {
	broker.Broker
	keys []string
	fail int
}

func (p *purged) Purge(_ context.Context, places []broker.Place) error {
	if p.fail > 0 {
		p.fail--
		return errors.New("no answer")
	}
	for _, x := range places {
		p.keys = append(p.keys, x.Key)
	}
	return nil
}

// A run that another process began removes what that left in the run's own names, once each; names of others are never touched.
func TestWhatAKilledProcessLeftIsRemovedOnce(t *testing.T) {
	t.Parallel()
	used := []broker.Place{{Key: "tqbench-7"}, {Key: "unacked"}, {Key: "rq:tqbench-7:jobs"}}
	for name, c := range map[string]struct {
		left *Left
		fail int
		want []string
	}{
		"a run that begins":       {&Left{}, 0, nil},
		"a private broker":        {nil, 0, nil},
		"a run that is resumed":   {&Left{Of: "tqbench-7"}, 0, []string{"tqbench-7", "rq:tqbench-7:jobs"}},
		"a broker that is busy":   {&Left{Of: "tqbench-7"}, 1, []string{"tqbench-7", "rq:tqbench-7:jobs"}},
		"a trial that left some":  {&Left{places: []broker.Place{{Key: "events"}}}, 0, []string{"events"}},
		"another run of that end": {&Left{Of: "tqbench-8"}, 0, nil},
	} {
		b := &purged{fail: c.fail}
		var failed int
		for range 3 {
			if c.left.remove(t.Context(), b, used) != nil {
				failed++
			}
		}
		if failed != c.fail || !slices.Equal(b.keys, c.want) {
			t.Errorf("%s: purged %q, failed %d times, want %q and %d", name, b.keys, failed, c.want, c.fail)
		}
	}
}
