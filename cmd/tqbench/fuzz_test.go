package main

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

// A plan may use or refuse a width that parses; any other text is refused in one line.
func FuzzUntil(f *testing.F) {
	for _, s := range []string{"5%", " 0.1 %", "NaN%", "+Inf%", "1e400%", "0x1p-2%", "%", "5", "-5%", "5%%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, until string) {
		v, err := percentage("until", until)
		switch {
		case err != nil && (!errors.Is(err, errUsage) || strings.Contains(err.Error(), "\n")):
			t.Fatalf("err = %v", err)
		case err == nil && !(v > 0):
			t.Fatalf("%q became %v", until, v)
		}
	})
}

// The noted command never contains a URL, in any form that the command line accepts.
func FuzzCommandShowsNoURL(f *testing.F) {
	f.Add("quick", "redis=redis://:", "@h/0")
	f.Add("--broker-url", "redis=", "")
	f.Add("--", "--broker-url=redis=", "\n")
	const secret = "correct-horse-battery"
	f.Fuzz(func(t *testing.T, first, before, after string) {
		value := before + secret + after
		for _, args := range [][]string{{first, "--" + urlFlagName, value, "--seed", "1"}, {first, "--" + urlFlagName + "=" + value}} {
			if strings.HasPrefix(first, "--"+urlFlagName) || (urlFlag{}).Set(value) != nil {
				continue
			}
			if shown := strings.Join(shownCommand(args), " "); strings.Contains(shown, secret) {
				t.Fatalf("%q is noted as %q", args, shown)
			}
		}
		if err := (urlFlag{}).Set(value); err != nil && strings.Contains(err.Error(), secret) {
			t.Fatalf("err = %v", err)
		}
	})
}

// An accepted module has a valid Python name: what a worker imports is no option, no path and no code.
func FuzzIsModule(f *testing.F) {
	for _, s := range []string{"shop.queue:app", "shop", "a.b:c.d", "-m", "a b", "a;b", "../a", "a:", ":", "a..b", "1a", "\xff", "é.日本", "a:b:c", "a/b", ""} {
		f.Add(s)
	}
	name := `[_\p{L}][_\p{L}\p{Nd}]*`
	module := regexp.MustCompile(`^` + name + `(\.` + name + `)*(:` + name + `(\.` + name + `)*)?$`)
	f.Fuzz(func(t *testing.T, s string) {
		if got := isModule(s); got != module.MatchString(s) {
			t.Errorf("%q: %t", s, got)
		}
	})
}
