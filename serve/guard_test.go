package serve

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// Another site's page gets nothing from here, with any request; a link on it opens when followed.
func TestOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "old"), 0)
	analysed(t, filepath.Join(dir, "new"), 1)
	s := served(t, dir)
	const us, here = "http://localhost:8090", "localhost:8090"
	for _, tt := range []struct {
		how    string
		header map[string]string
		want   int
	}{
		{"a program", nil, 200},
		{"typed", map[string]string{"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 200},
		{"a page of ours", map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, 200},
		{"a page of ours, with its origin", map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": us}, 200},
		{"a link that is followed", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1"}, 200},
		{"a link on another page of this machine", map[string]string{"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 200},
		{"a picture", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, 403},
		{"a script", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}, 403},
		{"a request of a script", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Origin": "https://evil.example"}, 403},
		{"another page of this machine", map[string]string{"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Origin": "http://localhost:3000"}, 403},
		{"a frame", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, 403},
		{"an object", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "object"}, 403},
		{"something new", map[string]string{"Sec-Fetch-Site": "interplanetary", "Sec-Fetch-Mode": "no-cors"}, 403},
		{"an old browser", map[string]string{"Origin": "https://evil.example"}, 403},
		{"a page without an origin", map[string]string{"Origin": "null"}, 403},
		{"our name at another port", map[string]string{"Origin": "http://localhost:8091"}, 403},
		{"our name by TLS", map[string]string{"Origin": "https://" + here}, 403},
		{"a name that begins as ours", map[string]string{"Origin": us + ".evil.example"}, 403},
		{"another name of ours", map[string]string{"Origin": "http://127.0.0.1:8090"}, 403},
	} {
		for _, at := range append(expensive(), "/", "/runs.json", "/style.css", "/files/old", "/files/old/analysis.json") {
			if at == "/files/old/report/charts/none.png" {
				continue // it is answered with 404 in any case
			}
			w := s.ask(t, func(r *http.Request) {
				for k, v := range tt.header {
					r.Header.Set(k, v)
				}
			}, at)
			if w.Code != tt.want {
				t.Errorf("%s, %s: %d, want %d", tt.how, at, w.Code, tt.want)
			}
			if h := w.Header(); h.Get("Cross-Origin-Resource-Policy") != "same-origin" || h.Get("X-Content-Type-Options") != "nosniff" ||
				h.Get("Access-Control-Allow-Origin") != "" || w.Code == http.StatusForbidden && h.Get("Content-Security-Policy") != policyPage {
				t.Errorf("%s, %s: %v", tt.how, at, h)
			}
		}
	}
	// One of several origins is enough.
	w := s.ask(t, func(r *http.Request) { r.Header["Origin"] = []string{us, "https://evil.example"} }, "/")
	if w.Code != http.StatusForbidden {
		t.Errorf("two origins: %d", w.Code)
	}
	// A link gives a site no further rights.
	w = s.ask(t, func(r *http.Request) {
		r.Method = http.MethodPost
		for k, v := range map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"} {
			r.Header.Set(k, v)
		}
	}, "/")
	if w.Code != http.StatusForbidden {
		t.Errorf("a form: %d", w.Code)
	}
	for _, p := range []string{policyPage, policyReport, policyFile} {
		if !strings.Contains(p, "frame-ancestors 'none'") || !strings.Contains(p, "base-uri 'none'") {
			t.Errorf("policy %s", p)
		}
	}
}
