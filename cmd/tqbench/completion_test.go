package main

import (
	"slices"
	"strings"
	"testing"
)

func TestCompletionKnowsTheNames(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"run", "--broker", ""}, "rabbitmq"}, {[]string{"run", "--broker", "redis,"}, "redis,rabbitmq"}, {[]string{"doctor", "--broker", ""}, "all"},
		{[]string{"plan", "--scenario", ""}, "throughput"}, {[]string{"quick", ""}, "recovery"}, {[]string{"run", "--contender", "celery/prefork,"}, "celery/prefork,rq/fork"},
		{[]string{"schema", ""}, "scenario"}, {[]string{"selfcheck", "aa", "--contender", ""}, "dramatiq/threads"},
	} {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, append([]string{"__complete"}, c.args...)...)
		if err := cmd.Run(); err != nil {
			t.Errorf("%q: %v: %s", c.args, err, stderr)
		}
		if !slices.Contains(strings.Split(stdout.String(), "\n"), c.want) {
			t.Errorf("%q: %q isn't offered: %s", c.args, c.want, stdout)
		}
	}
	cmd, stdout, _ := tqbench(t.Context(), t, dir, "--help")
	if err := cmd.Run(); err != nil || !strings.Contains(stdout.String(), "completion") {
		t.Errorf("the help doesn't say that there is completion (%v)", err)
	}
}
