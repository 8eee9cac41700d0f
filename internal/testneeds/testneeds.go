// Package testneeds skips what a quick test run has no place for: under -short, tests need Go alone.
package testneeds

import "testing"

// Real is called by tests and their helpers before they use what go test -short does without: a broker, workers, an
// environment of theirs, a browser, or more than a few seconds. Without -short it does nothing: no test is skipped then.
func Real(t testing.TB, what string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("it needs %s", what)
	}
}
