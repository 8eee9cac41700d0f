package selfcheck

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/process"
)

// Codec is the cost of making a message, without sending it.
type Codec struct {
	// WireNs is the wire producer's time for one, in ns, Allocations its number of memory allocations in steady state.
	WireNs      Figure `json:"wire_ns"`
	Allocations Figure `json:"allocations"`
	// ClientNs is that of the framework's own serialisation in Python, in ns.
	ClientNs Figure `json:"client_ns"`
	// ToWire is the framework's time over the wire producer's.
	ToWire Figure `json:"to_wire"`
}

const (
	// allocationsGoal is the most that a message may ask for memory.
	allocationsGoal = 0
	// encoded and clientEncoded are how many messages each makes in a round.
	encoded       = 100_000
	clientEncoded = 300
)

// codec times both ways of making a message.
func (p *pair) codec(ctx context.Context, o Options) (Codec, error) {
	enc, err := p.contender.Encoder(p.target)
	if err != nil {
		return Codec{}, err
	}
	wire, allocations, err := timeEncoder(p.clock.Now, enc, o.Rounds, max(int(encoded*o.Scale), 100))
	if err != nil {
		return Codec{}, fmt.Errorf("time the encoder: %w", err)
	}
	client, err := p.clientCodec(ctx, o.Rounds)
	if err != nil {
		return Codec{}, fmt.Errorf("time the framework's serialisation: %w", err)
	}
	c := Codec{WireNs: medianOf(wire), Allocations: medianOf(allocations).atMost(allocationsGoal), ClientNs: medianOf(client)}
	if c.ToWire, err = over(client, wire); err != nil {
		return Codec{}, fmt.Errorf("compare the serialisations: %w", err)
	}
	return c, nil
}

// timeEncoder makes n messages in each round. Allocations are whole, as those of testing.AllocsPerRun are: what the runtime
// asks for on its own comes to less than one a message.
func timeEncoder(now func() int64, enc contender.Encoder, rounds, n int) (ns, allocations []float64, err error) {
	var p broker.Properties
	buf := make([]byte, 0, 4096)
	task := contender.Task{Name: "noop", At: time.Now()}
	var before, after runtime.MemStats
	for round := range rounds + 1 {
		runtime.ReadMemStats(&before)
		began := now()
		for range n {
			task.Seq++
			if buf, err = enc.Append(buf[:0], &p, task); err != nil {
				return nil, nil, err
			}
		}
		took := now() - began
		runtime.ReadMemStats(&after)
		if round > 0 { // the first one grew the buffers
			ns = append(ns, float64(took)/float64(n))
			allocations = append(allocations, math.Floor(float64(after.Mallocs-before.Mallocs)/float64(n)))
		}
	}
	return ns, allocations, nil
}

// clientCodec is the framework's own time for a message in ns, the median of each round. Its form is that of a Redis list on
// every broker.
func (p *pair) clientCodec(ctx context.Context, rounds int) ([]float64, error) {
	out, err := (command{environ: p.environ(), argv: []string{p.target.Env.Python, "-m", "tqbench.codec", p.setup.App, "noop", "[]",
		strconv.Itoa(rounds * clientEncoded)}}).output(ctx)
	if err != nil {
		return nil, err
	}
	return readClientCodec([]byte(out), rounds)
}

// readClientCodec parts what the framework's side printed into rounds.
func readClientCodec(out []byte, rounds int) ([]float64, error) {
	var r struct {
		EncodeNs []float64 `json:"encode_ns"`
		Refused  string    `json:"refused"`
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return nil, fmt.Errorf("read its times: %w: %s", err, process.LastLine(out))
	}
	if r.Refused != "" {
		return nil, fmt.Errorf("it refused the task: %s", r.Refused)
	}
	if len(r.EncodeNs) < rounds {
		return nil, fmt.Errorf("%d messages were timed for %d rounds", len(r.EncodeNs), rounds)
	}
	var ns []float64
	for round := range slices.Chunk(r.EncodeNs, len(r.EncodeNs)/rounds) {
		if len(ns) < rounds {
			ns = append(ns, medianOf(round).Value)
		}
	}
	return ns, nil
}
