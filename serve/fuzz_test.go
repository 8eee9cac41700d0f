package serve

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// No request gets anything that isn't a run's output, and each gets an answer.
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
		"/live/run", "/live/../secret.json", "/live/run/results", "/live/",
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

// A request is only answered if it names this machine, with any header.
func FuzzOnlyLoopbackIsOurs(f *testing.F) {
	for _, host := range []string{"localhost:8090", "127.0.0.1:8090", "[::1]:8090", "localhost", "[::1]", "localhost:8090.example.org", "localhost.example.org:8090",
		"[::ffff:127.0.0.1]:8090", "[fe80::1%lo]:8090", "a@localhost:8090", "", "[", ":8090", "127.0.0.1:08090"} {
		f.Add(host, "8090")
		f.Add(host, "80")
	}
	f.Fuzz(func(t *testing.T, header, port string) {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port || !ours(header, port) {
			return
		}
		u, err := url.Parse("http://" + header + "/")
		if err != nil || u.User != nil || u.Port() != port && (u.Port() != "" || port != "80") {
			t.Fatalf("%q is taken for port %s (%v)", header, port, err)
		}
		if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			t.Errorf("%q is taken", header)
		}
	})
}
