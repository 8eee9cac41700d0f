package trial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/internal/flame"
	"github.com/tqbench/tqbench/internal/glob"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// Profile asks for a profile of the workers.
type Profile struct {
	// Of is suite.ProfileCPU or suite.ProfileMemory.
	Of string
	// Env has the profilers.
	Env workers.Env
}

const (
	// profileRate is how often a second py-spy looks at each process.
	profileRate = 100
	// profileGrace is how long a profiler may take to write its results.
	profileGrace = 30 * time.Second
)

// largestProfile bounds a profiler's output for one process.
func largestProfile() regular.Limit { return regular.Limit{Kind: "a profile", Bytes: 256 << 20} }

// profiler profiles the workers, if the trial asks for it.
type profiler struct {
	box   *sandbox
	fleet *fleet
	rec   *recorder
	// of is the graphs' subject.
	of string
}

// profiled is the flag of every profiled trial: profiling slows the workers down.
func (p *profiler) profiled(detail string, f results.Fact) {
	p.rec.addFlagOf(results.FlagProfiled, "*", detail, f)
}

// cpu starts py-spy for each worker in a drain, after they are let go: a held process doesn't answer. The returned function ends that and
// keeps the graph.
func (p *profiler) cpu(ctx context.Context, phase, producer string) (func() error, error) {
	none := func() error { return nil }
	if p.box.profile == nil || p.box.profile.Of != suite.ProfileCPU || producer != suite.Wire {
		return none, nil
	}
	// It may inspect the workers because it has our rights, and writes to a folder that they can't redirect.
	watch, dir, err := process.Folder(ctx, "tqbench-profile-")
	if err != nil {
		return none, fmt.Errorf("profile the workers: %w", err)
	}
	var commands []process.Command
	for i, pid := range p.fleet.own.PIDs() {
		commands = append(commands, process.Command{
			Argv: []string{filepath.Join(p.box.profile.Env.Packages, "bin", "py-spy"), "record", "--pid", strconv.Itoa(pid), "--subprocesses",
				"--rate", strconv.Itoa(profileRate), "--format", "raw", "--output", stacks(dir, i)},
			Dir: dir, Log: spyLog(dir, i),
		})
	}
	if err := watch.Run(ctx, commands); err != nil {
		watch.Stop(syscall.SIGKILL, 0)
		return none, fmt.Errorf("profile the workers: %w", err)
	}
	over := make(chan struct{})
	var following sync.WaitGroup
	following.Go(func() { resumeAfter(watch, p.fleet.own.PIDs(), over) })
	return func() error {
		// py-spy writes when it is interrupted.
		watch.StopCommands(syscall.SIGINT, profileGrace)
		defer watch.Stop(syscall.SIGKILL, 0)
		close(over)
		following.Wait()
		p.fleet.own.Release()
		return p.keepCPU(phase, dir, len(commands))
	}, nil
}

// resumeAfter lets each worker continue when its py-spy has ended: py-spy stops a process for each sample, and leaves it stopped if it fails in
// the middle of one. As long as py-spy runs, a signal could end the stop that it waits for.
func resumeAfter(watch *process.Group, workers []int, over <-chan struct{}) {
	for seen := 0; seen < len(workers); {
		exits, changed := watch.Exits()
		for _, e := range exits[seen:] {
			if i := slices.Index(watch.PIDs(), e.PID); i >= 0 {
				process.Continue(workers[i])
			}
		}
		seen = len(exits)
		select {
		case <-changed:
		case <-over:
			return
		}
	}
}

// stacks is py-spy's output.
func stacks(dir string, i int) string { return filepath.Join(dir, fmt.Sprintf("profile-%d.txt", i+1)) }

func spyLog(dir string, i int) string { return filepath.Join(dir, fmt.Sprintf("py-spy-%d.log", i+1)) }

// keepCPU puts the stacks of all workers into one file and draws them.
func (p *profiler) keepCPU(phase, dir string, n int) error {
	var all []byte
	for i := range n {
		data, err := regular.Read(stacks(dir, i), largestProfile())
		if err != nil || len(data) == 0 {
			p.profiled(p.box.lastWords(spyLog(dir, i)), results.Fact{Check: results.CheckNoProfile, Phase: phase})
			return nil
		}
		all = append(all, p.box.redact.Bytes(data)...)
	}
	root, err := flame.Parse(all)
	if err != nil {
		return fmt.Errorf("read the CPU profile: %w", err)
	}
	var svg bytes.Buffer
	title := fmt.Sprintf("%s, phase %s: %d samples, %d a second of each process", p.of, phase, root.Count, profileRate)
	if err := flame.SVG(&svg, root, title); err != nil {
		return err
	}
	name := "profile-cpu-" + phase
	err = errors.Join(os.WriteFile(filepath.Join(p.box.dir, name+".txt"), all, 0o644), os.WriteFile(filepath.Join(p.box.dir, name+".svg"), svg.Bytes(), 0o644))
	if err != nil {
		return fmt.Errorf("keep the CPU profile: %w", err)
	}
	p.profiled("", results.Fact{Check: results.CheckProfiled, Phase: phase, File: name + ".svg"})
	return nil
}

// memory lets memray draw its recording of each process, while the workers' folder still exists.
func (p *profiler) memory(ctx context.Context) error {
	if p.box.profile == nil || p.box.profile.Of != suite.ProfileMemory {
		return nil
	}
	found, err := glob.In(p.box.folder, "memory-*.bin*")
	if err != nil {
		return fmt.Errorf("keep the memory profile: %w", err)
	}
	slices.Sort(found)
	kept := 0
	log := filepath.Join(p.box.folder, "memray.log")
	for _, path := range found {
		page := filepath.Join(p.box.folder, fmt.Sprintf("profile-memory-%d.html", kept+1))
		// A killed process may leave a cut-off file, which memray can't read.
		if err := p.drawMemory(ctx, path, page, log); err != nil {
			return err
		}
		data, err := regular.ReadUnlinked(page, largestProfile())
		if err != nil {
			continue
		}
		kept++
		if err := os.WriteFile(filepath.Join(p.box.dir, filepath.Base(page)), p.box.redact.Bytes(data), 0o644); err != nil {
			return fmt.Errorf("keep the memory profile: %w", err)
		}
	}
	if kept == 0 {
		p.profiled(p.box.lastWords(log), results.Fact{Check: results.CheckNoMemory})
		return nil
	}
	p.profiled("", results.Fact{Check: results.CheckMemory, Count: int64(kept), File: "profile-memory-1.html"})
	return nil
}

func (p *profiler) drawMemory(ctx context.Context, from, page, log string) error {
	group, err := process.Start(ctx, []process.Command{{
		Argv: []string{p.box.profile.Env.Python, "-m", "memray", "flamegraph", "--force", "--no-web", "--output", page, from},
		Env:  p.box.profile.Env.Environ(map[string]string{"HOME": p.box.folder}), Dir: p.box.folder, User: p.box.user, Log: log,
	}})
	if err != nil {
		return fmt.Errorf("draw the memory profile: %w", err)
	}
	defer group.Stop(syscall.SIGKILL, 0)
	_, err = group.Wait(ctx)
	return err
}
