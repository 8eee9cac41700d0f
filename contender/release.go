package contender

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// releaseForm is what a published release looks like. It is safe in file names, and in the requirements that pip, npm and go read.
var releaseForm = regexp.MustCompile(`^[0-9][0-9A-Za-z.+-]{0,59}$`)

// at is the contender in a chosen release of its framework.
func at(c Contender, name, release string) (Contender, error) {
	why := fixed(c)
	plain, early := strings.CutSuffix(release, EarlySuffix)
	switch {
	case why != "":
	case early:
		why = fmt.Sprintf("write %s%s%s%s", c.Name(), EarlySuffix, suite.ReleaseMark, plain)
	case workers.IsSource(release):
		why = "a repository or a wheel can be given with --contender alone"
	case !releaseForm.MatchString(release) && !workers.SourceForm.MatchString(release):
		why = fmt.Sprintf("write a release after %s, digits first, such as %s@1.2.3, or git+https://HOST/PATH@REVISION, or ./FILE.whl", suite.ReleaseMark, c.Framework())
	}
	if why != "" {
		return nil, fmt.Errorf("%w %q: %s", ErrUnknown, name, why)
	}
	f, _ := c.(folder) // fixed reports any other
	f.release = release
	return f, nil
}

// fixed is why a contender has no releases to choose from, or "".
func fixed(c Contender) string {
	f, ok := c.(folder)
	switch {
	case !ok:
		return "only a folder's contender has releases to choose from"
	case f.dir != "":
		return "a folder from outside has the release of its own lock: change that"
	case f.Package == "":
		return "its contender.yaml names no package"
	}
	return ""
}

// Releasable is what a contender has releases of: its framework and its package, without a version.
func Releasable(c Contender) (workers.Release, error) {
	if why := fixed(c); why != "" {
		return workers.Release{}, fmt.Errorf("%w %q: %s", ErrUnknown, c.Name(), why)
	}
	f, _ := c.(folder)
	return workers.Release{Framework: f.Framework(), Package: f.Package}, nil
}

// Release is a contender's chosen release; false if it has that of tqbench's own lock.
func Release(c Contender) (workers.Release, bool) {
	f, ok := c.(folder)
	if !ok || f.release == "" {
		return workers.Release{}, false
	}
	return workers.Release{Framework: f.Framework(), Package: f.Package, Version: f.release}, true
}

// Locked is the version of a contender's framework in tqbench's own lock; false for a contender from outside, which has another lock.
func Locked(c Contender) (string, bool, error) {
	f, ok := c.(folder)
	if !ok || f.dir != "" {
		return "", false, nil
	}
	version, err := lockedVersion(f.Framework(), f.Package)
	return version, err == nil, err
}
