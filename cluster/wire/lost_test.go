package wire

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// An agent that was started again is another one: what it had not shipped is gone.
func TestARestartedAgentIsALostOne(t *testing.T) {
	place := Place{"load", 0}
	var said lines
	s, l := collectAs(t, &kept{}, func(s *Server) { s.Tell = said.tell }, place)
	kill := killed(t, l, place)
	first := gather(t, s)[0]
	kill()
	start(t, newAgent(l.Addr().String(), place))
	<-first.Gone()
	if err := first.Err(); err.Error() != "was started again" {
		t.Errorf("%v", err)
	}
	if err := first.Call(t.Context(), "sum", []int{1}, nil); err == nil {
		t.Error("it answers")
	}
	if second := gather(t, s)[0]; second == first || second.Call(t.Context(), "sum", []int{1}, nil) != nil {
		t.Error("the new one doesn't answer")
	}
	if got := said.all(); !slices.Contains(got, "load 0 was started again") {
		t.Errorf("the collector says %q", got)
	}
}

// An agent that doesn't come back is lost after a while.
func TestAnAgentWithoutAConnectionIsLost(t *testing.T) {
	place := Place{"worker", 0}
	s, l := collectAs(t, &kept{}, func(s *Server) { s.Patience = 50 * time.Millisecond }, place)
	kill := killed(t, l, place)
	p := gather(t, s)[0]
	kill()
	<-p.Gone()
	if err := p.Err(); !strings.Contains(err.Error(), "was lost") {
		t.Errorf("%v", err)
	}
	if got := s.Missing(); got != "worker 0" {
		t.Errorf("missing: %q", got)
	}
}

// An agent that was given up doesn't know. When it comes back, it starts over: old answers and files are of another session.
func TestAnAgentThatWasGivenUpStartsOver(t *testing.T) {
	place := Place{"load", 0}
	s, l := collectAs(t, &kept{}, func(*Server) {}, place)
	a := newAgent(l.Addr().String(), place)
	renewed := make(chan struct{})
	a.Renew = func() { close(renewed) }
	start(t, a)
	first := gather(t, s)[0]
	if err := first.Call(t.Context(), "sum", []int{1}, nil); err != nil {
		t.Fatal(err)
	}
	first.fail(errors.New("was lost"))
	second := gather(t, s)[0]
	<-renewed
	if second == first || second.session == first.session {
		t.Error("it goes on with the session in which it was given up")
	}
	var sum int
	if err := second.Call(t.Context(), "sum", []int{1, 2}, &sum); err != nil || sum != 3 {
		t.Errorf("it answers %d (%v)", sum, err)
	}
}

// An agent that is interrupted says so: no one waits for it.
func TestAnInterruptedAgentIsLostAtOnce(t *testing.T) {
	place := Place{"worker", 0}
	var said lines
	s, l := collectAs(t, &kept{}, func(s *Server) { s.Tell = said.tell }, place) // its patience is a minute
	stop, ended := start(t, newAgent(l.Addr().String(), place))
	p := gather(t, s)[0]
	stop()
	<-p.Gone()
	if err := p.Err(); err.Error() != "was interrupted" {
		t.Errorf("%v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if got := said.all(); !slices.Equal(got, []string{"worker 0 was interrupted"}) {
		t.Errorf("the collector says %q", got)
	}
}

// Of two agents with one number, the second is refused after a while, and the first stays.
func TestASecondAgentWithANumberIsRefused(t *testing.T) {
	place := Place{"worker", 0}
	var said lines
	s, l := collectAs(t, &kept{}, func(s *Server) { s.Tell = said.tell }, place)
	start(t, newAgent(l.Addr().String(), place))
	p := gather(t, s)[0]
	second := newAgent(l.Addr().String(), place)
	second.taken = 200 * time.Millisecond
	_, ended := start(t, second)
	if err := <-ended; !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "another agent is worker 0: give each a separate number (--index)") {
		t.Errorf("%v", err)
	}
	if err := p.Call(t.Context(), "sum", []int{1}, nil); err != nil {
		t.Error(err)
	}
	if got := said.all(); !slices.Equal(got, []string{"a second agent wants to be worker 0: it has to wait"}) {
		t.Errorf("the collector says %q", got)
	}
}

// A collector that was never there is another error than one that is gone.
func TestAnAgentWithoutACollectorEnds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	a := newAgent(l.Addr().String(), Place{"worker", 0})
	a.First = time.Millisecond
	_, ended := start(t, a)
	if err := <-ended; !errors.Is(err, ErrNever) || errors.Is(err, ErrGone) || !strings.Contains(err.Error(), a.Address) {
		t.Errorf("%v", err)
	}
}
