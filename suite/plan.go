package suite

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
)

// PlanVersion is the version of plan.json.
const PlanVersion = 2

// What to profile the workers for.
const (
	ProfileCPU    = "cpu"
	ProfileMemory = "memory"
)

// maxRTT exceeds any round trip on Earth.
const maxRTT = 2 * time.Second

// The bounds of a plan that grows.
const (
	// MinBlocks is the lowest number of blocks that allows a verdict.
	MinBlocks = stats.MinBlocks
	minUntil  = 0.001
	maxBlocks = 1000
)

// ErrPlan marks a plan that can't be used.
var ErrPlan = errors.New("not a usable plan")

// Plan is plan.json: every trial of a run, in order.
type Plan struct {
	Version int     `json:"version"`
	Seed    uint64  `json:"seed"`
	Blocks  int     `json:"blocks"`
	Scale   float64 `json:"scale"`
	// Environment is the machine that the plan was made for. The same suite, seed and environment give the same bytes.
	Environment Environment `json:"environment"`
	// Arms are the compared sides; each scenario has some of them.
	Arms []Arm `json:"arms"`
	// Folders are those of external contenders.
	Folders []Folder `json:"folders,omitempty"`
	// Sources are those of releases that no package index has.
	Sources []Source `json:"sources,omitempty"`
	// Defaults says that the frameworks run as installed, not in the matched set-up.
	Defaults bool `json:"defaults"`
	// RTT is the round-trip time added between workers and broker.
	RTT Duration `json:"rtt,omitempty"`
	// Profile is ProfileCPU, ProfileMemory or "".
	Profile string `json:"profile,omitempty"`
	// Hosts are the other machines that run the workers and send the load. It is nil if one machine does it all.
	Hosts *Hosts `json:"hosts,omitempty"`
	// Growth makes a plan that gets more blocks while its intervals are too wide or its verdicts open. It is nil for a fixed number of
	// blocks.
	Growth *Growth `json:"growth,omitempty"`
	// Gate is what a comparison of a change with its base asks. It is nil for other plans.
	Gate      *Gate      `json:"gate,omitempty"`
	Brokers   []string   `json:"brokers"`
	Scenarios []Scenario `json:"scenarios"`
	// Waits are how long recoveries wait for the tasks of killed workers.
	Waits []Wait `json:"waits,omitempty"`
	// Omitted are the cells that are left out, as their contenders don't offer what they need.
	Omitted []Omission `json:"omitted,omitempty"`
	// OmittedPhases are the phases that are left out of all cells of a scenario.
	OmittedPhases []PhaseOmission `json:"omitted_phases,omitempty"`
	Trials        []Trial         `json:"trials"`
}

// Environment is the part of the machine that shapes a plan.
type Environment struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
}

// Arm is one side of a comparison. Its name is the contender's, with a number if a contender is compared with itself, or Base or Change.
type Arm struct {
	Name      string `json:"name"`
	Contender string `json:"contender"`
}

// Trial is one planned execution of a cell.
type Trial struct {
	ID       int    `json:"id"`
	Block    int    `json:"block"`
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	Arm      string `json:"arm"`
	// Seed drives the trial's random choices: task ids, Poisson arrivals.
	Seed uint64 `json:"seed"`
}

// Options choose what goes into a plan.
type Options struct {
	Scenarios []Scenario
	Brokers   []string
	// Contenders are compared in every scenario. Without any, each scenario has its own, or Usual.
	Contenders, Usual []string
	Blocks            int
	Scale             float64
	Seed              uint64
	Defaults          bool
	RTT               time.Duration
	Profile           string
	// Folders are those of external contenders, Sources those of releases that no package index has.
	Folders []Folder
	Sources []Source
	// Hosts are the other machines; nil leaves all to one.
	Hosts *Hosts
	// UpTo is the largest number of workers of scenarios that double them; 0 is one for each of the machine's CPUs or of the Hosts.
	UpTo int
	// Offered is why a contender can't run a scenario on a broker, or ""; nil means that all can.
	Offered func(contender, broker string, s Scenario) (why string, err error)
	// Recovery is what a contender says of a killed worker's tasks on a broker; nil means that none says anything.
	Recovery func(contender, broker string, s Scenario) (*results.Recovery, error)
	// Growth makes a plan that grows from Blocks and sets First. It is nil for exactly Blocks.
	Growth *Growth
	// Gate makes a plan of a change against its base, of two Contenders. It is nil for other plans.
	Gate *Gate
	// Environment is the machine that the plan is for.
	Environment Environment
}

