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

// turn waits until no other request decodes an analysis, as each may take hundreds of megabytes. The request has the turn until it calls
// done, after its answer was written, as an answer takes memory, too. A request that has waited too long gets an answer that says when to
// come again; ok is false then, and when the browser has left.
func (s *Server) turn(w http.ResponseWriter, r *http.Request) (done func(), ok bool) {
	late := time.NewTimer(s.patience)
	defer late.Stop()
	select {
	case s.turns <- struct{}{}:
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(turnWrite)) // a recorder of a test has none
		return func() { <-s.turns }, true
	case <-r.Context().Done():
	case <-late.C:
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
		s.fail(w, r, http.StatusServiceUnavailable, "Too many reports and comparisons are being made at once. Try again in a few seconds.")
	}
	return nil, false
}
