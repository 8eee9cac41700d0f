package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tqbench/tqbench/internal/netdelay"
)

// shipper is an agent that ships one file of records, through a link that can be cut.
type shipper struct {
	place Place
	agent *Agent
	link  *netdelay.Proxy
	// want is what its file gets.
	want []byte
}

const (
	shippedFile = "trial-1/1.probe"
	recordSize  = 32
)

func newShipper(t *testing.T, collector string, p Place, number, records int) *shipper {
	t.Helper()
	s := &shipper{place: p}
	for i := range records {
		var r [recordSize]byte
		binary.BigEndian.PutUint64(r[:], uint64(number))
		binary.BigEndian.PutUint64(r[8:], uint64(i))
		s.want = append(s.want, r[:]...)
	}
	var err error
	if s.link, err = netdelay.Listen(collector, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.link.Close)
	s.agent = newAgent(s.link.Addr(), p)
	return s
}

// cut cuts the link until the agent has connected again.
func (s *shipper) cut(t *testing.T, p *Peer) {
	before := p.Reconnections()
	for p.Reconnections() == before && t.Context().Err() == nil {
		s.link.Cut()
		for wait := 0; wait < 200 && p.Reconnections() == before; wait++ {
			time.Sleep(time.Millisecond)
		}
	}
}

// write writes the file up to a size, a record at a time, as a worker does.
func (s *shipper) write(t *testing.T, path string, upTo int) {
	w, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Error(err)
		return
	}
	info, err := w.Stat()
	if err != nil {
		t.Error(err)
	}
	for at := int(info.Size()); at < upTo; at += recordSize {
		if _, err := w.Write(s.want[at : at+recordSize]); err != nil {
			t.Error(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// Twenty agents ship while each link is cut three times, and five are killed half-way. Each record of the others arrives once, in order;
// of the killed ones, those arrive that were shipped, also once, and the collector knows that the rest is missing.
func TestTwentyAgentsShipEachRecordOnce(t *testing.T) {
	const (
		agents, killedOnes = 20, 5
		records            = 3000
		size               = records * recordSize
		cuts               = 3
	)
	var places []Place
	for i := range agents {
		places = append(places, []Place{{"worker", i}, {"load", i}}[i%2])
	}
	var k kept
	var said lines
	s, l := collectAs(t, &k, func(s *Server) { s.Tell = said.tell }, places...)
	dir := t.TempDir()
	var all []*shipper
	var stops []func()
	for i, p := range places {
		x := newShipper(t, l.Addr().String(), p, i, records)
		path := filepath.Join(dir, fmt.Sprint(i))
		x.write(t, path, recordSize)
		f, err := os.Open(path)
		if err == nil {
			err = x.agent.Outbox.Add(shippedFile, f)
		}
		if err != nil {
			t.Fatal(err)
		}
		stop, _ := start(t, x.agent)
		all, stops = append(all, x), append(stops, stop)
	}
	peers := gather(t, s)
	var writing sync.WaitGroup
	for i, x := range all {
		writing.Go(func() {
			path, p := filepath.Join(dir, fmt.Sprint(i)), peers[i]
			rng := rand.New(rand.NewPCG(7, uint64(i)))
			for range cuts {
				x.write(t, path, rng.IntN(size/2))
				x.cut(t, p)
			}
			x.write(t, path, size/2)
			if i < killedOnes {
				if err := p.Arrive(t.Context(), map[string]int64{shippedFile: recordSize}); err != nil {
					t.Error(err)
				}
				x.link.Close()
				stops[i]()
			}
			x.write(t, path, size) // of a killed one, this is lost
		})
	}
	writing.Wait()
	for i, p := range peers[killedOnes:] {
		if err := p.Arrive(t.Context(), map[string]int64{shippedFile: size}); err != nil {
			t.Errorf("%s: %v", all[killedOnes+i].place, err)
		}
	}
	for i, x := range all {
		got := k.content(x.place.String() + " " + shippedFile)
		switch {
		case i >= killedOnes && !bytes.Equal(got, x.want):
			t.Errorf("%s: %d bytes arrived of %d, or others", x.place, len(got), size)
		case i < killedOnes && (len(got) == 0 || len(got) > size/2 || !bytes.HasPrefix(x.want, got)):
			t.Errorf("%s was killed: %d bytes arrived of the %d that it had, or others", x.place, len(got), size/2)
		}
	}
	// Those that take the places of the killed ones are other agents.
	for i := range killedOnes {
		start(t, newAgent(l.Addr().String(), places[i]))
		<-peers[i].Gone()
		if err := peers[i].Err(); err == nil || err.Error() != "was started again" {
			t.Errorf("%s: %v", places[i], err)
		}
		if err := peers[i].Arrive(t.Context(), map[string]int64{shippedFile: size}); err == nil || errors.Is(err, t.Context().Err()) {
			t.Errorf("%s: all has arrived (%v)", places[i], err)
		}
	}
	again := slices.DeleteFunc(said.all(), func(line string) bool { return !strings.HasSuffix(line, " was started again") })
	if len(again) != killedOnes {
		t.Errorf("the collector says %q", said.all())
	}
}
