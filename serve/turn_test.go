package serve

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/testneeds"
)

// expensive are the addresses whose answers are made from analyses.
func expensive() []string {
	return []string{"/compare?old=old&new=new", "/compare.json?old=old&new=new", "/files/old/report/index.html", "/files/old/report/charts/none.png", "/history"}
}

// Requests that take much memory run one at a time: one waits for its turn as long as its client waits, but not forever.
func TestExpensiveRequestsWaitForTheirTurn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "old"), 0)
	analysed(t, filepath.Join(dir, "new"), 1)
	s := served(t, dir)
	for _, at := range expensive() {
		want := s.get(t, at).Code
		if want == http.StatusServiceUnavailable {
			t.Fatalf("%s: the turn was not taken", at)
		}
		s.turns <- struct{}{} // another has it
		s.patience = time.Millisecond
		w := s.get(t, at)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "10" || !strings.Contains(w.Body.String(), "Try again") {
			t.Errorf("%s: %d %v", at, w.Code, w.Header())
		}
		s.patience = time.Hour
		ctx, leave := context.WithCancel(t.Context())
		leave()
		if w := s.ask(t, func(r *http.Request) { *r = *r.WithContext(ctx) }, at); w.Body.Len() > 0 {
			t.Errorf("%s: somebody who has left is answered: %s", at, w.Body)
		}
		// Other requests are answered meanwhile.
		for _, at := range []string{"/", "/runs.json", "/files/old", "/files/old/analysis.json"} {
			if w := s.get(t, at); w.Code != http.StatusOK {
				t.Errorf("%s: %d", at, w.Code)
			}
		}
		answered := make(chan *httptest.ResponseRecorder)
		go func() { answered <- s.get(t, at) }()
		select {
		case <-answered:
			t.Errorf("%s: it did not wait", at)
		case <-time.After(20 * time.Millisecond):
			<-s.turns
			if w := <-answered; w.Code != want {
				t.Errorf("%s: %d, want %d", at, w.Code, want)
			}
		}
		if len(s.turns) != 0 {
			t.Fatalf("%s: it keeps the turn", at)
		}
	}
}

// The time for reading an answer begins with the answer: making it may take longer.
func TestMakingAnAnswerTakesNoTimeFromReadingIt(t *testing.T) {
	t.Parallel()
	s := served(t, t.TempDir())
	s.reading = time.Second
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w, done, ok := s.turn(w, r)
		if !ok {
			return
		}
		defer done()
		time.Sleep(s.reading + 200*time.Millisecond) // what is made takes that long
		_, _ = w.Write([]byte("made"))
	}))
	defer site.Close()
	got, err := site.Client().Get(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if body, err := io.ReadAll(got.Body); err != nil || string(body) != "made" {
		t.Errorf("%q, %v", body, err)
	}
}

// Many concurrent comparisons take no more memory than consecutive ones. Memory is that of the whole process: the test runs alone.
func TestManyComparisonsTakeTheMemoryOfOne(t *testing.T) {
	testneeds.Real(t, "more than a few seconds")
	dir := t.TempDir()
	a := real(t)
	a.Run.Command = slices.Repeat([]string{"a word"}, 300_000)
	for i, name := range []string{"old", "new"} {
		analysed(t, filepath.Join(dir, name), i)
		a.Run.ID, a.Run.Began = name, a.Run.Began.AddDate(0, 0, i)
		if err := analysis.Write(filepath.Join(dir, name), a); err != nil {
			t.Fatal(err)
		}
	}
	s := served(t, dir)
	s.patience = time.Hour
	s.listed(t)
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	one := uint64(0) // a short one's peak may be between two readings
	for range 5 {
		one = max(one, peak(t, s, 1))
	}
	if many := peak(t, s, 24); many > 3*one {
		t.Errorf("24 comparisons take %d MiB, and one takes %d", many>>20, one>>20)
	}
}

// peak is how much additional memory n concurrent comparisons take.
func peak(t *testing.T, s *Server, n int) uint64 {
	t.Helper()
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before, most := heap(), uint64(0)
	var over atomic.Bool
	var watching, asking sync.WaitGroup
	watching.Go(func() {
		for !over.Load() {
			most = max(most, heap())
			time.Sleep(time.Millisecond)
		}
	})
	for range n {
		asking.Go(func() {
			if w := s.get(t, "/compare.json?old=old&new=new"); w.Code != http.StatusOK {
				t.Errorf("%d: %s", w.Code, w.Body)
			}
		})
	}
	asking.Wait()
	over.Store(true)
	watching.Wait()
	return most - min(before, most)
}

// The cache of a run is bounded, for any content of its files.
func TestWhatIsKeptOfARunIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := strings.Repeat("x", 1<<20)
	a := real(t)
	a.Run.ID, a.Run.Tqbench.Version, a.Run.Machine.CPU = long, long, long
	for i := range 1000 {
		name := fmt.Sprint(i, long[:1000])
		a.Scenarios = append(a.Scenarios, analysis.Scenario{Name: name})
		a.Cells = append(a.Cells, analysis.Cell{Broker: name, Arm: name})
		a.Comparisons = append(a.Comparisons, analysis.Comparison{Deciding: true, Candidate: analysis.Estimate{Arm: name}, Baseline: analysis.Estimate{Arm: long[:2000]}})
	}
	analysed(t, filepath.Join(dir, "a"), 0)
	if err := analysis.Write(filepath.Join(dir, "a"), a); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "b/plan.json"), `{"version": 1, "`+long+`": 1}`)
	s := served(t, dir)
	l := s.listed(t)
	if len(l.Runs) != 2 {
		t.Fatalf("%d runs", len(l.Runs))
	}
	r := l.Runs[0]
	if r.Path != "a" {
		r = l.Runs[1]
	}
	if len(r.Scenarios) != mostNames || len(r.Brokers) != mostNames || len(r.Arms) != mostNames || len(r.Verdicts) != mostPairs {
		t.Errorf("%d scenarios, %d brokers, %d arms, %d pairs", len(r.Scenarios), len(r.Brokers), len(r.Arms), len(r.Verdicts))
	}
	for name, c := range s.cached {
		if n := len(fmt.Sprint(c.run, c.err)); n > 200_000 {
			t.Errorf("of %s, %d bytes are kept", name, n)
		}
	}
}
