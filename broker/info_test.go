package broker

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRedisLikeServersAreNamed(t *testing.T) {
	for info, want := range map[string][2]string{
		"# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n":                                 {"Redis", "7.0.15"},
		"# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\nos:Linux\r\n": {"Valkey", "8.1.1"},
		"valkey_version:8.1.1\nserver_name:\nredis_version:7.2.4":                                       {"Redis", "8.1.1"},
		"": {"Redis", ""}, "redis_version": {"Redis", ""},
	} {
		if product, version := redisProduct(info); product != want[0] || version != want[1] {
			t.Errorf("%q is %q %q, want %q", info, product, version, want)
		}
	}
}

// Any server gets a name, and neither name nor version breaks a line.
func FuzzRedisInfo(f *testing.F) {
	f.Add("# Server\r\nredis_version:7.0.15\r\nserver_name:valkey\r\n")
	f.Add("server_name:\n:\nredis_version::a:b\nvalkey_version: \t\n")
	f.Add("server_name:\rx\x00\xff")
	f.Fuzz(func(t *testing.T, info string) {
		product, version := redisProduct(info)
		if product == "" || strings.Contains(product+version, "\n") || !strings.Contains(info, version) || !slices.Contains([]string{"Redis", "Valkey"}, product) && !strings.Contains(info, product) {
			t.Errorf("%q is %q %q", info, product, version)
		}
	})
}

func TestRedisLikeServersSayTheirCPUTime(t *testing.T) {
	for info, want := range map[string]time.Duration{
		"# CPU\r\nused_cpu_sys:1.250000\r\nused_cpu_user:2.500000\r\nused_cpu_sys_children:9\r\nused_cpu_user_main_thread:2.4\r\n": 3750 * time.Millisecond,
		"used_cpu_sys:0\nused_cpu_user:0.5": 500 * time.Millisecond,
	} {
		if got, err := redisCPU(info); err != nil || got != want {
			t.Errorf("%q: %s, %v; want %s", info, got, err, want)
		}
	}
	for _, info := range []string{"", "used_cpu_sys:1", "used_cpu_sys:x\nused_cpu_user:1", "used_cpu_sys:-1\nused_cpu_user:1", "used_cpu_sys:NaN\nused_cpu_user:1", "used_cpu_sys:1e300\nused_cpu_user:1"} {
		if got, err := redisCPU(info); err == nil {
			t.Errorf("%q: %s", info, got)
		}
	}
}
