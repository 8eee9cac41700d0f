package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
)

// codecRounds is how often to make and read a message.
const codecRounds = 300

// codecResult is what workers/python/tqbench/codec.py prints.
type codecResult struct {
	EncodeNs []float64 `json:"encode_ns"`
	DecodeNs []float64 `json:"decode_ns"`
	Bytes    int       `json:"bytes"`
	// Same is false if arguments come back changed; Refused is why the framework can't carry them at all.
	Same    bool   `json:"same"`
	Refused string `json:"refused"`
}

// readCodec reads it. It has the same number of times in both directions.
func readCodec(data []byte) (codecResult, error) {
	var c codecResult
	if err := json.Unmarshal(data, &c); err != nil {
		return c, err
	}
	if len(c.DecodeNs) != len(c.EncodeNs) || c.Bytes < 0 {
		return c, fmt.Errorf("%d and %d times, %d bytes", len(c.EncodeNs), len(c.DecodeNs), c.Bytes)
	}
	for _, ns := range slices.Concat(c.EncodeNs, c.DecodeNs) {
		if ns < 0 {
			return c, fmt.Errorf("a time of %v ns", ns)
		}
	}
	return c, nil
}

// codec times the framework's own serialisation of the scenario's task before any load.
type codec struct{ phases }

// alone times it in a separate process. If a framework can't carry the task, the trial did not run, and that is the result.
func (w *codec) alone(ctx context.Context) error {
	r := w.run
	r.rec.measured.from = r.Clock.Now()
	k := r.Scenario.Kinds()[0]
	args, err := json.Marshal(append([]any{}, k.Args...))
	if err != nil {
		return fmt.Errorf("time the serialisation: %w", err)
	}
	log := filepath.Join(r.box.folder, "codec.log")
	exit, _, err := r.box.run(ctx, process.Command{CPUs: r.WorkerCPUs, Log: log,
		Argv: []string{r.Target.Env.Python, "-m", "tqbench.codec", r.setup.App, k.Task, string(args), strconv.Itoa(codecRounds)}})
	if err != nil {
		return err
	}
	if exit.Code != 0 || exit.Signal != 0 {
		return NotRun("the serialisation could not be timed (%s): %s", exit, r.box.lastWords(log))
	}
	data, err := regular.ReadUnlinked(log, regular.Limit{Kind: "a serialisation's result", Bytes: 1 << 20})
	if err != nil {
		return fmt.Errorf("time the serialisation: %w", err)
	}
	c, err := readCodec(data)
	switch {
	case err != nil:
		return NotRun("the serialisation could not be timed: %s", r.box.lastWords(log))
	case c.Refused != "":
		return NotRun("%s can't carry it: %s", r.Contender.Framework(), c.Refused)
	case len(c.EncodeNs) == 0:
		return NotRun("the serialisation was not timed")
	}
	if !c.Same {
		r.rec.addFlag(results.FlagChanged, "", results.Fact{Check: results.CheckArguments})
	}
	slices.Sort(c.EncodeNs)
	slices.Sort(c.DecodeNs)
	r.rec.value(metric.Encode, c.EncodeNs[len(c.EncodeNs)/2]/1e3)
	r.rec.value(metric.Decode, c.DecodeNs[len(c.DecodeNs)/2]/1e3)
	r.rec.value(metric.Bytes, float64(c.Bytes))
	return nil
}
