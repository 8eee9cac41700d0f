package cluster_test

import (
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// network is the collector's end of all connections, which can be cut.
type network struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func (n *network) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if err == nil {
		n.mu.Lock()
		n.conns = append(n.conns, c)
		n.mu.Unlock()
	}
	return c, err
}

// cut cuts about half of the connections. What is under way on them is lost.
func (n *network) cut(rng *rand.Rand) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns = slices.DeleteFunc(n.conns, func(c net.Conn) bool {
		if rng.IntN(2) == 0 {
			return false
		}
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
		return true
	})
}

// Twenty agents run four trials over links that are cut at random. A worker agent that is started again, a load agent that is killed and one that
// is started again spoil the trial in which that happens, which says so, and no other. No task is lost: those whose records may be gone are unknown.
func TestAgentsThatAreLostSpoilOneTrial(t *testing.T) {
	testneeds.Real(t, "Redis and workers")
	out := t.TempDir()
	plan := planned(t, out, 4, suite.Hosts{Workers: 2, Load: 18})
	const (
		worker1, load0, load1 = 1, 2, 3 // among the agents
		cutEvery              = 250 * time.Millisecond
	)
	rng := rand.New(rand.NewPCG(5, 0))
	struck := map[int]bool{}
	var cut time.Time
	runOver(t, out, plan, func(p runner.Progress, agents []*agent) {
		if time.Since(cut) > cutEvery {
			agents[0].network.cut(rng)
			cut = time.Now()
		}
		kill := func(i int) { _ = agents[i].cmd.Process.Kill() }
		victims := map[int]int{1: worker1, 2: load1, 3: load0}
		victim, strikes := victims[p.Index]
		switch {
		case !strikes:
		case p.Stage == "paced" && !struck[p.Index]:
			struck[p.Index] = true
			kill(victim)
			if victim != load1 {
				agents[victim] = agents[victim].again()
			}
		case p.Result != nil && victim == load1: // it was missed long enough
			agents[victim] = agents[victim].again()
		}
	})
	trials, err := results.ReadTrials(out)
	if err != nil || len(trials) != 4 {
		t.Fatalf("%d trials (%v)", len(trials), err)
	}
	cuts := int64(0)
	// An agent that takes long to start again is lost before.
	for i, want := range []string{"worker 1 was ", "load 1 was lost: ", "load 0 was ", ""} {
		x := trials[i]
		for _, h := range x.Hosts {
			cuts += h.Reconnections
		}
		said, invalid := "", false
		for _, f := range x.Flags {
			if f.Code == results.FlagHost {
				said, invalid = f.Detail, f.Invalidates("throughput") && f.Invalidates("latency_p50")
			}
		}
		switch {
		case !x.Done() || x.Lost != 0 || x.Duplicated != 0 || x.Unexpected != 0 || x.Rejected != 0 || x.Sent != x.Finished+x.Failed+x.Unknown || len(x.Hosts) != 20:
			t.Errorf("trial %d: %s: %+v, %d hosts", x.ID, x.Reason, x.Counts, len(x.Hosts))
		case want == "" && (said != "" || x.Finished != 1150):
			t.Errorf("trial %d: %+v, %q", x.ID, x.Counts, said)
		case want != "" && (!strings.HasPrefix(said, want) || !invalid):
			t.Errorf("trial %d says %q, want %q", x.ID, said, want)
		case strings.HasPrefix(want, "load") && x.Unknown == 0:
			t.Errorf("trial %d: %+v: the tasks of a killed sender are known", x.ID, x.Counts)
		}
	}
	if cuts < 20 {
		t.Errorf("links were cut %d times", cuts)
	}
}
