package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/realrun"
)

const port = "8090"

// real is the analysis of a real run.
func real(t *testing.T) analysis.Analysis {
	t.Helper()
	return realrun.Read(t)
}

// analysed writes the real run as one of that many days later.
func analysed(t *testing.T, folder string, day int) {
	t.Helper()
	a := real(t)
	a.Run.ID, a.Run.Began = fmt.Sprint("run-", day), a.Run.Began.AddDate(0, 0, day)
	if err := errors.Join(os.MkdirAll(folder, 0o755), analysis.Write(folder, a)); err != nil {
		t.Fatal(err)
	}
}

// served opens a folder and reads its files again for each request.
func served(t *testing.T, folder string) *Server {
	t.Helper()
	s, err := New(folder)
	if err != nil {
		t.Fatal(err)
	}
	s.pause = 0
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func (s *Server) ask(t *testing.T, change func(*http.Request), target string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Host = "localhost:" + port
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.Handler(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8090}).ServeHTTP(w, r)
	s.mu.Lock()
	s.until = time.Time{}
	s.mu.Unlock()
	return w
}

func (s *Server) get(t *testing.T, target string) *httptest.ResponseRecorder {
	t.Helper()
	return s.ask(t, nil, target)
}

func (s *Server) listed(t *testing.T) List {
	t.Helper()
	var l List
	w := s.get(t, "/runs.json")
	if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d: %v: %.300s", w.Code, err, w.Body)
	}
	return l
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyLoopbackIsAnswered(t *testing.T) {
	t.Parallel()
	s := served(t, t.TempDir())
	for host, want := range map[string]int{
		"localhost:8090": 200, "127.0.0.1:8090": 200, "[::1]:8090": 200, "127.1.2.3:8090": 200,
		"localhost": 421, "localhost:8091": 421, "localhost.:8090": 421, "evil.example:8090": 421, "127.0.0.1.evil.example:8090": 421,
		"192.168.1.1:8090": 421, "0.0.0.0:8090": 421, "": 421, "[::1%lo]:8090": 421, "localhost:8090:8090": 421, "127.0.0.1": 421,
	} {
		w := s.ask(t, func(r *http.Request) { r.Host = host }, "/")
		if w.Code != want {
			t.Errorf("host %q: %d, want %d", host, w.Code, want)
		}
	}
	if !ours("localhost", "80") || !ours("[::1]", "80") || ours("evil.example", "80") {
		t.Error("a host without a port is taken for another than that of port 80")
	}
}

func TestNothingIsChanged(t *testing.T) {
	t.Parallel()
	s := served(t, t.TempDir())
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, http.MethodConnect, http.MethodTrace, "BREW"} {
		w := s.ask(t, func(r *http.Request) { r.Method = method }, "/")
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, allowed: %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
	if w := s.ask(t, func(r *http.Request) { r.Method = http.MethodHead }, "/"); w.Code != http.StatusOK {
		t.Errorf("HEAD: %d", w.Code)
	}
}

// A browser that has a report asks again if it was rewritten within a second.
func TestAFileThatWasWrittenTwiceInASecondIsNew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "a"), 0)
	s := served(t, dir)
	page := filepath.Join(dir, "a/report/index.html")
	now := time.Now().Add(time.Hour).Truncate(time.Second) // no older than its analysis
	at := func(content string, when time.Time) {
		write(t, page, content)
		if err := os.Chtimes(page, when, when); err != nil {
			t.Fatal(err)
		}
	}
	at("old", now)
	first := s.get(t, "/files/a/report/index.html").Header()
	again := func() *httptest.ResponseRecorder {
		return s.ask(t, func(r *http.Request) {
			for asked, told := range map[string]string{"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"} {
				if v := first.Get(told); v != "" {
					r.Header.Set(asked, v)
				}
			}
		}, "/files/a/report/index.html")
	}
	if got := again().Code; got != http.StatusNotModified {
		t.Errorf("the same file: %d", got)
	}
	at("new", now.Add(time.Millisecond))
	if got := again(); got.Code != http.StatusOK || got.Body.String() != "new" {
		t.Errorf("a new one: %d %q", got.Code, got.Body)
	}
}

