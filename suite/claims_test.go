package suite

import (
	"strings"
	"testing"
)

func builtinScenarios(t testing.TB) []Scenario {
	t.Helper()
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheDocumentOfClaimsIsThatOfTheClaims(t *testing.T) {
	t.Parallel()
	claims, err := Claims()
	if err != nil {
		t.Fatal(err)
	}
	document(t, "../docs/claims.md", DocumentClaims(claims))
}

// The checks of a claim, as written and as read.
func TestWhatAnotherSideLeavesOutIsAsInTheCheck(t *testing.T) {
	t.Parallel()
	claims, err := ParseClaims("c.yaml", []byte(`
- source: a paper
  claims:
    - text: it is
        quick
      check: {scenario: io@2x10, broker: redis, contender: a, metric: throughput, over: {broker: postgres}, at_least: 2, at_most: 3, unit: times}
    - text: costs nothing
      check: {scenario: events@on, broker: redis, contender: a, metric: pss, minus: {scenario: events@off}, at_most: 1, unit: MB, note: n}
    - text: a hook is quick
      unmeasurable: no one looks
`), builtinScenarios(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(claims) != 3 || claims[0].Text != "it is quick" || claims[1].Source != "a paper" || claims[2].Unmeasurable != "no one looks" {
		t.Fatalf("%+v", claims)
	}
	for i, want := range []Side{{"io@2x10", "postgres", "a", "throughput"}, {"events@off", "redis", "a", "pss"}} {
		if got, ok := claims[i].Check.Other(); !ok || got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	for i, want := range []string{"from 2 to 3", "at most 1"} {
		if got := claims[i].Check.Bound(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if _, ok := (Check{}).Other(); ok {
		t.Error("a check of one side has another")
	}
}

func TestClaimsAreReadStrictly(t *testing.T) {
	t.Parallel()
	const side = "scenario: throughput, broker: redis, contender: asynctasq, metric: throughput"
	scenarios := builtinScenarios(t)
	for name, tt := range map[string]struct{ yaml, want string }{
		"nothing":           {"", "claims c.yaml: it is empty"},
		"no claim":          {"- source: s\n  claims: []", "claims c.yaml: has no claim"},
		"no list":           {"text: x", "line 1"},
		"an unknown field":  {"- source: s\n  claims:\n    - text: t\n      chek: {}", "line 4: field chek not found"},
		"a field of a side": {claim("t", "scenaro: x"), "line 4: field scenaro not found"},
		"a figure in words": {claim("t", side+", at_least: many, unit: tasks/s"), "line 4: cannot unmarshal"},
		"an empty claim":    {"- source: s\n  claims:\n    - text: t\n      unmeasurable: u\n    -\n", "line 5: a claim must be a mapping"},
		"an empty source":   {"- claims:\n    - text: t\n      unmeasurable: u", "line 2: text, source"},
		"no text":           {claim("", side+", at_least: 1, unit: tasks/s"), "line 3: text, source"},
		"no check":          {"- source: s\n  claims:\n    - text: t", "line 3: check, unmeasurable"},
		"both":              {claim("t", side+", at_least: 1, unit: tasks/s") + "      unmeasurable: u\n", "line 3: check, unmeasurable"},
		"twice":             {"- source: s\n  claims:\n    - text: t\n      unmeasurable: u\n    - text: t\n      unmeasurable: u", `line 5: text "t": is in the file twice`},
		"no bound":          {claim("t", side+", unit: tasks/s"), "line 3: about, at_least, at_most"},
		"two kinds":         {claim("t", side+", about: 1, at_most: 2, unit: tasks/s"), "line 3: about, at_least, at_most"},
		"empty range":       {claim("t", side+", at_least: 3, at_most: 2, unit: tasks/s"), "line 3: at_least 3: must not be above at_most 2"},
		"below zero":        {claim("t", side+", at_most: -2, unit: tasks/s"), "line 3: figure -2"},
		"not a number":      {claim("t", side+", at_most: .nan, unit: tasks/s"), "line 3: figure NaN"},
		"endless":           {claim("t", side+", at_most: .inf, unit: tasks/s"), "line 3: figure +Inf"},
		"no unit":           {claim("t", side+", at_most: 2"), `line 3: unit ""`},
		"a ratio in ms":     {claim("t", side+", over: {contender: celery}, at_most: 2, unit: ms"), `line 3: unit "ms"`},
		"a rate in times":   {claim("t", side+", at_most: 2, unit: times"), `line 3: unit "times"`},
		"two other sides":   {claim("t", side+", over: {contender: celery}, minus: {contender: celery}, at_most: 2, unit: times"), "line 3: over, minus: set only one"},
		"over itself":       {claim("t", side+", over: {contender: asynctasq}, at_most: 2, unit: times"), "line 3: over, minus: must differ"},
		"per task":          {claim("t", side+", per: task, at_most: 2, unit: ms"), `line 3: per "task": allowed: process`},
		"a strict figure":   {claim("t", side+", about: 2, unit: tasks/s, stricter: x"), "line 3: stricter"},
		"no such scenario":  {claim("t", "scenario: sloth, broker: redis, contender: a, metric: throughput, at_most: 2, unit: s"), `line 3: scenario "sloth"`},
		"a sweep's name":    {claim("t", "scenario: io, broker: redis, contender: a, metric: throughput, at_most: 2, unit: s"), `line 3: scenario "io"`},
		"no such broker":    {claim("t", "scenario: throughput, broker: kafka, contender: a, metric: throughput, at_most: 2, unit: s"), `line 3: broker "kafka": allowed: redis`},
		"not on it":         {claim("t", "scenario: events@on, broker: mysql, contender: a, metric: throughput, at_most: 2, unit: s"), `line 3: broker "mysql": events@on runs on redis`},
		"no contender":      {claim("t", "scenario: throughput, broker: redis, metric: throughput, at_most: 2, unit: s"), `line 3: contender ""`},
		"not compared":      {claim("t", "scenario: cpu, broker: redis, contender: rq/fork, metric: throughput, at_most: 2, unit: s"), `line 3: contender "rq/fork": cpu compares`},
		"no such metric":    {claim("t", "scenario: throughput, broker: redis, contender: a, metric: joy, at_most: 2, unit: s"), `line 3: metric "joy": allowed: throughput`},
		"elsewhere":         {claim("t", side+", over: {broker: kafka}, at_most: 2, unit: times"), `line 3: broker "kafka"`},
	} {
		_, err := ParseClaims("c.yaml", []byte(tt.yaml), scenarios)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "claims c.yaml: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// claim is a file with one claim: its text is on line 3, its check on line 4.
func claim(text, check string) string {
	return "- source: s\n  claims:\n    - text: \"" + text + "\"\n      check: {" + check + "}\n"
}

// Every claim that is read can be described, and its checks use scenarios that exist.
func FuzzParseClaims(f *testing.F) {
	scenarios := builtinScenarios(f)
	f.Add([]byte(claim("t", "scenario: throughput, broker: redis, contender: a, metric: pss, per: process, at_most: 2, unit: MB")))
	f.Add([]byte("- &a {source: s, claims: [{text: t, unmeasurable: u}]}\n- *a\n-\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		claims, err := ParseClaims("c.yaml", data, scenarios)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("an error of several lines: %q", err)
			}
			return
		}
		for _, c := range claims {
			if (c.Check == nil) == (c.Unmeasurable == "") || c.Text == "" || c.Source == "" || c.how() == "" {
				t.Fatalf("%+v", c)
			}
		}
	})
}
