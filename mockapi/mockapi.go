// Package mockapi is the web service for I/O tasks: it answers after a stated latency, fails at a stated rate, and reports how much latency
// it added.
//
// Its endpoints, latencies and error rates are those of the mock API of adamrefaey/asynctasq-benchmark-celery (infrastructure/mock_api.py),
// but a request's id decides instead of chance, so that a run can be repeated.
package mockapi

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Stats is the service's report on itself.
type Stats struct {
	Requests int64 `json:"requests"`
	// AddedP50Ms and AddedP99Ms are how much longer than requested an answer took within the service, in ms.
	AddedP50Ms float64 `json:"added_p50_ms"`
	AddedP99Ms float64 `json:"added_p99_ms"`
	// Charged counts charged orders, Twice those that were charged more than once, Declined the failed charges.
	Charged  int64 `json:"charged"`
	Twice    int64 `json:"twice"`
	Declined int64 `json:"declined"`
}

// Server is the service. Its zero value is not ready: see New.
type Server struct {
	mux *http.ServeMux

	mu       sync.Mutex
	requests int64
	added    *hdrhistogram.Histogram // microseconds
	attempts map[string]int
	charged  map[string]int
	declined int64
}

// The bounds of requests.
const (
	maxLatency    = 5000 // ms
	maxComplexity = 100_000
)

// New makes a service.
func New() *Server {
	s := &Server{mux: http.NewServeMux(), added: hdrhistogram.New(1, 60_000_000, 3), attempts: map[string]int{}, charged: map[string]int{}}
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { answer(w, map[string]any{"status": "ok"}) })
	s.mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.Stats()) })
	s.handle("GET /users/{id}", 100, func(w http.ResponseWriter, r *http.Request) error {
		id, err := number(r.PathValue("id"), "id", 0, math.MaxInt32)
		if err != nil {
			return err
		}
		answer(w, map[string]any{"id": id, "name": fmt.Sprintf("User %d", id), "email": fmt.Sprintf("user%d@example.com", id)})
		return nil
	})
	s.handle("GET /orders/{id}", 150, func(w http.ResponseWriter, r *http.Request) error {
		id, err := number(r.PathValue("id"), "id", 0, math.MaxInt64)
		if err != nil {
			return err
		}
		answer(w, map[string]any{"id": id, "total": 99.99, "items": []map[string]any{{"sku": "A", "n": 1}, {"sku": "B", "n": 2}}})
		return nil
	})
	s.handle("POST /webhooks/process", 200, func(w http.ResponseWriter, _ *http.Request) error {
		answer(w, map[string]any{"status": "processed"})
		return nil
	})
	s.handle("GET /heavy-computation", 0, func(w http.ResponseWriter, r *http.Request) error {
		n, err := query(r, "complexity", 1000, 1, maxComplexity)
		if err != nil {
			return err
		}
		sum := int64(0)
		for i := range int64(n) {
			sum += i * i
		}
		answer(w, map[string]any{"result": sum})
		return nil
	})
	s.handle("GET /error-simulation", 100, func(w http.ResponseWriter, r *http.Request) error {
		rate, err := rateOf(r)
		if err != nil {
			return err
		}
		s.mu.Lock()
		n := s.requests
		s.mu.Unlock()
		if unlucky(strconv.FormatInt(n, 10), rate) {
			http.Error(w, "Simulated server error", http.StatusInternalServerError)
			return nil
		}
		answer(w, map[string]any{"status": "ok"})
		return nil
	})
	s.handle("POST /charges/{order}", 200, s.charge)
	return s
}

// charge charges an order. An unlucky order's first charge fails and its next succeeds, to test retries. Orders with the same draw share
// their luck; without one, the order's own name decides.
func (s *Server) charge(w http.ResponseWriter, r *http.Request) error {
	rate, err := rateOf(r)
	if err != nil {
		return err
	}
	order := r.PathValue("order")
	draw := r.URL.Query().Get("draw")
	if draw == "" {
		draw = order
	}
	s.mu.Lock()
	s.attempts[order]++
	declined := s.attempts[order] == 1 && unlucky(draw, rate)
	if declined {
		s.declined++
	} else {
		s.charged[order]++
	}
	s.mu.Unlock()
	if declined {
		http.Error(w, "payment declined", http.StatusPaymentRequired)
		return nil
	}
	answer(w, map[string]any{"order": order, "status": "charged"})
	return nil
}

// handle adds an endpoint that answers after the requested latency, in ms.
func (s *Server) handle(pattern string, latency int, f func(http.ResponseWriter, *http.Request) error) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ms, err := query(r, "latency", latency, 0, maxLatency)
		if err == nil {
			wait := time.Duration(ms) * time.Millisecond
			timer := time.NewTimer(wait)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
				return
			}
			s.mu.Lock()
			s.requests++
			s.mu.Unlock()
			defer func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				_ = s.added.RecordValue(max(1, int64((time.Since(began)-wait)/time.Microsecond))) // the bound is a minute
			}()
			err = f(w, r)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Stats is what the service has done so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{Requests: s.requests, Charged: int64(len(s.charged)), Declined: s.declined,
		AddedP50Ms: float64(s.added.ValueAtQuantile(50)) / 1000, AddedP99Ms: float64(s.added.ValueAtQuantile(99)) / 1000}
	for _, n := range s.charged {
		if n > 1 {
			st.Twice++
		}
	}
	return st
}

// unlucky picks a share of the names, the same ones each time.
func unlucky(name string, rate float64) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	// FNV's upper bits are weak for short names: mixed as in MurmurHash3's finaliser.
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return float64((x^x>>33)>>11)/(1<<53) < rate
}

func rateOf(r *http.Request) (float64, error) {
	text := r.URL.Query().Get("error_rate")
	if text == "" {
		return 0, nil
	}
	rate, err := strconv.ParseFloat(text, 64)
	if err != nil || !(rate >= 0 && rate <= 1) {
		return 0, fmt.Errorf("error_rate %q: must be from 0 to 1", text)
	}
	return rate, nil
}

func query(r *http.Request, name string, otherwise, low, high int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := number(text, name, int64(low), int64(high))
	return int(n), err
}

func number(text, name string, low, high int64) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s %q: must be a whole number from %d to %d", name, text, low, high)
	}
	return n, nil
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a client that is gone gets nothing
}
