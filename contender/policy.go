package contender

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/results"
)

// The retries of failed tasks, on all sides: the number of attempts, and the seconds between them.
const (
	maxAttempts = 3
	retryDelay  = 1
)

// policy are the points in which matched contenders are alike, each with its reason. A contender says how it keeps each, or why it can't.
func policy() map[string]string {
	return map[string]string{
		"acknowledgement":        "after execution where possible: a killed worker's tasks come back",
		"tasks held per process": "the same number on all sides",
		"processes":              "the same number on all sides",
		"results":                "not stored: no one reads them",
		"log level":              "no line for each task",
		"retry":                  fmt.Sprintf("%d attempts, %d s apart, on all sides", maxAttempts, retryDelay),
	}
}

// filled is a setting with its templates filled in and its reason.
func (s Setting) filled(v values, matched bool) (results.Setting, error) {
	for _, word := range []*string{&s.Value, &s.Default, &s.Why, &s.By} {
		text, err := v.text(*word)
		if err != nil {
			return results.Setting{}, fmt.Errorf("setting %q: %w", s.Name, err)
		}
		*word = text
	}
	return s.kept(matched)
}

// kept fills in a setting's reason.
func (s Setting) kept(matched bool) (results.Setting, error) {
	out := results.Setting{Name: s.Name, Value: s.Value, Default: s.Default, Why: s.Why}
	reason := policy()[s.Name]
	switch {
	case s.Name == "" || s.Value == "" || s.Default == "":
		return out, fmt.Errorf("setting %q: name, value or default is missing", s.Name)
	case s.Why != "" && s.By != "":
		return out, fmt.Errorf("setting %q: set why or by, not both", s.Name)
	case s.Why == "" && s.By == "" && matched && reason != "":
		return out, fmt.Errorf("setting %q: set by, how it keeps the policy's point, or why it can't", s.Name)
	case s.Why != "":
	case reason == "":
		return out, fmt.Errorf("setting %q: why is missing; by is only for the policy's points: %s", s.Name,
			strings.Join(slices.Sorted(maps.Keys(policy())), ", "))
	case !matched:
		out.Why = "as installed"
	default:
		out.Why = reason
	}
	if s.By != "" {
		out.Why += " (" + s.By + ")"
	}
	return out, nil
}

// unkept is the first of the policy's points without a setting.
func unkept(settings []results.Setting) string {
	for _, name := range slices.Sorted(maps.Keys(policy())) {
		if !slices.ContainsFunc(settings, func(s results.Setting) bool { return s.Name == name }) {
			return name
		}
	}
	return ""
}
