package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
)

const (
	// maxLive is the maximum size of a live.json in bytes.
	maxLive = 1 << 20
	// quietAfter is after how long without a word from a running process to say so: it writes once a second.
	quietAfter = 10 * time.Second
)

// busy reports whether a tqbench is at work in the run's folder, and since when.
func (s *Server) busy(name string) (going bool, since time.Time, err error) {
	lock := path.Join(name, runner.LockName)
	f, err := regular.OpenIn(s.root, lock)
	if errors.Is(err, fs.ErrNotExist) {
		return false, since, nil
	}
	if err != nil {
		return false, since, fmt.Errorf("read %s: %w", lock, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, since, fmt.Errorf("read %s: %w", lock, regular.Bare(err))
	}
	going, err = runner.Busy(f)
	return going, info.ModTime(), err
}

// lastWord is when a run wrote its live.json last; zero without one.
func (s *Server) lastWord(name string) time.Time {
	info, err := s.root.Lstat(path.Join(name, results.LiveName))
	if err != nil || !info.Mode().IsRegular() {
		return time.Time{}
	}
	return info.ModTime()
}

// follow finds out whether a run is running or was killed, and what it does. always asks for its lock also if nothing suggests that it runs.
func (s *Server) follow(r *Run, name string, always bool) error {
	last := s.lastWord(name)
	if last.IsZero() && !always {
		return nil
	}
	going, since, err := s.busy(name)
	if err != nil {
		return err
	}
	if !going {
		// A run removes the file before it gives the lock back.
		r.Killed = s.lastWord(name)
		return nil
	}
	r.going = true
	if last.IsZero() || last.Before(since) {
		return nil // of a killed run that another one continues
	}
	file := path.Join(name, results.LiveName)
	r.seen = time.Now()
	data, err := regular.ReadIn(s.root, file, regular.Limit{Kind: "a " + results.LiveName, Bytes: maxLive})
	switch {
	case errors.Is(err, fs.ErrNotExist): // it has just ended
		return nil
	case err != nil:
		return fmt.Errorf("read %s: %w", file, err)
	}
	l, err := results.DecodeLive(file, data)
	if err != nil {
		return err
	}
	if r.Live = &l; len(l.Ratios) > mostPairs {
		l.Ratios = l.Ratios[:mostPairs]
	}
	return nil
}

// liveHref is the address of a run's live page.
func liveHref(name string) string {
	u := url.URL{Path: "/live/" + strings.TrimPrefix(name, ".")}
	return u.EscapedPath()
}

// livePage is what a run does now.
type livePage struct {
	Run
	// Says is its state in a sentence.
	Says string
	// Quiet is how long a running process has written nothing, Left how long the planned trials will take; both are "" if there is nothing to say.
	Quiet, Left string
	// Refresh is after how many seconds a browser without scripts reloads; 0 for never.
	Refresh int
}

// live answers with the page of one run.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	name := path.Join(".", strings.TrimSuffix(r.PathValue("path"), "/"))
	runs := s.runs().Runs
	i := slices.IndexFunc(runs, func(x Run) bool { return x.Path == name })
	if i < 0 {
		s.fail(w, r, http.StatusNotFound, "There is no run of this name.")
		return
	}
	p := newLivePage(runs[i], time.Now())
	if r.URL.Query().Get("refresh") == "off" {
		p.Refresh = 0
	}
	s.page(w, r, http.StatusOK, "live", p)
}

func newLivePage(r Run, now time.Time) livePage {
	p := livePage{Run: r, Refresh: refreshIdle, Says: stateSentence(r)}
	if r.State == GoingOn {
		p.Refresh = refreshLive
	}
	if r.Live != nil {
		if quiet := r.seen.Sub(r.Live.Written); quiet > quietAfter {
			p.Quiet = text.About(quiet)
		}
		p.Left = left(r.Live, now)
	}
	return p
}

// stateSentence is a run's state in a sentence.
func stateSentence(r Run) string {
	trials := fmt.Sprintf("%d of %d planned trials have ended", r.Done, r.Planned)
	switch {
	case r.State == GoingOn:
		return "Running: " + trials + "."
	case !r.Killed.IsZero():
		return fmt.Sprintf("Killed: %s. The process last wrote on %s. To continue: the same command with --resume.", trials, utc(r.Killed))
	case r.State == Whole:
		return "Ended: " + trials + "."
	case r.State == TimeOver:
		return "Ended: " + trials + ", and the time was over."
	case r.State == Planned:
		return "Planned: no trial has run."
	case r.State == Interrupted:
		return "Ended early: " + trials + ". To continue: the same command with --resume."
	}
	return "Its state is unknown."
}

// left is how long the planned trials will take, "" if that is unknown or over.
func left(l *results.Live, now time.Time) string {
	if d := l.Ends.Sub(now); !l.Ends.IsZero() && d > 0 {
		return "about " + text.About(d)
	}
	return ""
}

// rate is a rate per second, also one that no run has.
func rate(v float64) string {
	if v < 10 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	if v >= 1e12 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// latency is a time in seconds with three digits, also one that no run has.
func latency(seconds float64) string {
	switch {
	case seconds < 0.9995: // which three digits round up to a second
		return strconv.FormatFloat(1000*seconds, 'g', 3, 64) + " ms"
	case seconds < 999.5:
		return strconv.FormatFloat(seconds, 'g', 3, 64) + " s"
	}
	const longest = 1e9
	return text.About(time.Duration(min(seconds, longest) * float64(time.Second)))
}

// percent is a share as whole percent.
func percent(share float64) int { return int(100 * min(max(share, 0), 1)) }
