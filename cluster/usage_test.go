package cluster

import (
	"testing"
	"testing/fstest"
	"time"
)

// A control group is read in both versions. The root's, which is that of the whole machine, is not taken for ours.
func TestControlGroups(t *testing.T) {
	t.Parallel()
	files := func(texts map[string]string) fstest.MapFS {
		out := fstest.MapFS{}
		for name, text := range texts {
			out[name] = &fstest.MapFile{Data: []byte(text)}
		}
		return out
	}
	const stat2 = "usage_usec 2500000\nnr_periods 40\nnr_throttled 3\nthrottled_usec 70000\n"
	two := group{cpu: 2500 * time.Millisecond, periods: 40, throttled: 3, throttledFor: 70 * time.Millisecond, memory: 4096, limit: 1.5, ok: true}
	unlimited := two
	unlimited.limit = 0
	one := group{cpu: 7 * time.Second, periods: 9, throttled: 2, throttledFor: 5 * time.Millisecond, memory: 8192, limit: 2, ok: true}
	for name, c := range map[string]struct {
		self  string
		files map[string]string
		want  group
	}{
		"version 2":                       {"0::/pod\n", map[string]string{"pod/cpu.stat": stat2, "pod/memory.current": "4096\n", "pod/cpu.max": "150000 100000\n"}, two},
		"version 2, no limit":             {"0::/pod\n", map[string]string{"pod/cpu.stat": stat2, "pod/memory.current": "4096\n", "pod/cpu.max": "max 100000\n"}, unlimited},
		"version 2, a separate namespace": {"0::/\n", map[string]string{"cpu.stat": stat2, "memory.current": "4096\n", "cpu.max": "150000 100000\n"}, two},
		"version 2, the machine's":        {"0::/\n", map[string]string{"cpu.stat": stat2}, group{}},
		"version 1": {"4:memory:/m\n3:cpu,cpuacct:/c\n", map[string]string{"cpu/c/cpu.stat": "nr_periods 9\nnr_throttled 2\nthrottled_time 5000000\n",
			"cpuacct/c/cpuacct.usage": "7000000000\n", "memory/m/memory.usage_in_bytes": "8192\n", "cpu/c/cpu.cfs_quota_us": "200000\n", "cpu/c/cpu.cfs_period_us": "100000\n"}, one},
		"version 1, the machine's": {"3:cpu,cpuacct:/\n", map[string]string{"cpu/cpu.stat": "nr_periods 0\n", "cpuacct/cpuacct.usage": "7000000000\n",
			"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, group{}},
		"none": {"", nil, group{}},
	} {
		if got := readGroup(files(c.files), c.self); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// The fields are those of chronyc(1).
func TestChronysError(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"A9FEA97B,169.254.169.123,4,1764489600.1,0.000001,0.000002,0.000010,-5.3,0.001,0.02,0.000500,0.000250,64.2,Normal\n": "chrony: the wall clock is at most 0.000501 s wrong",
		"A9FEA97B,169.254.169.123,4,1764489600.1,-0.25,0.000002,0.000010,-5.3,0.001,0.02,0.000500,0.000250,64.2,Normal\n":    "chrony: the wall clock is at most 0.250500 s wrong",
		"7F7F0101,,0,0.0,0.000000000,0.000000000,0.000000000,0.0,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised\n": "chrony: the wall clock is not synchronised",
		"506 Cannot talk to daemon\n":   "",
		"":                              "",
		"a,b,c,d,e,f,g,h,i,j,k,l,m,n\n": "",
		"A9FEA97B,169.254.169.123,4,1764489600.1,0.000001,0.000002,0.000010,-5.3,0.001,0.02,0.000500,0.000250\n": "",
	} {
		if got := chrony(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
