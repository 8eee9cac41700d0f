package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
)

func TestDoctorEndsWith3IfABrokerIsMissing(t *testing.T) {
	testneeds.Real(t, "a broker")
	dir := t.TempDir()
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, "doctor", "--broker", "redis,sqs")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	for _, want := range []string{"this machine: ", "workers", "fauxqs", "prometheus", "redis-server"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("doctor doesn't speak of %s:\n%s", want, stdout)
		}
	}
	// A machine without programs has no Redis.
	cmd, stdout, stderr = tqbench(t.Context(), t, dir, "doctor", "--broker", "redis", "--json")
	cmd.Env = append(cmd.Environ(), "PATH="+dir)
	if code := exit(cmd.Run()); code != exitInvalid || !strings.Contains(stderr.String(), "redis needs redis-server, which is missing: apt-get install redis-server") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	var d diagnosis
	if err := json.Unmarshal(stdout.Bytes(), &d); err != nil || len(d.Missing) != 1 || d.State == "" || len(d.Workers) == 0 {
		t.Errorf("%v: %+v", err, d)
	}
	cmd, _, stderr = tqbench(t.Context(), t, dir, "doctor", "--broker", "nats")
	if code := exit(cmd.Run()); code != exitInput || !strings.Contains(stderr.String(), `unknown broker "nats"`) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
