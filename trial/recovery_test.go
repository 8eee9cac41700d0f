package trial

import (
	"testing"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// A worker is killed under load and started again: on RabbitMQ what it held comes back at once, so every task is done;
// wherever it is, every task is accounted for, and what was lost is the result and no reason to leave the trial out.
func TestAKilledWorkersTasksAreTheResultOfARecovery(t *testing.T) {
	for broker, framework := range map[string]string{"rabbitmq": "asynctasq", "redis": "celery/threads"} {
		t.Run(framework+" on "+broker, func(t *testing.T) {
			s := scenario(t, suite.Phase{Name: "load", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 300, Rate: 60})
			s.Measure, s.Task, s.Args, s.Service = suite.Recovery, "fetch", []any{50}, suite.MockAPI
			s.Limit = suite.Duration(8 * time.Second)
			r, err := Run(t.Context(), configOn(t, broker, framework, s))
			if err != nil {
				t.Fatal(err)
			}
			if r.Sent != 300 || r.Finished+r.Failed+r.Lost != r.Sent || !hasFlag(r, results.FlagWorkerDied) {
				t.Errorf("%+v, flags %+v", r.Counts, r.Flags)
			}
			if broker == "rabbitmq" && r.Lost != 0 {
				t.Errorf("%d tasks did not come back", r.Lost)
			}
			if r.Values[suite.ValueLost] != float64(r.Lost) || r.Values[suite.ValueTwice] != float64(r.Duplicated) {
				t.Errorf("%v for %+v", r.Values, r.Counts)
			}
			// The worker that was killed can't be back before the supervisor's second is over.
			if took, ok := r.Values[suite.ValueRecovery]; ok && took < restartAfter.Seconds() {
				t.Errorf("recovered after %v s", took)
			}
			for _, f := range r.Flags {
				if f.Code == results.FlagLost && len(f.Metrics) > 0 {
					t.Errorf("%+v", f)
				}
			}
			clean(t)
		})
	}
}
