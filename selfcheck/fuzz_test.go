package selfcheck

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// Whatever a tool prints, a figure is a number that can be worked with, or there is none and an error.
func FuzzToolsOutput(f *testing.F) {
	for _, s := range []string{redisOutput, pgbenchOutput, slapOutput, perfTestOutput, "",
		`"LPUSH","1` + strings.Repeat("0", 400) + `"`, `"LPUSH (x)","1.2.3"`, "tps = . (without", "tps = 0 (excluding", "an Error\r\nmore"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, out string) {
		for name, read := range map[string]func(string) (float64, error){
			"redis-benchmark": redisBenchmarkRate, "pgbench": pgbenchTPS, "mariadb-slap": slapSeconds, "perf-test": perfTestRate,
		} {
			v, err := read(out)
			if err == nil != (v > 0) || math.IsInf(v, 0) || math.IsNaN(v) {
				t.Errorf("%s: %q gives %v, %v", name, out, v, err)
			}
		}
		if c := complaint([]byte(out)); c == "" || strings.Contains(c, "\n") || strings.TrimSpace(c) != c {
			t.Errorf("%q complains of %q", out, c)
		}
	})
}

// Whatever a framework's side prints, there are as many times as there are rounds, which a report can hold, or an error.
func FuzzTimes(f *testing.F) {
	f.Add(`{"encode_ns": [1, 2, 3, 4, 5, 6, 7]}`, 3)
	f.Add(`{"encode_ns": [], "refused": "no"}`, 1)
	f.Add("1.5 2.5\n3", 3)
	f.Add("NaN +Inf 1", 3)
	f.Fuzz(func(t *testing.T, out string, rounds int) {
		if rounds < 1 || rounds > 1000 {
			return
		}
		for name, read := range map[string]func() ([]float64, error){
			"codec": func() ([]float64, error) { return readClientCodec([]byte(out), rounds) },
			"times": func() ([]float64, error) { return readTimes(out, rounds) },
		} {
			ns, err := read()
			if err != nil {
				continue
			}
			if _, err := json.Marshal(ns); len(ns) != rounds || err != nil {
				t.Errorf("%s: %q gives %v for %d rounds (%v)", name, out, ns, rounds, err)
			}
		}
	})
}
