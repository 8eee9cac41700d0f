package mockapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The service answers any request with JSON or with a reason, and its counts stay counts.
func FuzzRequest(f *testing.F) {
	for _, r := range [][3]string{
		{"GET", "/users/7", ""}, {"GET", "/orders/99999999999999999999", "latency=1"}, {"POST", "/webhooks/process", "latency=-1"},
		{"GET", "/heavy-computation", "complexity=100001"}, {"GET", "/heavy-computation", "complexity=10&complexity=x"},
		{"GET", "/error-simulation", "error_rate=NaN"}, {"GET", "/error-simulation", "error_rate=1"}, {"POST", "/charges/a%2f..", "error_rate=0.5&draw=\x00"},
		{"POST", "/charges/", "latency=5001"}, {"GET", "/stats", "%zz;"}, {"PUT", "//users/../stats", ""}, {"HEAD", "/users/-1", "latency=0x1"},
	} {
		f.Add(r[0], r[1], r[2])
	}
	f.Fuzz(func(t *testing.T, method, path, query string) {
		// A request is refused, or answered at once.
		q, _ := url.ParseQuery(query) // what can't be read is left out, as the service does
		if ms, err := strconv.Atoi(q.Get("latency")); err == nil && ms >= 0 && ms <= maxLatency || q.Get("latency") == "" {
			q.Set("latency", "0")
		}
		s := New()
		for range 2 { // a failed charge is retried
			w := httptest.NewRecorder()
			s.ServeHTTP(w, &http.Request{Method: method, URL: &url.URL{Path: path, RawQuery: q.Encode()}, Header: http.Header{}, Body: http.NoBody})
			kind := w.Header().Get("Content-Type")
			switch {
			case w.Code == http.StatusOK && kind == "application/json":
				if !json.Valid(w.Body.Bytes()) {
					t.Errorf("%q %q?%q: %s", method, path, query, w.Body)
				}
			case slices.Contains([]int{http.StatusMovedPermanently, http.StatusTemporaryRedirect}, w.Code): // to a clean path
			case slices.Contains([]int{http.StatusBadRequest, http.StatusPaymentRequired, http.StatusNotFound, http.StatusMethodNotAllowed,
				http.StatusInternalServerError}, w.Code) && strings.HasPrefix(kind, "text/plain"):
			default:
				t.Errorf("%q %q?%q: %d, %s: %s", method, path, query, w.Code, kind, w.Body)
			}
		}
		if st := s.Stats(); st.Requests < 0 || st.Requests > 2 || st.Charged > 1 || st.Twice > st.Charged || st.Declined > 1 || st.AddedP99Ms < st.AddedP50Ms {
			t.Errorf("%q %q?%q: %+v", method, path, query, st)
		}
	})
}
