package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/suite"
)

// findScenarios takes numbers and names of the suite, and files.
func findScenarios(names []string) ([]suite.Scenario, error) {
	builtin, err := suite.Builtin()
	if err != nil {
		return nil, err
	}
	var known, plain []string
	for _, s := range builtin {
		known = append(known, fmt.Sprintf("%d (%s)", s.ID, s.Name))
		plain = append(plain, s.Name)
	}
	var out []suite.Scenario
	for _, n := range names {
		if n == "all" {
			for _, s := range builtin {
				if !s.Apart {
					out = append(out, s)
				}
			}
			continue
		}
		// Scenarios that answer parts of one question share a number.
		var found []suite.Scenario
		for _, s := range builtin {
			if s.Name == n || strconv.Itoa(s.ID) == n {
				found = append(found, s)
			}
		}
		switch {
		case found != nil:
			out = append(out, found...)
		case isScenarioFile(n):
			data, err := regular.Read(n, regular.Limit{Kind: "a scenario", Bytes: largestScenario})
			if err != nil {
				return nil, fmt.Errorf("%w: scenario %s: %w", errUsage, n, err)
			}
			s, err := suite.Parse(n, data)
			if err == nil {
				// A trace is next to its scenario.
				err = s.ReadTraces(func(name string) ([]byte, error) { return readTrace(filepath.Join(filepath.Dir(n), name)) })
			}
			if err != nil {
				return nil, fmt.Errorf("%w: %w", errUsage, err)
			}
			out = append(out, s)
		default:
			return nil, fmt.Errorf("%w: unknown scenario %q%s: choose from %s, or give a .yaml file", errUsage, n, text.DidYouMean(n, plain), strings.Join(known, ", "))
		}
	}
	return out, nil
}

// isScenarioFile reports whether a name is that of a scenario file, and not of a scenario.
func isScenarioFile(name string) bool {
	return slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(name))
}

// Size limits of the user's files, in bytes.
const (
	largestScenario = 1 << 20
	// largestInput has room for a trace of the maximum of tasks.
	largestInput = 64 << 20
)

func readTrace(path string) ([]byte, error) {
	data, err := regular.Read(path, regular.Limit{Kind: "a trace", Bytes: largestInput})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}
