package brokername

import (
	"errors"
	"slices"
	"testing"
)

func TestNamesAreRead(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]struct {
		Name
		family string
	}{
		"redis": {Name{"redis", ""}, "redis"}, "valkey@8": {Name{"valkey", "8"}, "redis"}, "postgres@17": {Name{"postgres", "17"}, "postgres"},
		"mysql@8.4": {Name{"mysql", "8.4"}, "mysql"}, "mariadb": {Name{"mariadb", ""}, "mysql"}, "rabbitmq@4.1.3": {Name{"rabbitmq", "4.1.3"}, "rabbitmq"},
		"rabbitmq-quorum": {Name{"rabbitmq-quorum", ""}, "rabbitmq"}, "rabbitmq-quorum@4": {Name{"rabbitmq-quorum", "4"}, "rabbitmq"},
	} {
		n, err := Parse(s)
		if err != nil || n != want.Name || n.Family() != want.family || Family(s) != want.family || n.String() != s {
			t.Errorf("%s: %+v of %s (%v), want %+v of %s", s, n, n.Family(), err, want.Name, want.family)
		}
	}
	for _, s := range []string{"", "@", "kafka", "redis@", "postgres@latest", "postgres@17-alpine", "mysql@8.", "mysql@.4", "redis@7@8", "sqs@1", "Redis", "own", "redis@77777"} {
		if n, err := Parse(s); !errors.Is(err, ErrName) {
			t.Errorf("%q is read as %+v (%v)", s, n, err)
		}
		if Family(s) != s {
			t.Errorf("the family of %q is %q", s, Family(s))
		}
	}
	for _, p := range Products() {
		if !slices.Contains(Families(), Family(p)) {
			t.Errorf("%s has the family %s", p, Family(p))
		}
	}
}

func TestQuorumQueuesAreAskedForByName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"rabbitmq-quorum": true, "rabbitmq-quorum@4.1": true, "rabbitmq": false, "rabbitmq@4": false, "quorum": false, "redis": false} {
		if Quorum(name) != want {
			t.Errorf("%s: %t", name, !want)
		}
	}
}

func TestVersionsMatchByTheirParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, version string
		want          bool
	}{
		{"postgres", "15.6", true}, {"postgres@15", "15.6", true}, {"postgres@15", "15", true}, {"postgres@1", "15.6", false}, {"postgres@15.6", "15.6", true},
		{"postgres@15.6", "15.60", false}, {"mysql@8.4", "8.0.40", false}, {"mysql@8.4", "8.4.10", true}, {"redis@7", "unknown", false},
	} {
		n, err := Parse(c.name)
		if err != nil || n.Is(c.version) != c.want {
			t.Errorf("%s is %s: %t (%v)", c.name, c.version, n.Is(c.version), err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range append(Products(), "postgres@17", "mysql@8.4", "redis@", "@") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err == nil && (n.String() != s || !slices.Contains(Families(), n.Family())) {
			t.Errorf("%q is read as %+v of %s", s, n, n.Family())
		}
	})
}
