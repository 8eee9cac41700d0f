package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/results"
)

// Two versions of one product and another name for a product are separate brokers, from the plan to the report.
func TestVersionsAndProductsAreBrokersOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.yaml"), strings.Replace(small, "tasks: 500", "tasks: 100", 1))
	names := []string{"postgres", "postgres@18", "mariadb"}
	cmd, _, stderr := tqbench(t.Context(), t, dir, "run", "--scenario", "small.yaml", "--blocks", "1", "--contender", "celery,asynctasq", "--broker", strings.Join(names, ","))
	cmd.Env = append(cmd.Env, brokername.Variable("postgres@18", "BIN")+"="+brokertest.Postgres18(t))
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	trials, err := results.ReadTrials(filepath.Join(dir, defaultOut))
	if err != nil {
		t.Fatal(err)
	}
	ran := map[string]int{}
	for _, tr := range trials {
		if tr.Done() && tr.Finished == tr.Sent && tr.Sent > 0 {
			ran[tr.Broker]++
		} else if tr.Broker != "mariadb" { // two AsyncTasQ workers sometimes deadlock on it, which ends one of them
			t.Errorf("%s on %s: %+v %s", tr.Arm, tr.Broker, tr.Counts, tr.Reason)
		}
	}
	if ran["postgres"] != 2 || ran["postgres@18"] != 2 || ran["mariadb"] == 0 {
		t.Errorf("there are %v", ran)
	}
	run, err := results.ReadRun(filepath.Join(dir, defaultOut))
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, b := range run.Brokers {
		versions[b.Name] = b.Product + " " + b.Version
	}
	if !strings.HasPrefix(versions["postgres@18"], "PostgreSQL 18.") || versions["postgres"] == versions["postgres@18"] || !strings.HasPrefix(versions["mariadb"], "MariaDB ") {
		t.Errorf("the brokers are %v", versions)
	}
	for _, step := range []string{"analyze", "report"} {
		cmd, _, stderr := tqbench(t.Context(), t, dir, step)
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, stderr)
		}
	}
	summary, err := os.ReadFile(filepath.Join(dir, defaultOut, "report", "summary.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range slices.Collect(maps.Values(versions)) {
		product, version, _ := strings.Cut(want, " ")
		if !strings.Contains(string(summary), product) || !strings.Contains(string(summary), version) {
			t.Errorf("the report doesn't show %s", want)
		}
	}
}

// A wrong server is refused before anything is measured, and leaves nothing.
func TestWrongServersAreRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "")
	for _, c := range []struct {
		want string
		args []string
	}{
		{`unknown broker "kafka": choose from redis, valkey,`, []string{"--broker", "kafka"}},
		{"write the version in digits, such as postgres@17", []string{"--broker", "postgres@latest"}},
		{"mysql and mariadb are the same server here, ", []string{"--broker", "mysql,mariadb"}},
		{"postgres@9.0 is not installed, only", []string{"--broker", "postgres@9.0"}},
		{"/nowhere: no such file or directory", []string{"--broker", "postgres@18", "--broker-bin", "postgres@18=nowhere"}},
		{"file is a file: name the folder that it is in", []string{"--broker", "postgres@18", "--broker-bin", "postgres@18=file"}},
		{" has no redis-server: --broker-bin names the folder with the programs of redis", []string{"--broker-bin", "redis=."}},
		{"write NAME=FOLDER", []string{"--broker-bin", "redis"}},
		{"--broker-bin is for redis@7, but the brokers are redis", []string{"--broker-bin", "redis@7=."}},
		{"--broker-url is for valkey, but the brokers are redis", []string{"--broker-url", "valkey=redis://127.0.0.1:1/0"}},
		{"redis has a URL and a folder of programs", []string{"--broker-url", "redis=redis://127.0.0.1:1/0", "--broker-bin", "redis=."}},
		{"redis and valkey have the same URL", []string{"--broker", "redis,valkey", "--broker-url", "redis=redis://127.0.0.1:1/0", "--broker-url", "valkey=redis://127.0.0.1:1/0"}},
		{"--broker names redis twice", []string{"--broker", "redis,redis"}},
		{"sqs is an emulator of tqbench's own", []string{"--broker-bin", "sqs=."}},
	} {
		refusedInOneLine(t, dir, c.want, append([]string{"run", "--scenario", "throughput", "--blocks", "1", "--contender", "celery", "--out", "elsewhere"}, c.args...)...)
	}
}

func TestEachBrokerHasItsVariable(t *testing.T) {
	for name, want := range map[string]string{"redis": "TQBENCH_REDIS_URL", "postgres@17": "TQBENCH_POSTGRES_17_URL", "mysql@8.4": "TQBENCH_MYSQL_8_4_URL",
		"rabbitmq-quorum": "TQBENCH_RABBITMQ_QUORUM_URL", "rabbitmq-quorum@3.10": "TQBENCH_RABBITMQ_QUORUM_3_10_URL", "rabbitmq@4": "TQBENCH_RABBITMQ_4_URL"} {
		if got := urlEnv(name); got != want {
			t.Errorf("%s has %s, want %s", name, got, want)
		}
		t.Setenv(want, "url of "+name)
	}
	for _, name := range []string{"TQBENCH_REDIS__URL", "TQBENCH_KAFKA_URL", "TQBENCH_URL", "TQBENCH_PROMETHEUS_URL", "TQBENCH_SQS_1_URL", "REDIS_URL", "TQBENCH_REDIS_X_URL", "TQBENCH_RABBITMQ_QUORUMS_URL"} {
		t.Setenv(name, "another")
	}
	t.Setenv("TQBENCH_RABBITMQ_URL", "")
	got := map[string]string{}
	fromEnv(got, "URL")
	want := map[string]string{"redis": "url of redis", "postgres@17": "url of postgres@17", "mysql@8.4": "url of mysql@8.4",
		"rabbitmq-quorum": "url of rabbitmq-quorum", "rabbitmq-quorum@3.10": "url of rabbitmq-quorum@3.10", "rabbitmq@4": "url of rabbitmq@4"}
	if !maps.Equal(got, want) {
		t.Errorf("the environment has %v, want %v", got, want)
	}
}

// The command that continues a run names each folder as the flag takes it, or the variable that has it.
func TestFoldersOfProgramsAreGivenAgain(t *testing.T) {
	t.Setenv(brokername.Variable("mysql@8.4", "BIN"), "/e")
	t.Setenv(brokername.Variable("redis", "BIN"), "/another")
	given := binFlag{"redis": "/a,b", "postgres@18": "/c d", "mysql@8.4": "/e"}
	args, variables := given.again(t.TempDir())
	if want := []string{"TQBENCH_MYSQL_8_4_BIN"}; !slices.Equal(variables, want) {
		t.Errorf("by variables %q, want %q", variables, want)
	}
	got := binFlag{"mysql@8.4": "/e"}
	cmd := runCmd()
	for i := 0; i < len(args); i += 2 {
		if cmd.Flag(strings.TrimPrefix(args[i], "--")) == nil {
			t.Errorf("run has no %s", args[i])
		}
		if err := got.Set(args[i+1]); err != nil {
			t.Error(err)
		}
	}
	if !maps.Equal(given, got) || len(args) != 4 {
		t.Errorf("%v is given again as %v, by %q", given, got, args)
	}
}