func TestEachAnswerHasItsPolicy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "a"), 0)
	trial := filepath.Join(dir, "a/results/trials/0001")
	for _, name := range []string{"profile-cpu-drain.svg", "profile-memory-1.html", "page.html", "worker.log", "tasks.parquet", "trial.json", "x.svg"} {
		write(t, filepath.Join(trial, name), "<script>alert(1)</script>")
	}
	s := served(t, dir)
	for target, want := range map[string]struct {
		code         int
		kind, policy string
		attachment   bool
	}{
		"/":                           {200, "text/html; charset=utf-8", policyPage, false},
		"/runs.json":                  {200, "application/json", policyPage, false},
		"/style.css":                  {200, "text/css; charset=utf-8", policyPage, false},
		"/page.js":                    {200, "text/javascript; charset=utf-8", policyPage, false},
		"/nowhere":                    {404, "text/html; charset=utf-8", policyPage, false},
		"/files/a":                    {200, "text/html; charset=utf-8", policyPage, false},
		"/files/a/report/index.html":  {200, "text/html; charset=utf-8", policyReport, false},
		"/files/a/report/results.csv": {200, "text/csv; charset=utf-8", policyFile, false},
		"/files/a/report/summary.md":  {200, "text/plain; charset=utf-8", policyFile, false},
		"/files/a/analysis.json":      {200, "application/json", policyFile, false},
		"/files/a/results/trials/0001/profile-cpu-drain.svg": {200, "image/svg+xml", policyReport, false},
		"/files/a/results/trials/0001/profile-memory-1.html": {200, "text/html; charset=utf-8", policyReport, false},
		"/files/a/results/trials/0001/page.html":             {200, "text/plain; charset=utf-8", policyFile, false},
		"/files/a/results/trials/0001/x.svg":                 {200, "image/svg+xml", policyFile, false},
		"/files/a/results/trials/0001/worker.log":            {200, "text/plain; charset=utf-8", policyFile, false},
		"/files/a/results/trials/0001/tasks.parquet":         {200, "application/octet-stream", policyFile, true},
	} {
		w := s.get(t, target)
		h := w.Header()
		if w.Code != want.code || h.Get("Content-Type") != want.kind || h.Get("Content-Security-Policy") != want.policy ||
			strings.HasPrefix(h.Get("Content-Disposition"), "attachment") != want.attachment {
			t.Errorf("%s: %d %v", target, w.Code, h)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cross-Origin-Resource-Policy") != "same-origin" {
			t.Errorf("%s: %v", target, h)
		}
	}
	for _, p := range []string{policyPage, policyReport, policyFile} {
		if !strings.HasPrefix(p, "default-src 'none'; ") || strings.Contains(p, "allow-same-origin") || p == policyPage && strings.Contains(p, "unsafe") {
			t.Errorf("policy %s", p)
		}
	}
}

func TestNoPathAndNoLinkLeadsOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const secret = "SECRET"
	write(t, filepath.Join(dir, "outside/plan.json"), secret)
	write(t, filepath.Join(dir, "outside/trial.json"), secret)
	in := filepath.Join(dir, "in")
	analysed(t, filepath.Join(in, "run"), 0)
	write(t, filepath.Join(in, "secret.txt"), secret)
	write(t, filepath.Join(in, "run/secret.json"), secret)
	write(t, filepath.Join(in, "run/results/.secret.json"), secret)
	write(t, filepath.Join(in, "run/report/index.html"), "report")
	write(t, filepath.Join(in, ".hidden/plan.json"), secret)
	write(t, filepath.Join(in, "private/notes/key.json"), secret)
	for link, to := range map[string]string{
		"linked": "../outside", "run/results/out.json": "../../../outside/trial.json", "run/results/absolute.json": filepath.Join(dir, "outside/trial.json"),
		"run/results/trials": "../../../outside", "run/report/charts": "/etc",
	} {
		if err := os.Symlink(to, filepath.Join(in, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(in, "run/results/pipe.json"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := served(t, in)
	for _, target := range []string{
		"/files/../outside/plan.json", "/files/%2e%2e/outside/plan.json", "/files/..%2Foutside/plan.json", "/files/run/..%2F..%2Foutside/plan.json",
		"/files/run/report/..%2F..%2F..%2Foutside/plan.json", "/files/run%2Fresults%2F..%2F..%2F..%2Foutside%2Fplan.json", "/files//etc/passwd", "/files/%2Fetc/passwd",
		"/files/linked/plan.json", "/files/run/results/out.json", "/files/run/results/absolute.json", "/files/run/results/trials/trial.json", "/files/run/results/trials",
		"/files/run/report/charts/passwd", "/files/run/report/charts", "/files/run/results/pipe.json", "/files/secret.txt", "/files/", "/files", "/files/private", "/files/private/notes/key.json",
		"/files/run/secret.json", "/files/run/results/.secret.json", "/files/.hidden/plan.json", "/files/run/analysis.json%00", "/files/run/./secret.json",
		"/files/run/report/index.html/", "/files/run/report/nothing.txt",
	} {
		w := s.get(t, target)
		// A redirect to a clean path is no answer.
		if to := w.Header().Get("Location"); w.Code/100 == 3 {
			w = s.get(t, to)
		}
		if strings.Contains(w.Body.String(), secret) || strings.Contains(w.Body.String(), "root:") || w.Code == http.StatusOK && !strings.Contains(target, "index.html") {
			t.Errorf("%s: %d: %.200s", target, w.Code, w.Body)
		}
	}
	for _, q := range []string{"old=../outside&new=run", "old=linked&new=run", "old=.hidden&new=run", "old=%252e%252e/outside&new=run", "old=run&new=/etc", "old=run", "old=run/results&new=run", "old=%25zz&new=run"} {
		if w := s.get(t, "/compare?"+q); w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), secret) {
			t.Errorf("%s: %d", q, w.Code)
		}
	}
	if l := s.listed(t); len(l.Runs) != 1 || l.Runs[0].Path != "run" {
		t.Errorf("%+v", l)
	}
	w := s.get(t, "/files/run")
	for _, name := range []string{"secret.json", ".secret"} {
		if strings.Contains(w.Body.String(), name) {
			t.Errorf("%s is listed", name)
		}
	}
}

func TestListenIsOfLoopbackAlone(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.168.1.1:0", "example.org:0", "127.0.0.1", "", "127.0.0.1:x", "localhost.evil.example:0", "10.0.0.1:80", "127.0.0.1:99999"} {
		l, err := Listen(t.Context(), address)
		if !errors.Is(err, ErrInput) || strings.ContainsAny(fmt.Sprint(err), "\n") {
			t.Errorf("%q: %v", address, err)
		}
		if err == nil {
			_ = l.Close()
		}
	}
	for _, address := range []string{"127.0.0.1:0", "localhost:0"} {
		l, err := Listen(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		// The same port again is taken, which is reported in a line.
		if _, err := Listen(t.Context(), l.Addr().String()); !errors.Is(err, ErrInput) {
			t.Errorf("a port that is taken: %v", err)
		}
		_ = l.Close()
	}
	for _, folder := range []string{filepath.Join(t.TempDir(), "none"), "serve_test.go"} {
		if _, err := New(folder); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", folder, err)
		}
	}
}