// NewPlan lays out randomised complete blocks. Within a block, the arms of each comparison run next to each other in an order drawn from
// the seed, so that a drift of the machine affects all arms alike.
func NewPlan(o Options) (Plan, error) {
	switch {
	case o.Blocks < 1 || o.Blocks > maxBlocks:
		return Plan{}, fmt.Errorf("%w: %d blocks: must be from 1 to %d, and a verdict needs %d", ErrPlan, o.Blocks, maxBlocks, MinBlocks)
	case !(o.Scale > 0) || o.Scale > 1000:
		return Plan{}, fmt.Errorf("%w: scale %v: must be above 0 and at most 1000", ErrPlan, o.Scale)
	case o.RTT < 0 || o.RTT > maxRTT:
		return Plan{}, fmt.Errorf("%w: a round-trip time of %s: must be from 0 to %s", ErrPlan, o.RTT, maxRTT)
	case !slices.Contains([]string{"", ProfileCPU, ProfileMemory}, o.Profile):
		return Plan{}, fmt.Errorf("%w: a profile of %q: allowed: %s, %s", ErrPlan, o.Profile, ProfileCPU, ProfileMemory)
	case len(o.Scenarios) == 0 || len(o.Brokers) == 0 || len(o.Contenders)+len(o.Usual) == 0:
		return Plan{}, fmt.Errorf("%w: it needs at least one scenario, one broker and one contender", ErrPlan)
	}
	if err := o.checkUpTo(); err != nil {
		return Plan{}, err
	}
	p := Plan{
		Version: PlanVersion, Seed: o.Seed, Blocks: o.Blocks, Scale: o.Scale, Environment: o.Environment,
		Defaults: o.Defaults, RTT: Duration(o.RTT), Profile: o.Profile, Brokers: o.Brokers, Folders: o.Folders, Sources: o.Sources, Hosts: o.Hosts, Gate: o.Gate,
	}
	if o.Growth != nil {
		g := *o.Growth
		g.First = o.Blocks
		if err := g.check(o.Blocks); err != nil {
			return Plan{}, err
		}
		p.Growth = &g
	}
	for _, s := range o.Scenarios {
		sides := o.arms(s)
		for _, a := range sides {
			if !slices.Contains(p.Arms, a) {
				p.Arms = append(p.Arms, a)
			}
		}
		here, omitted := s.onHosts(o.Hosts)
		for _, point := range here.doubled(o.upTo()).Expand(o.Scale) {
			for _, name := range omitted {
				p.OmittedPhases = append(p.OmittedPhases, PhaseOmission{Scenario: point.Name, Phase: name, Why: clientPhase})
			}
			for _, a := range sides {
				point.Arms = append(point.Arms, a.Name)
			}
			p.Scenarios = append(p.Scenarios, point.Scaled(o.Scale))
		}
	}
	if err := errors.Join(p.checkScenarios(), p.checkGate(), p.checkHosts()); err != nil {
		return Plan{}, err
	}
	if err := p.omit(o.Offered); err != nil {
		return Plan{}, err
	}
	if err := p.await(o.Recovery); err != nil {
		return Plan{}, err
	}
	if len(p.Scenarios) == 0 {
		return Plan{}, fmt.Errorf("%w: no scenario has a point at scale %v", ErrPlan, o.Scale)
	}
	p.lay(o.Blocks)
	switch {
	case len(p.Trials) > 0:
		return p, nil
	case len(p.Omitted) > 0:
		return Plan{}, fmt.Errorf("%w: no contender offers any of it: %s", ErrPlan, p.Omitted[0].Why)
	}
	return Plan{}, fmt.Errorf("%w: none of the scenarios runs on %s", ErrPlan, strings.Join(o.Brokers, ", "))
}

