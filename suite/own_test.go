package suite

import (
	"strings"
	"testing"
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
