package serve

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever is asked, nothing comes that isn't an output of a run, and no request ends otherwise than with an answer.
func FuzzNoAddressLeadsOut(f *testing.F) {
	const secret = "SECRET"
	dir := f.TempDir()
	for name, content := range map[string]string{
		"in/run/plan.json": "{}", "in/run/results/run.json": "{}", "in/run/secret.json": secret, "in/run/results/.secret": secret,
		"in/secret.json": secret, "plan.json": secret, "secret.json": secret, "in/.hidden/plan.json": secret,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	if err := os.Symlink("../../../secret.json", filepath.Join(dir, "in/run/results/link.json")); err != nil {
		f.Fatal(err)
	}
	s, err := New(filepath.Join(dir, "in"))
	if err != nil {
		f.Fatal(err)
	}
	defer s.Close()
	h := s.Handler(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8090})
	for _, path := range []string{
		"/files/run/results/link.json", "/files/../plan.json", "/files/run/../../secret.json", "/files/run/results/.secret", "/files/.hidden/plan.json",
		"/files/run//secret.json", "/files/./run/secret.json", "/files/run/report/../secret.json", "/compare?old=..&new=run", "/files/run\x00/plan.json",
	} {
		f.Add(path, "old=run&new=..%2f")
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		r := &http.Request{Method: http.MethodGet, Host: "localhost:8090", Header: http.Header{}, URL: &url.URL{Path: path, RawQuery: query}, Body: http.NoBody}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if strings.Contains(w.Body.String(), secret) {
			t.Fatalf("%q?%q: %d: %s", path, query, w.Code, w.Body)
		}
		if w.Code >= 500 {
			t.Fatalf("%q?%q: %d: %s", path, query, w.Code, w.Body)
		}
	})
}