// checkScenarios refuses two scenarios of one name, of which only one would run, and what a length or a scale made too large.
func (p Plan) checkScenarios() error {
	for i, s := range p.Scenarios {
		if slices.ContainsFunc(p.Scenarios[:i], func(before Scenario) bool { return before.Name == s.Name }) {
			return fmt.Errorf("%w: two scenarios have the name %s: leave one out, or give it another name", ErrPlan, s.Name)
		}
		for _, ph := range s.Phases {
			if err := ph.check(fmt.Sprintf("%s: phases.%s", s.Name, ph.Name)); err != nil {
				return fmt.Errorf("%w: %w", ErrPlan, err)
			}
		}
	}
	return nil
}

// lay adds the blocks that a plan begins with.
func (p *Plan) lay(blocks int) {
	rng := rand.New(rand.NewPCG(p.Seed, 0x7471_6265_6e63_6831))
	for block := 1; block <= blocks; block++ {
		p.layOut(block, rng, func(string, string) bool { return true })
	}
	p.Blocks = blocks
}

// layOut adds a block of the given scenarios and brokers.
func (p *Plan) layOut(block int, rng *rand.Rand, wanted func(scenario, broker string) bool) {
	type pair struct {
		scenario Scenario
		broker   string
	}
	var pairs []pair
	for _, s := range p.Scenarios {
		for _, b := range p.Brokers {
			if len(p.Sides(s, b)) > 0 && wanted(s.Name, b) {
				pairs = append(pairs, pair{s, b})
			}
		}
	}
	rng.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	for _, pr := range pairs {
		sides := p.Sides(pr.scenario, pr.broker)
		for _, i := range rng.Perm(len(sides)) {
			p.Trials = append(p.Trials, Trial{
				ID: len(p.Trials) + 1, Block: block, Scenario: pr.scenario.Name, Broker: pr.broker,
				Arm: sides[i].Name, Seed: rng.Uint64(),
			})
		}
	}
}

// of returns the contenders that a scenario compares.
func (o Options) of(s Scenario) []string {
	switch {
	case len(o.Contenders) > 0:
		return o.Contenders
	case len(s.Contenders) > 0:
		return s.Contenders
	}
	return o.Usual
}

// RunsOn reports whether the scenario can run on a broker.
func (s Scenario) RunsOn(broker string) bool {
	return len(s.Brokers) == 0 || slices.Contains(s.Brokers, brokername.Family(broker))
}

// arms are the sides of a scenario.
func (o Options) arms(s Scenario) []Arm {
	out := arms(o.of(s))
	if o.Gate != nil && len(out) == 2 {
		out[0].Name, out[1].Name = Base, Change
	}
	return out
}

// arms names the contenders so that no two sides share a name.
func arms(contenders []string) []Arm {
	seen := map[string]int{}
	var out []Arm
	for _, c := range contenders {
		seen[c]++
		name := c
		if n := seen[c]; n > 1 {
			name = fmt.Sprintf("%s#%d", c, n)
		}
		out = append(out, Arm{Name: name, Contender: c})
	}
	return out
}

// Contender is the contender behind an arm.
func (p Plan) Contender(arm string) (string, bool) {
	for _, a := range p.Arms {
		if a.Name == arm {
			return a.Contender, true
		}
	}
	return "", false
}

// Has reports whether the plan has the trial: that number with that block, scenario, broker and arm. Otherwise, results next to a remade
// plan would pair trials that never ran in one block.
func (p Plan) Has(t Trial) bool {
	if t.ID < 1 || t.ID > len(p.Trials) {
		return false
	}
	t.Seed = p.Trials[t.ID-1].Seed // not repeated in results
	return t == p.Trials[t.ID-1]
}

// Scenario is the plan's scenario of that name, scaled.
func (p Plan) Scenario(name string) (Scenario, bool) {
	for _, s := range p.Scenarios {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

// Hash identifies the plan's content. It stays the same when the plan grows.
func (p Plan) Hash() (string, error) {
	if p.Growth != nil {
		p.Blocks, p.Trials = 0, nil
		g := *p.Growth
		g.Looks = nil
		p.Growth = &g
	}
	data, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("hash the plan: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8]), nil
}
