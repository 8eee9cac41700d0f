package serve

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/report"
)

// openFolder opens a folder below the root. It doesn't wait for something else of that name.
func (s *Server) openFolder(name string) (*os.File, error) {
	return s.root.OpenFile(name, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK, 0)
}

// openFile opens a regular file below the root.
func (s *Server) openFile(name string) (*os.File, fs.FileInfo, error) {
	f, err := regular.OpenIn(s.root, name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// read reads a whole file up to the size limit.
func (s *Server) read(name string) ([]byte, error) {
	data, err := regular.ReadIn(s.root, name, regular.Limit{Kind: "what is shown here", Bytes: s.largest})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return data, nil
}

// href is the address of a path below the folder.
func href(name string) string {
	u := url.URL{Path: path.Join("/files", name)}
	return u.EscapedPath()
}

// inRun splits a path into its run and the rest. What is in no run isn't served: the folder may be somebody's home.
func (s *Server) inRun(name string) (run, rest string, ok bool) {
	var parts []string
	if name != "" {
		parts = strings.Split(name, "/")
	}
	if slices.ContainsFunc(parts, func(p string) bool { return p == "" || strings.HasPrefix(p, ".") }) {
		return "", "", false
	}
	for i := range min(len(parts), maxDepth) + 1 {
		if run := path.Join(append([]string{"."}, parts[:i]...)...); s.isRun(run) {
			return run, strings.Join(parts[i:], "/"), true
		}
	}
	return "", "", false
}

// isRun reports whether a folder has a file that makes it a run.
func (s *Server) isRun(folder string) bool {
	return slices.ContainsFunc(runFiles, func(name string) bool {
		info, err := s.root.Lstat(path.Join(folder, name))
		return err == nil && info.Mode().IsRegular()
	})
}

// outputs are our files in a run's folder.
var outputs = []string{"analysis.json", "plan.json", "report", "results"}

// output reports whether a path within a run's folder is one of its outputs, and not a temporary file.
func output(rest string) bool {
	parts := strings.Split(rest, "/")
	return slices.Contains(outputs, parts[0]) && !slices.ContainsFunc(parts, func(p string) bool { return p == "" || strings.HasPrefix(p, ".") })
}

// files answers with a file of a run, a list of its files, or a file of a report that wasn't written.
func (s *Server) files(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSuffix(r.PathValue("path"), "/")
	run, rest, ok := s.inRun(name)
	if !ok || rest != "" && !output(rest) {
		s.fail(w, r, http.StatusNotFound, "No run has this file.")
		return
	}
	if file, ok := strings.CutPrefix(rest, "report/"); ok && s.rendered(w, r, run, file) {
		return
	}
	if f, err := s.openFolder(path.Join(run, rest)); err == nil {
		defer f.Close()
		s.folderPage(w, r, f, run, rest)
		return
	}
	f, info, err := s.openFile(path.Join(run, rest))
	if err != nil {
		// The reason would reveal what a link leads to.
		s.fail(w, r, http.StatusNotFound, "No run has this file.")
		return
	}
	defer f.Close()
	// Last-Modified has seconds, so a file that was written twice within one would match the browser's copy.
	w.Header().Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
	serveFile(w, r, rest, f)
}

// rendered answers with a report's file made from the analysis, if the report's folder has none or an older one.
func (s *Server) rendered(w http.ResponseWriter, r *http.Request, run, file string) bool {
	made, err := s.root.Stat(path.Join(run, "analysis.json"))
	if err != nil {
		return false
	}
	if old, err := s.root.Stat(path.Join(run, "report", file)); err == nil && (old.IsDir() || !old.ModTime().Before(made.ModTime())) {
		return false
	}
	w, done, ok := s.turn(w, r)
	if !ok {
		return true
	}
	defer done()
	var b bytes.Buffer
	if err := s.render(&b, run, file); err != nil {
		// The file that is there is the answer, and has to be read within that time, too.
		readBy(w, time.Now().Add(s.reading))
		return false
	}
	serveFile(w, r, path.Join("report", file), bytes.NewReader(b.Bytes()))
	return true
}

func (s *Server) render(w io.Writer, run, file string) error {
	a, err := s.analysis(run, analysis.Decode)
	if err != nil {
		return err
	}
	return report.Render(w, path.Join(s.folder, run), file, a)
}

// analysis reads the analysis of a run, or the part of it that decode takes.
func (s *Server) analysis(run string, decode func(name string, data []byte) (analysis.Analysis, error)) (analysis.Analysis, error) {
	name := path.Join(run, "analysis.json")
	data, err := s.read(name)
	if err != nil {
		return analysis.Analysis{}, err
	}
	return decode(name, data)
}

// kinds are the types of the files that a browser shows, by their endings. It saves all others.
var kinds = map[string]string{
	".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".csv": "text/csv; charset=utf-8",
	".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8", ".log": "text/plain; charset=utf-8",
	".xml": "text/plain; charset=utf-8", ".html": "text/plain; charset=utf-8",
}

// serveFile answers with a file, with no more rights than it needs: a report's page and a profile's drawing run scripts, each at its own
// origin.
func serveFile(w http.ResponseWriter, r *http.Request, rest string, content io.ReadSeeker) {
	dir, base := path.Split(rest)
	kind, known := kinds[path.Ext(base)]
	policy := policyFile
	drawing := strings.HasPrefix(dir, "results/trials/") && strings.HasPrefix(base, "profile-")
	switch ext := path.Ext(base); {
	case ext == ".html" && (dir == "report/" || drawing):
		kind, policy = "text/html; charset=utf-8", policyReport
	case ext == ".svg" && drawing:
		policy = policyReport
	}
	h := w.Header()
	if !known {
		kind = "application/octet-stream"
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": base}))
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", policy)
	http.ServeContent(w, r, "", time.Time{}, content)
}
