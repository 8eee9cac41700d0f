package serve

import (
	"net/http"
	"strconv"
	"time"
)

const (
	// turnWait is how long a request waits for its turn, turnWrite how long its answer may take to be read.
	turnWait  = 30 * time.Second
	turnWrite = 30 * time.Second
	// retryAfter is after how many seconds a request without a turn may come again.
	retryAfter = 10
)

// readBy sets until when a response must be read; zero is without a limit. A recorder of a test has none.
func readBy(w http.ResponseWriter, at time.Time) {
	_ = http.NewResponseController(w).SetWriteDeadline(at)
}

// answer is a response that has to be read within a time. It counts from the first byte on: making an answer may take longer.
type answer struct {
	http.ResponseWriter
	within time.Duration
	begun  bool
}

func (a *answer) begin() {
	if !a.begun {
		a.begun = true
		readBy(a.ResponseWriter, time.Now().Add(a.within))
	}
}

// WriteHeader begins the answer.
func (a *answer) WriteHeader(status int) {
	a.begin()
	a.ResponseWriter.WriteHeader(status)
}

// Write begins the answer, or goes on with it.
func (a *answer) Write(data []byte) (int, error) {
	a.begin()
	return a.ResponseWriter.Write(data)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// turn waits until no other request decodes an analysis, as each may take hundreds of megabytes. The request has the turn until it calls
// done, after its answer was written, as an answer takes memory, too. A request that has waited too long gets an answer that says when to
// come again; ok is false then, and when the browser has left.
func (s *Server) turn(w http.ResponseWriter, r *http.Request) (to http.ResponseWriter, done func(), ok bool) {
	late := time.NewTimer(s.patience)
	defer late.Stop()
	select {
	case s.turns <- struct{}{}:
		readBy(w, time.Time{})
		return &answer{ResponseWriter: w, within: s.reading}, func() { <-s.turns }, true
	case <-r.Context().Done():
	case <-late.C:
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
		s.fail(w, r, http.StatusServiceUnavailable, "Too many reports and comparisons are being made at once. Try again in a few seconds.")
	}
	return w, nil, false
}
