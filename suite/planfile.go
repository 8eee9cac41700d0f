package suite

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/regular"
)

// PlanPath is the path of plan.json in an output folder.
func PlanPath(out string) string { return filepath.Join(out, "plan.json") }

// WritePlan writes plan.json.
func WritePlan(out string, p Plan) error { return atomicfile.WriteJSON(PlanPath(out), p) }

// largestPlan is the maximum size of plan.json in bytes: a trace of the most tasks takes about 90 MB.
const largestPlan = 512 << 20

// ReadPlan reads and checks plan.json.
func ReadPlan(out string) (Plan, error) {
	path := PlanPath(out)
	data, err := regular.Read(path, regular.Limit{Kind: "a plan", Bytes: largestPlan})
	if err != nil {
		return Plan{}, fmt.Errorf("read %s: %w", path, err)
	}
	return DecodePlan(path, data)
}

// DecodePlan reads and checks the content of a plan.json from path.
func DecodePlan(path string, data []byte) (Plan, error) {
	p, err := parsePlan(data)
	if err != nil {
		return Plan{}, fmt.Errorf("read %s: %w", path, err)
	}
	return p, nil
}

// CheckRun refuses a plan from path that can be read, as it may be of an earlier run, but not run.
func (p Plan) CheckRun(path string) error {
	for i, s := range p.Scenarios {
		if err := s.checkNames(); err != nil {
			return fmt.Errorf("read %s: %w: scenario %d: %w", path, ErrPlan, i+1, err)
		}
	}
	return nil
}

// parsePlan reads a plan and checks that its trials refer to its declarations.
func parsePlan(data []byte) (Plan, error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Plan{}, fmt.Errorf("%w: %v", ErrPlan, err)
	}
	if head.Version != PlanVersion {
		return Plan{}, fmt.Errorf("%w: it has version %d, this tqbench reads version %d", ErrPlan, head.Version, PlanVersion)
	}
	var p Plan
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return Plan{}, fmt.Errorf("%w: %v", ErrPlan, err)
	}
	if p.Growth != nil {
		if err := p.Growth.check(p.Blocks); err != nil {
			return Plan{}, err
		}
	}
	for i := range p.Scenarios {
		if own := p.Scenarios[i].Own; own != nil {
			for j, c := range own.Calls { // the file indents them
				own.Calls[j] = Call{Args: compact(c.Args), Kwargs: compact(c.Kwargs)}
			}
		}
		whole(p.Scenarios[i].Args)
		for _, k := range p.Scenarios[i].Mix {
			whole(k.Args)
		}
		if err := p.Scenarios[i].unreadable().err(); err != nil {
			return Plan{}, fmt.Errorf("%w: scenario %d: %v", ErrPlan, i+1, err)
		}
		if len(p.Scenarios[i].Arms) == 0 {
			return Plan{}, fmt.Errorf("%w: scenario %d: it has no arms", ErrPlan, i+1)
		}
		for _, name := range p.Scenarios[i].Arms {
			if _, ok := p.Contender(name); !ok {
				return Plan{}, fmt.Errorf("%w: scenario %d: the plan has no arm %q", ErrPlan, i+1, name)
			}
		}
	}
	if len(p.Arms) == 0 {
		return Plan{}, fmt.Errorf("%w: it has no arms", ErrPlan)
	}
	if err := errors.Join(p.checkGate(), p.checkOmitted(), p.checkWaits(), p.checkHosts()); err != nil {
		return Plan{}, err
	}
	brokers := strings.Join(p.Brokers, ",")
	for i, t := range p.Trials {
		_, arm := p.Contender(t.Arm)
		_, scenario := p.Scenario(t.Scenario)
		ok := cmp.Or(
			problem(t.ID != i+1, "its number is %d", t.ID),
			problem(!arm, "the plan has no arm %q", t.Arm),
			problem(!scenario, "the plan has no scenario %q", t.Scenario),
			problem(!slices.Contains(p.Brokers, t.Broker), "the plan has no broker %q, only %s", t.Broker, brokers),
			problem(t.Block < 1 || t.Block > p.Blocks, "it is in block %d of %d", t.Block, p.Blocks),
		)
		if ok != "" {
			return Plan{}, fmt.Errorf("%w: trial %d: %s", ErrPlan, i+1, ok)
		}
	}
	return p, nil
}

func problem(is bool, format string, args ...any) string {
	if !is {
		return ""
	}
	return fmt.Sprintf(format, args...)
}
