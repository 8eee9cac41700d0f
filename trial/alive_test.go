package trial

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/suite"
)

// A shared broker that dies, or hangs for good, ends its trial with a reason, long before the trial's own limits.
func TestADeadAttachedBrokerEndsItsTrial(t *testing.T) {
	long := suite.Phase{Name: "paced", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 30_000, Rate: 50}
	for name, strike := range map[string]func(broker.Broker) error{
		"redis dies":    func(b broker.Broker) error { return b.(broker.Restarter).Kill() },
		"redis hangs":   func(b broker.Broker) error { return b.(broker.Pauser).Pause(t.Context()) },
		"postgres dies": func(b broker.Broker) error { return b.(broker.Restarter).Kill() },
	} {
		t.Run(name, func(t *testing.T) {
			brokerName, _, _ := strings.Cut(name, " ")
			c := configOn(t, brokerName, "asynctasq", scenario(t, long))
			server := c.Broker
			var err error
			if c.Broker, err = broker.Open(t.Context(), brokerName, broker.Options{URL: server.URL()}); err != nil {
				t.Fatal(err)
			}
			defer c.Broker.Close()
			var faultAt time.Time
			c.Progress = func(p Progress) {
				if p.Stage == "paced" && faultAt.IsZero() {
					faultAt = time.Now()
					if err := strike(server); err != nil {
						t.Error(err)
					}
				}
			}
			_, err = Run(t.Context(), c)
			if took := time.Since(faultAt); faultAt.IsZero() || !errors.Is(err, ErrNotRun) || !strings.Contains(err.Error(), "the broker stopped answering") || took > time.Minute {
				t.Errorf("after %s: %v", took, err)
			}
			if p, ok := server.(broker.Pauser); ok {
				p.Resume()
			}
			clean(t)
		})
	}
}
