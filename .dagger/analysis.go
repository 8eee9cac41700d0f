package main

import (
	"context"
	"fmt"

	"dagger/tqbench/internal/dagger"
)

// Analysis is what a run's measurements mean.
type Analysis struct {
	// +private
	Bench *Tqbench
	// Words is the answer as a terminal shows it.
	// +private
	Words *dagger.File
	// +private
	Folder *dagger.Directory
	// analysis.json
	File *dagger.File
}

// answered runs a command of tqbench and keeps what it prints in a file. Results that answer nothing are no failure: what it prints says so.
func answered(args ...string) []string {
	const script = `tqbench "$@" > /answer 2> /errors; code=$?; cat /errors >> /answer; cat /answer; [ $code -eq 0 ] || [ $code -eq ` + notValid + ` ]`
	return append([]string{"sh", "-c", script, "sh"}, args...)
}

// Answer is the tables and the answer as text.
func (a *Analysis) Answer(ctx context.Context) (string, error) { return a.Words.Contents(ctx) }

// Report is the page, its charts and its data.
func (a *Analysis) Report(
	// also write each chart as PNG
	// +default=false
	png bool,
) *dagger.Directory {
	return a.Bench.tool().WithDirectory("/out", a.Folder).
		WithExec(answered("report", "--out", "/out", fmt.Sprintf("--png=%t", png))).Directory("/out/report")
}

// Compare compares it with older runs and fails where a threshold fails.
func (a *Analysis) Compare(
	ctx context.Context,
	// folder of the older run, with its analysis.json, or with several runs below it
	old *dagger.Directory,
	// threshold that must not be crossed, such as 'throughput < -5%'
	// +optional
	failIf []string,
	// decide thresholds on one older run, though nothing shows how much runs differ
	// +optional
	anyway bool,
) (string, error) {
	args := []string{"tqbench", "compare", "/old", "/new", fmt.Sprintf("--anyway=%t", anyway)}
	for _, t := range failIf {
		args = append(args, "--fail-if", t)
	}
	c := a.Bench.tool().WithDirectory("/old", old).WithFile("/new/analysis.json", a.File).
		WithExec(keeping(args))
	words, code, err := keptIn(ctx, c)
	if err != nil {
		return "", err
	}
	if code != "0" {
		return "", fmt.Errorf("tqbench compare ended with exit code %s:\n%s", code, words)
	}
	return words, nil
}