var rowOfRun = regexp.MustCompile(`(?s)<tr data-run="([^"]*)">(.*?)</tr>`)

func TestHostileNamesAreHarmlessAndOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	deep := filepath.Join(strings.Repeat("d", 255), strings.Repeat("\u65e5", 85), strings.Repeat("<b>", 85), "e")
	names := []string{
		"<script>alert(1)<", "</script><img src=x onerror=alert(1)>", "\" onmouseover=\"alert(1)", "'; alert(1)", "line\nbreak", "carriage\r\nreturn",
		"100%", "%2e%2e", "%00", "a b+c&d=e?f#g", "..a", "a..", "{{.}}", "javascript:alert(1)", "C:", "back\\slash", "tab\t", "escape\x1b[31m", "no UTF-8 \xff\xfe",
		"direction\u202e", "-rf", "~", deep,
	}
	var want []string
	for i, name := range names {
		if strings.Contains(name, "/") && name != deep {
			name = strings.ReplaceAll(name, "/", "\u2215")
		}
		analysed(t, filepath.Join(dir, name), i)
		if strings.HasPrefix(name, ".") {
			continue // such a name is left alone
		}
		want = append(want, name)
	}
	s := served(t, dir)
	l := s.listed(t)
	if len(l.Runs) != len(want) {
		t.Fatalf("%d runs of %d", len(l.Runs), len(want))
	}
	page := s.get(t, "/").Body.String()
	// All markup is from this package: the page has the same elements as with harmless names.
	for _, bad := range []string{"<script>alert", "<img", "<b>", "onmouseover=\"", "onerror=alert(1)>", "\x1b", "\u202e", "href=\"javascript"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	rows := rowOfRun.FindAllStringSubmatch(page, -1)
	if len(rows) != len(want) {
		t.Fatalf("%d rows of %d", len(rows), len(want))
	}
	for _, row := range rows {
		address := html.UnescapeString(row[1])
		links := regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(row[2], -1)
		if len(links) != 4 {
			t.Errorf("%s: %d links", address, len(links))
		}
		for _, link := range links {
			if to := html.UnescapeString(link[1]); !strings.HasPrefix(to, address+"/") {
				t.Errorf("%s leads to %s", address, to)
			} else if w := s.get(t, to); w.Code != http.StatusOK {
				t.Errorf("%s: %d", to, w.Code)
			}
		}
	}
	// Each can be chosen, by its option's value.
	options := regexp.MustCompile(`<option value="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(options) != 2*len(want) {
		t.Fatalf("%d options", len(options))
	}
	for i, o := range options[1:len(want)] {
		q := fmt.Sprintf("old=%s&new=%s", url.QueryEscape(html.UnescapeString(options[i][1])), url.QueryEscape(html.UnescapeString(o[1])))
		w := s.get(t, "/compare?"+q)
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "<script>alert") {
			t.Errorf("%s: %d", q, w.Code)
		}
		link := regexp.MustCompile(`href="(/compare\.json\?[^"]*)"`).FindStringSubmatch(w.Body.String())
		if link == nil {
			t.Errorf("%s: no link for programs", q)
		} else if j := s.get(t, html.UnescapeString(link[1])); j.Code != http.StatusOK {
			t.Errorf("%s leads to %d: %s", link[1], j.Code, j.Body)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// tree is the files below a folder, with their sizes and times.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		out[path] = fmt.Sprint(info.Size(), info.ModTime())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
