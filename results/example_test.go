package results_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/tqbench/tqbench/results"
)

// A trial of three tasks is written to an output folder and read again.
func Example() {
	if err := writeAndRead(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// trial 1 of celery/prefork: 3 sent, 3 finished
	// task 0 waited 3 ms and ran for 2 ms
	// task 1 waited 4 ms and ran for 2 ms
	// task 2 waited 5 ms and ran for 2 ms
	// the longest wait of half of them is 4 ms
}

func writeAndRead() error {
	out, err := os.MkdirTemp("", "tqbench-example-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(out)
	const ms = 1_000_000 // times are nanoseconds
	dir := results.TrialDir(out, 1)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var tasks []results.Task
	for i := range int64(3) {
		tasks = append(tasks, results.Task{
			Seq: i, Phase: "drain", Kind: "noop", Attempts: 1, Outcome: results.OutcomeFinished,
			Intended: i * ms, Sent: i * ms, Acked: i*ms + 1, Started: (3 + 2*i) * ms, Finished: (5 + 2*i) * ms,
		})
	}
	// trial.json goes last: it has the checksums of the others.
	trial := results.Trial{
		ID: 1, Block: 1, Scenario: "throughput", Broker: "redis", Contender: "celery/prefork", Arm: "celery/prefork",
		Counts: results.Counts{Sent: 3, Finished: 3},
	}
	if err := errors.Join(results.WriteTasks(dir, tasks), results.WriteTrial(dir, trial)); err != nil {
		return err
	}

	read, err := results.ReadTrials(out)
	if err != nil {
		return err
	}
	for _, t := range read {
		fmt.Printf("trial %d of %s: %d sent, %d finished\n", t.ID, t.Contender, t.Sent, t.Finished)
		rows, err := results.ReadTasks(results.TrialDir(out, t.ID))
		if err != nil {
			return err
		}
		var waits []int64
		for _, r := range rows {
			waits = append(waits, r.Started-r.Intended)
			fmt.Printf("task %d waited %d ms and ran for %d ms\n", r.Seq, (r.Started-r.Intended)/ms, (r.Finished-r.Started)/ms)
		}
		fmt.Printf("the longest wait of half of them is %d ms\n", results.NearestRank(waits, 0.5)/ms)
	}
	return nil
}

// A probe record that a worker cut short is no record.
func ExampleDecodeProbe() {
	_, err := results.DecodeProbe(make([]byte, 20))
	fmt.Println(errors.Is(err, results.ErrFormat), err)
	// Output: true probe record: not a usable file: 20 bytes of 32
}
