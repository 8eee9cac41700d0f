package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// smokeBlocks is the least number of blocks that a plan may have.
const smokeBlocks = 2

// Smoke runs the whole way once at the smallest scale: it proves that everything works, and no speed.
//
// A machine that is too busy to measure on fails no smoke.
//
// +check
// +cache="session"
func (m *Tqbench) Smoke(ctx context.Context) error {
	t, err := m.quickPlan(smokeBlocks, 0.01).Run(ctx, "", partLength)
	if err != nil {
		return err
	}
	trials := t.Results.Directory("results/trials")
	files, err := trials.Glob(ctx, "*/trial.json")
	if err != nil || len(files) != 2*smokeBlocks {
		return errors.Join(t.Assert(ctx), err, fmt.Errorf("%d trials were kept, want %d", len(files), 2*smokeBlocks))
	}
	for _, name := range files {
		data, err := trials.File(name).Contents(ctx)
		if err != nil {
			return err
		}
		var kept struct {
			Reason         string
			Sent, Finished int
		}
		if err := json.Unmarshal([]byte(data), &kept); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if kept.Reason != "" || kept.Sent == 0 || kept.Finished != kept.Sent {
			return fmt.Errorf("%s: %d of %d tasks finished: %s", name, kept.Finished, kept.Sent, kept.Reason)
		}
	}
	page, err := t.Report(ctx)
	if err != nil {
		return err
	}
	pages, err := page.Glob(ctx, "index.html")
	if err == nil && len(pages) == 0 {
		err = errors.New("the report has no page")
	}
	return err
}

// Lint checks formatting, go vet and golangci-lint.
//
// +check
func (m *Tqbench) Lint(ctx context.Context) error {
	_, err := m.golang(m.Source).WithMountedCache("/root/.cache/golangci-lint", dag.CacheVolume("tqbench-golangci-lint")).
		WithExec([]string{"make", "lint"}).Sync(ctx)
	return err
}

// Unit runs the tests that need Go alone.
//
// +check
func (m *Tqbench) Unit(ctx context.Context) error {
	_, err := m.golang(m.Source).WithExec([]string{"make", "short"}).Sync(ctx)
	return err
}

// testPackages are what make test needs besides Go; it installs the brokers and the browser itself.
func testPackages() []string { return []string{"npm", "python3"} }

// Test runs every test of tqbench: brokers, workers and a browser, for about half an hour.
func (m *Tqbench) Test(ctx context.Context) error {
	_, err := m.golang(m.Source).WithExec(m.install(testPackages()...)).WithExec([]string{"make", "test"}).Sync(ctx)
	return err
}
