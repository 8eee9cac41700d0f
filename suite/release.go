package suite

import "strings"

// ReleaseMark precedes a chosen release at the end of a contender's name, as in celery/prefork@5.5.3.
const ReleaseMark = "@"

// Release is the arm's chosen release, "" for that of tqbench's own lock, and its contender's name without it.
func (a Arm) Release() (contender, release string) {
	contender, release, _ = strings.Cut(a.Contender, ReleaseMark)
	return contender, release
}
