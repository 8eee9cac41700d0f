package runner

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/machine"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/trial"
)

// imageEnv is set in a container image, to its own address.
const imageEnv = "TQBENCH_IMAGE"

// prepare builds the workers, tries each broker once and writes run.json.
func (s *session) prepare(ctx context.Context) error {
	if s.Hosts == nil {
		s.cpus = workerCPUs(machine.Allowed())
	}
	info := results.Run{
		ID: newID(), Began: time.Now().UTC(),
		Command: s.Command, Tqbench: Version(), Machine: machine.Describe(), Seed: s.plan.Seed,
		Software:  []results.Software{{Name: "go", Version: runtime.Version()}},
		Placement: s.placement(), Image: os.Getenv(imageEnv),
	}
	var err error
	if info.PlanHash, err = s.plan.Hash(); err != nil {
		return err
	}
	before, err := s.begun()
	if err != nil {
		return err
	}
	if before != nil {
		info.ID = before.ID // queues on an attached broker have it in their names
		s.continued = true
	}
	if err := CheckPrograms(ctx, s.plan.Brokers, s.URLs, s.Bins); err != nil {
		return err
	}
	urls := map[string]string{} // of servers that may be gone: for what depends on a URL's form
	for _, name := range s.plan.Brokers {
		o, err := s.brokerOptions(name)
		if err != nil {
			return err
		}
		if s.continued {
			o.Space = space(info.ID) // what a killed process left in it goes with it, at Close
		}
		b, err := broker.Open(ctx, name, o)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrInput, err)
		}
		d, err := b.Describe(ctx)
		d.Name = name
		urls[name] = b.URL()
		if err == nil && s.plan.RTT > 0 {
			_, err = broker.Address(name, b.URL())
		}
		if err = errors.Join(err, b.Close()); err != nil {
			if s.URLs[name] != "" {
				return fmt.Errorf("%w: the %s of the URL: %w", ErrInput, name, err)
			}
			return err
		}
		info.Brokers = append(info.Brokers, d)
	}
	s.info = info
	if s.plan.Profile != "" {
		env, err := s.Builder.Build(ctx, "profile")
		if err != nil {
			return err
		}
		s.profile = &trial.Profile{Of: s.plan.Profile, Env: env}
	}
	if err := s.prepareDatabase(ctx, &info); err != nil {
		return err
	}
	if err := s.inspectApps(ctx); err != nil {
		return err
	}
	info.AppEnv, info.SideEnv = s.envNames(), s.sideNames()
	for _, arm := range s.plan.Arms {
		if err := s.prepareArm(ctx, arm, urls, &info); err != nil {
			return err
		}
	}
	if err := s.tidy(); err != nil {
		return err
	}
	if before != nil {
		if why := cmp.Or(different(*before, info), otherServer(before.Brokers, info.Brokers)); why != "" {
			return fmt.Errorf("%w: %s was begun with another %s, and trials of both can't be compared: use another folder with --out",
				ErrInput, s.Out, why)
		}
		info.Began, info.Command, info.Machine = before.Began, before.Command, before.Machine
	}
	s.info = info
	return s.disk.WriteRun(s.Out, info)
}

// newID is a run's id. It differs even for two that begin at once.
func newID() string {
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails
	return time.Now().UTC().Format("20060102-150405") + "-" + hex.EncodeToString(random)
}

// space prefixes all names of a run on a shared broker.
func space(id string) string { return "tqbench-" + id }

// begun is the run.json of the resumed run, nil if there is none.
func (s *session) begun() (*results.Run, error) {
	if !s.Resume {
		return nil, nil
	}
	r, err := results.ReadRun(s.Out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	return &r, nil
}

// different names what differs between two parts of a run, or is "".
func different(a, b results.Run) string {
	switch {
	case a.PlanHash != b.PlanHash:
		return "plan"
	case !machine.Same(a.Machine, b.Machine):
		return "machine"
	case a.Tqbench != b.Tqbench:
		return "version of tqbench"
	case !slices.Equal(a.Software, b.Software):
		return "set of packages or of a contender's files"
	case !slices.Equal(a.AppEnv, b.AppEnv):
		return "set of variables for your application (--app-env)"
	case !maps.EqualFunc(a.SideEnv, b.SideEnv, slices.Equal[[]string]):
		return "set of variables for one side of the gate (--base-env-file, --change-env-file)"
	}
	return ""
}

// otherServer names a broker that is another product or version than before, or whose server was the user's and is now started by tqbench,
// or the other way round; or is "".
func otherServer(before, now []results.Broker) string {
	for i, b := range now {
		if i >= len(before) || before[i].Name != b.Name {
			continue
		}
		if before[i].Product != b.Product || before[i].Version != b.Version {
			return fmt.Sprintf("server for %s (%s %s, now %s %s)", b.Name, before[i].Product, before[i].Version, b.Product, b.Version)
		}
		if before[i].Attached != b.Attached {
			return fmt.Sprintf("server for %s (%s, now %s)", b.Name, origin(before[i]), origin(b))
		}
	}
	return ""
}

// origin is where a broker's server comes from.
func origin(b results.Broker) string {
	if b.Attached {
		return "one by URL"
	}
	return "one that tqbench starts"
}

// workerCPUs keeps workers off the first two of the allowed CPUs if there are enough, so that broker and harness have them; nil means all.
func workerCPUs(allowed []int) []int {
	if len(allowed) < 4 {
		return nil
	}
	return allowed[2:]
}

func (s *session) placement() string {
	if h := s.plan.Hosts; h != nil && h.Swarm {
		return fmt.Sprintf("workers and load on %d other machines, broker and collector on one", h.Workers)
	} else if h != nil {
		return fmt.Sprintf("workers on %d other machines, load from %d others, broker and collector on one", h.Workers, h.Load)
	}
	return placement(s.cpus)
}

func placement(cpus []int) string {
	if cpus == nil {
		return fmt.Sprintf("%d CPUs shared by workers, broker and harness, on both sides alike", runtime.NumCPU())
	}
	return fmt.Sprintf("workers of both sides on CPUs %s, broker and harness free to use all", ranges(cpus))
}

// ranges are numbers in order in short, such as 2-5, 7.
func ranges(of []int) string {
	var out []string
	for i := 0; i < len(of); {
		from := i
		for i++; i < len(of) && of[i] == of[i-1]+1; i++ {
		}
		part := fmt.Sprint(of[from])
		if i-from > 1 {
			part += fmt.Sprintf("-%d", of[i-1])
		}
		out = append(out, part)
	}
	return strings.Join(out, ", ")
}

// Version is this build of tqbench: its release or commit, if known.
func Version() results.Software {
	s := results.Software{Name: "tqbench", Version: "devel"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return s
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		s.Version = v
	}
	return s
}
