package suite

import (
	"errors"
	"testing"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte(valid))
	f.Add([]byte(sustained))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("limit: 1e9h"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("fuzz.yaml", data)
		if err != nil {
			return
		}
		// Every scenario that is read makes a plan that can be read back.
		p, err := NewPlan(Options{Scenarios: []Scenario{s}, Brokers: []string{"redis"}, Contenders: []string{"c"}, Blocks: 1, Scale: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parsePlan([]byte(marshal(t, p))); err != nil {
			t.Fatalf("%v from %q", err, data)
		}
	})
}

func FuzzParsePlan(f *testing.F) {
	p, err := NewPlan(options(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(marshal(f, p)))
	f.Add([]byte(`{"version":2,"arms":[{}],"trials":[{"id":1}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parsePlan(data)
		if err != nil && !errors.Is(err, ErrPlan) {
			t.Fatalf("err = %v", err)
		}
		if err == nil && len(p.Arms) == 0 {
			t.Fatal("a plan without arms was taken")
		}
	})
}
