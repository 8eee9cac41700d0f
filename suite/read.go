package suite

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/tqbench/tqbench/internal/strict"
)

//go:embed scenarios/*.yaml scenarios/*.csv
var builtin embed.FS

//go:embed init.yaml
var initial []byte

// Initial is a scenario file to start from, with comments.
func Initial() []byte { return slices.Clone(initial) }

// Parse reads one scenario strictly: an unknown field is an error that names its line.
func Parse(name string, data []byte) (Scenario, error) {
	var s Scenario
	if err := strict.YAML(data, &s); err != nil {
		return Scenario{}, fmt.Errorf("scenario %s: %w", name, err)
	}
	whole(s.Args)
	for _, k := range s.Mix {
		whole(k.Args)
	}
	if err := s.Check(); err != nil {
		return Scenario{}, fmt.Errorf("scenario %s: %w", name, err)
	}
	return s, nil
}

// ReadTraces reads the traces that the scenario's phases name.
func (s *Scenario) ReadTraces(read func(name string) ([]byte, error)) error {
	for i := range s.Phases {
		p := &s.Phases[i]
		if p.Trace == "" {
			continue
		}
		data, err := read(p.Trace)
		if err != nil {
			return fmt.Errorf("scenario %s: phases[%d].trace: %w", s.Name, i, err)
		}
		if p.Recorded, err = ParseTrace(data, s.Kinds()); err != nil {
			return fmt.Errorf("scenario %s: trace %s: %w", s.Name, p.Trace, err)
		}
		p.Tasks = len(p.Recorded)
	}
	return nil
}

// Builtin returns the scenarios of the suite, by id.
func Builtin() ([]Scenario, error) {
	names, err := fs.Glob(builtin, "scenarios/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list scenarios: %w", err)
	}
	var out []Scenario
	for _, n := range names {
		data, err := builtin.ReadFile(n)
		if err != nil {
			return nil, fmt.Errorf("read scenario: %w", err)
		}
		s, err := Parse(path.Base(n), data)
		if err == nil {
			err = s.ReadTraces(func(name string) ([]byte, error) { return builtin.ReadFile("scenarios/" + name) })
		}
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b Scenario) int { return a.ID - b.ID })
	return out, nil
}
