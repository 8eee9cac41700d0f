package monitor

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
)

// A request is only answered if it names this machine.
func FuzzOnlyLoopbackIsServed(f *testing.F) {
	for _, host := range []string{"localhost", "localhost:9464", "127.0.0.1:1", "[::1]:9464", "127.1", "localhost.example.org", "localhost@example.org", "[::ffff:127.0.0.1]",
		"[fe80::1%lo]", "0.0.0.0", "", "[", "[::1", ":80", "127.0.0.1:x"} {
		f.Add(host)
	}
	h := onlyLocal(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	f.Fuzz(func(t *testing.T, host string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, &http.Request{Method: http.MethodGet, Host: host, URL: &url.URL{Path: "/metrics"}, Header: http.Header{}, Body: http.NoBody})
		if w.Code != http.StatusOK {
			return
		}
		// An independent reading.
		name, _, err := net.SplitHostPort(host)
		if err != nil {
			name = host
			if n := len(host); n > 1 && host[0] == '[' && host[n-1] == ']' {
				name = host[1 : n-1]
			}
		}
		if ip, err := netip.ParseAddr(name); name != "localhost" && (err != nil || !ip.Unmap().WithZone("").IsLoopback()) {
			t.Errorf("%q is served", host)
		}
	})
}
