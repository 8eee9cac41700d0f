package contender

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// releaseForm is what a release looks like. It is safe in file names, and in the requirements that pip reads.
var releaseForm = regexp.MustCompile(`^[0-9][0-9a-z.]{0,39}$`)

// at is the contender in a chosen release of its framework.
func at(c Contender, name, release string) (Contender, error) {
	f, ok := c.(folder)
	why := ""
	switch plain, early := strings.CutSuffix(release, EarlySuffix); {
	case !ok:
		why = "only a folder's contender has releases to choose from"
	case f.dir != "":
		why = "a folder from outside has the release of its own lock: change that"
	case f.Runtime != RuntimePython:
		why = fmt.Sprintf("a release can be chosen for queues in Python alone, and this one's runtime is %s", f.Runtime)
	case early:
		why = fmt.Sprintf("write %s%s%s%s", f.Name(), EarlySuffix, suite.ReleaseMark, plain)
	case !releaseForm.MatchString(release):
		why = fmt.Sprintf("write a release after %s, digits first, such as %s@1.2.3", suite.ReleaseMark, f.Framework())
	}
	if why != "" {
		return nil, fmt.Errorf("%w %q: %s", ErrUnknown, name, why)
	}
	f.release = release
	return f, nil
}

// Release is a contender's chosen release; false if it has that of tqbench's own lock.
func Release(c Contender) (workers.Release, bool) {
	f, ok := c.(folder)
	if !ok || f.release == "" {
		return workers.Release{}, false
	}
	return workers.Release{Framework: f.Framework(), Package: f.Package, Version: f.release}, true
}
