package serve

import (
	"net"
	"net/http"
	"strconv"
)

// The content policies. Each begins with nothing, and no page may be framed or send a form elsewhere.
const (
	policyBase = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
	// policyPage is for pages of this package.
	policyPage = policyBase + "form-action 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:"
	// policyReport is for a page found as a file: it runs its own scripts, at a separate origin, so that they can read nothing here. A
	// report's own policy, which names its scripts by their sums, applies as well.
	policyReport = policyBase + "form-action 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; " +
		"font-src data:; sandbox allow-scripts allow-downloads"
	// policyFile is for all other files.
	policyFile = policyBase + "form-action 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
)

// Handler is what answers at an address.
func (s *Server) Handler(at net.Addr) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	mux.HandleFunc("GET /runs.json", s.indexJSON)
	mux.HandleFunc("GET /compare", s.compare)
	mux.HandleFunc("GET /compare.json", s.compareJSON)
	mux.HandleFunc("GET /history", s.history)
	mux.HandleFunc("GET /style.css", s.asset("text/css; charset=utf-8", s.pages.style))
	mux.HandleFunc("GET /page.js", s.asset("text/javascript; charset=utf-8", s.pages.script))
	mux.HandleFunc("GET /live.js", s.asset("text/javascript; charset=utf-8", s.pages.live))
	mux.HandleFunc("GET /live/{path...}", s.live)
	mux.HandleFunc("GET /files/{path...}", s.files)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, http.StatusNotFound, "This page does not exist.")
	})
	return s.guard(at, mux)
}

// guard refuses requests that no page of ours makes, before anything is read.
func (s *Server) guard(at net.Addr, next http.Handler) http.Handler {
	_, port, _ := net.SplitHostPort(at.String())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policyPage)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		switch {
		case !ours(r.Host, port):
			// A page from elsewhere whose name was made to lead to this machine would ask for its own name.
			s.fail(w, r, http.StatusMisdirectedRequest, "This page is only at http://localhost:"+port+".")
		case !invited(r):
			// It could make this machine work, and learn from the time what is here.
			s.fail(w, r, http.StatusForbidden, "Another site's page requested this. Open http://"+r.Host+"/, or follow a link to it.")
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			s.fail(w, r, http.StatusMethodNotAllowed, "Only GET and HEAD are allowed: nothing here can be changed.")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// invited reports whether no other site's page is behind a request, except for a followed link: that opens in another tab, which the other
// page can't read. Go's own protection lets every GET through.
func invited(r *http.Request) bool {
	for _, origin := range r.Header.Values("Origin") {
		if origin != "http://"+r.Host {
			return false
		}
	}
	switch h := r.Header; h.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin": // from a program, typed, from a page of ours
		return true
	default:
		return r.Method == http.MethodGet && h.Get("Sec-Fetch-Mode") == "navigate" && h.Get("Sec-Fetch-Dest") == "document"
	}
}

// ours reports whether a Host header names loopback and the port.
func ours(header, port string) bool {
	host, p, err := net.SplitHostPort(header)
	if err != nil {
		// A browser leaves out the usual port.
		host, p = header, "80"
		if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
			host = host[1 : n-1]
		}
	}
	return p == port && loopback(host)
}

// asset answers with a part of the pages.
func (s *Server) asset(kind string, data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data)
	}
}
