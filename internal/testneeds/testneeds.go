// Package testneeds skips what a quick test run has no place for: under -short, tests need Go alone.
package testneeds

import (
	"flag"
	"testing"
)

// Real is called by tests and their helpers before they use what go test -short does without: a broker, workers, an
// environment of theirs, a browser, or more than a few seconds. Without -short it does nothing: no test is skipped then.
func Real(t testing.TB, what string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("it needs %s", what)
	}
}

// First is a list of cases, and under -short its first one: the others are alike and take long together.
func First[T any](cases []T) []T {
	if testing.Short() {
		return cases[:1]
	}
	return cases
}

// NoExamples leaves out the examples of a package under -short. They need what Real is called for, and can't call it: their
// package's TestMain does, before it runs the tests.
func NoExamples() {
	flag.Parse()
	if testing.Short() {
		_ = flag.Set("test.skip", "^Example") // the testing package has that flag
	}
}
