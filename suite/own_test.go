package suite

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCallsAreReadInEitherForm(t *testing.T) {
	t.Parallel()
	calls, err := ParseCalls([]byte(`[["A", 3], {"args": ["B"], "kwargs": {"currency": "USD"}}, {}, []]`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range calls {
		got = append(got, string(c.Args)+string(c.Kwargs))
	}
	want := `["A", 3]{};["B"]{"currency":"USD"};[]{};[]{}`
	if s := strings.Join(got, ";"); s != want {
		t.Errorf("%s, want %s", s, want)
	}
	for _, bad := range []string{"", "{}", "[]", "[1]", `[{"args": 1}]`, `["x"]`, `[null]`, `[{"args": null}]`} {
		if _, err := ParseCalls([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	const slip = `call 2: unknown key "arg" (did you mean args?)`
	if _, err := ParseCalls([]byte(`[[], {"arg": [1], "kwargs": {}}]`)); err == nil || !strings.Contains(err.Error(), slip) {
		t.Errorf("%v, want %s", err, slip)
	}
}

func FuzzParseCalls(f *testing.F) {
	f.Add([]byte(`[["A", 3], {"args": ["B"], "kwargs": {"c": 1}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		calls, err := ParseCalls(data)
		if err == nil && len(calls) == 0 {
			t.Error("no call and no error")
		}
		for _, c := range calls {
			if c.Args[0] != '[' && strings.TrimSpace(string(c.Args))[0] != '[' || strings.TrimSpace(string(c.Kwargs))[0] != '{' {
				t.Errorf("%s %s", c.Args, c.Kwargs)
			}
		}
	})
}

// The arguments of one's own task are read from a plan as they were given: its file indents them, and its messages must not.
func TestAPlanKeepsTheArgumentsOfATask(t *testing.T) {
	t.Parallel()
	calls, err := ParseCalls([]byte(`[["pencil", {"b": [1, 2], "a": "<é>"}], {"kwargs": {"n": 1}}]`))
	if err != nil {
		t.Fatal(err)
	}
	own, err := OwnScenario(Own{Tasks: map[string]string{"celery": "shop.order"}, Apps: map[string]string{"celery": "shop"}, Path: "/", Calls: calls}, 50)
	if err != nil {
		t.Fatal(err)
	}
	o := options(t)
	o.Scenarios = []Scenario{own}
	p, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := WritePlan(dir, p); err != nil {
		t.Fatal(err)
	}
	read, err := ReadPlan(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range read.Scenarios[0].Own.Calls {
		var want, got any
		if err := errors.Join(json.Unmarshal(calls[i].Args, &want), json.Unmarshal(c.Args, &got)); err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsAny(c.Args, " \n") || bytes.ContainsAny(c.Kwargs, " \n") || !cmp.Equal(want, got) {
			t.Errorf("call %d: %s %s, want %s %s", i, c.Args, c.Kwargs, calls[i].Args, calls[i].Kwargs)
		}
	}
}
