package mockapi

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqbench/tqbench/internal/process"
)

func TestMain(m *testing.M) {
	process.MaybeGuard()
	MaybeServe()
	os.Exit(m.Run())
}

func ask(t *testing.T, s *Server, method, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w.Code, w.Body.String()
}

func TestEndpointsAnswer(t *testing.T) {
	s := New()
	for path, want := range map[string]string{
		"GET /":                                   `"status":"ok"`,
		"GET /users/7?latency=0":                  `"id":7`,
		"GET /orders/8?latency=0":                 `"total":99.99`,
		"POST /webhooks/process?latency=0":        `"processed"`,
		"GET /heavy-computation?complexity=4":     `"result":14`,
		"GET /error-simulation?latency=0":         `"ok"`,
		"POST /charges/9?latency=0&error_rate=0":  `"charged"`,
		"GET /error-simulation?latency=0&x=error": `"ok"`,
	} {
		method, path, _ := strings.Cut(path, " ")
		if code, body := ask(t, s, method, path); code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s, want %s", path, code, body, want)
		}
	}
}

func TestBadRequestsAreRefused(t *testing.T) {
	s := New()
	for path, want := range map[string]int{
		"GET /nowhere":                            http.StatusNotFound,
		"POST /users/1":                           http.StatusMethodNotAllowed,
		"GET /users/x":                            http.StatusBadRequest,
		"GET /users/1?latency=-1":                 http.StatusBadRequest,
		"GET /users/1?latency=5001":               http.StatusBadRequest,
		"GET /error-simulation?error_rate=1.5":    http.StatusBadRequest,
		"GET /error-simulation?error_rate=NaN":    http.StatusBadRequest,
		"GET /heavy-computation?complexity=0":     http.StatusBadRequest,
		"GET /error-simulation?error_rate=1":      http.StatusInternalServerError,
		"POST /charges/1?latency=0&error_rate=1":  http.StatusPaymentRequired,
		"POST /charges/1?latency=0&error_rate=-1": http.StatusBadRequest,
	} {
		method, path, _ := strings.Cut(path, " ")
		if !strings.Contains(path, "latency=") {
			path += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "latency=0"
		}
		if code, body := ask(t, s, method, path); code != want {
			t.Errorf("%s: %d %s, want %d", path, code, body, want)
		}
	}
}

// An answer takes the requested time, and any excess is reported. In a bubble, time only moves by sleeping.
func TestLatencyIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New()
		for _, ms := range []int{0, 1, 100, 5000} {
			began := time.Now()
			ask(t, s, http.MethodGet, "/users/1?latency="+strconv.Itoa(ms))
			if got := time.Since(began); got != time.Duration(ms)*time.Millisecond {
				t.Errorf("%d ms took %s", ms, got)
			}
		}
		if st := s.Stats(); st.Requests != 4 || st.AddedP99Ms > 0.001 {
			t.Errorf("%+v", st)
		}
	})
}

// Every run declines the same orders, about as many as requested, each once, and sees double charges.
func TestChargesAreDeclinedByTheOrdersNumber(t *testing.T) {
	const orders = 4000
	declined := func(first int) map[int]bool {
		s, out := New(), map[int]bool{}
		for i := range orders {
			path := fmt.Sprintf("/charges/%d?latency=0&error_rate=0.05", first+i)
			if first > 0 {
				path += fmt.Sprintf("&draw=%d", i)
			}
			code, _ := ask(t, s, http.MethodPost, path)
			if code != http.StatusOK {
				out[i] = true
				if code, _ := ask(t, s, http.MethodPost, path); code != http.StatusOK {
					t.Errorf("order %d was declined twice", i)
				}
			}
		}
		if st := s.Stats(); st.Charged != orders || st.Twice != 0 || st.Declined != int64(len(out)) {
			t.Errorf("%+v with %d declined", st, len(out))
		}
		ask(t, s, http.MethodPost, fmt.Sprintf("/charges/%d?latency=0", first))
		if st := s.Stats(); st.Twice != 1 {
			t.Errorf("%+v: the first order was charged twice", st)
		}
		return out
	}
	a, b := declined(0), declined(700)
	// Five standard deviations of a binomial distribution.
	if sd := math.Sqrt(orders * 0.05 * 0.95); math.Abs(float64(len(a))-orders*0.05) > 5*sd {
		t.Errorf("%d of %d were declined", len(a), orders)
	}
	for i := range a {
		if !b[i] {
			t.Fatalf("order %d was declined in one run only", i)
		}
	}
	if len(a) != len(b) {
		t.Errorf("%d and %d were declined", len(a), len(b))
	}
}

func TestItRunsInASeparateProcess(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(p.URL, "http://127.0.0.1:") {
		t.Errorf("it listens on %s", p.URL)
	}
	// A client that doesn't know its path gets no answer.
	at, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/stats", "/users/3"} {
		resp, err := http.Get("http://" + at.Host + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s without the secret path: %s", path, resp.Status)
		}
	}
	resp, err := http.Get(p.URL + "/users/3?latency=1")
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	var user struct {
		ID int `json:"id"`
	}
	if err != nil || json.Unmarshal(data, &user) != nil || user.ID != 3 {
		t.Errorf("%s (%v)", data, err)
	}
	if st, err := p.Stats(t.Context()); err != nil || st.Requests != 1 || st.AddedP99Ms <= 0 {
		t.Errorf("%+v, %v", st, err)
	}
	p.Close()
	if _, err := p.Stats(t.Context()); err == nil {
		t.Error("it answers after it was closed")
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}
