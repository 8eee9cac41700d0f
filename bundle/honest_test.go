package bundle_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/tqbench/tqbench/bundle/bundletest"
)

// honestRun writes an output folder whose plan, versions and end are as a real run's.
func honestRun(t *testing.T, seed uint64) string {
	t.Helper()
	return bundletest.Run(t, bundletest.Small(seed))
}

// bundled is a run's bundle, under its own name.
func bundled(t *testing.T, out string) string {
	t.Helper()
	return bundletest.Bundle(t, out, t.TempDir())
}

// copied is a copy of a folder.
func copied(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "another folder")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// same reports whether two files have the same bytes.
func same(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(x, y)
}
