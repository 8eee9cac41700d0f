package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every command refuses bad input before it does anything. The folder has a folder, a file, a link to itself, files of the right names that
// are empty or not text, and an empty analysis.
func TestAWrongCommandLineIsRefusedInOneLine(t *testing.T) {
	const (
		unit   = "write a duration with its unit"
		whole  = "write a whole number"
		number = "write a number"
		empty  = " is empty: leave it out, or give a value"
		verb   = "--broker-url: write NAME=URL, where NAME is one of redis, valkey, postgres, mysql, mariadb, rabbitmq, rabbitmq-quorum, sqs"
		own    = "if it is yours to load, say so with --i-own-this-broker"
		before = "an earlier step has not run there"
		notDir = "not a directory"
		both   = "give both --rate (tasks per second, up to a million) and --p99"
	)
	app := []string{"plan", "--app", "celery=shop", "--task", "price"}
	long := strings.Repeat("a", 100_000)
	for _, tt := range []struct {
		want string
		args []string
	}{
		{`unknown command ""`, []string{""}},
		{"unknown flag: --nope", []string{"--nope"}},
		{"unknown shorthand flag: 'z' in -z (see tqbench quick --help)", []string{"quick", "-z"}},
		{`--blocks "": ` + whole, []string{"quick", "--blocks="}},
		{`--blocks "1e3": ` + whole, []string{"quick", "--blocks", "1e3"}},
		{"-3 blocks: must be from 1", []string{"quick", "--blocks", "-3"}},
		{"1001 blocks: must be from 1 to 1000", []string{"plan", "--blocks", "1001"}},
		{whole + " that is not so large", []string{"quick", "--blocks", "99999999999999999999"}},
		{"scale NaN: must be above 0 and at most 1000", []string{"quick", "--scale", "NaN"}},
		{"scale +Inf: must be above 0", []string{"run", "--scale", "Inf"}},
		{"scale 0: must be above 0", []string{"plan", "--scale", "0"}},
		{"scale 1e+300: must be above 0", []string{"quick", "--scale", "1e300"}},
		{number + " that is not so large", []string{"quick", "--scale", "1e400"}},
		{`--scale "x": ` + number, []string{"run", "--scale", "x"}},
		{"from 0 to 2^64-1 that is not so large", []string{"quick", "--seed", "18446744073709551616"}},
		{`--seed "1.5": ` + whole, []string{"plan", "--seed", "1.5"}},
		{`--rtt "5": ` + unit, []string{"quick", "--rtt", "5"}},
		{`--rtt "NaN": ` + unit, []string{"quick", "--rtt", "NaN"}},
		{"must be from 0 to 2s", []string{"plan", "--rtt", "3s"}},
		{"--broker" + empty, []string{"quick", "--broker", ""}},
		{`unknown broker "": choose from redis`, []string{"quick", "--broker", "redis,"}},
		{`unknown broker "Redis": choose from redis`, []string{"run", "--broker", "Redis"}},
		{`unknown broker "re\x1b[31mdis"`, []string{"quick", "--broker", "re\x1b[31mdis"}},
		{`unknown broker "\xff"`, []string{"quick", "--broker", "\xff"}},
		{"--contender" + empty, []string{"quick", "--contender", ""}},
		{`unknown contender ""`, []string{"quick", "--contender", "celery,"}},
		{"[...]", []string{"quick", "--contender", long}},
		{"--scenario" + empty, []string{"plan", "--scenario", ""}},
		{`unknown scenario "-1"`, []string{"plan", "--scenario", "-1"}},
		{"folder.yaml: no such file", []string{"quick", "--scenario", "folder.yaml"}},
		{"dir.yaml: it is a directory", []string{"quick", "--scenario", "dir.yaml"}},
		{"scenario empty.yaml: it is empty", []string{"plan", "--scenario", "empty.yaml"}},
		{"scenario bin.yaml: ", []string{"plan", "--scenario", "bin.yaml"}},
		{"too many levels of symbolic links", []string{"plan", "--scenario", "loop.yaml"}},
		{"file name too long", []string{"quick", "--scenario", long + ".yaml"}},
		{`\u001b[2J.yaml: no such file`, []string{"quick", "--scenario", "\x1b[2J.yaml"}},
		{`--defaults "maybe": write true or false`, []string{"quick", "--defaults=maybe"}},
		{`--json "2": write true or false`, []string{"quick", "--json=2"}},
		{`a profile of "CPU": allowed: cpu, memory`, []string{"quick", "--profile", "CPU"}},
		{"--profile" + empty, []string{"quick", "--profile", ""}},
		{`--until "NaN%": write a percentage`, []string{"quick", "--until", "NaN%"}},
		{`--until "-5%": write a percentage`, []string{"quick", "--until", "-5%"}},
		{`--until "5": write a percentage`, []string{"run", "--until", "5"}},
		{"until 101 %: must be from 0.1 to 100 %", []string{"plan", "--until", "101%"}},
		{"at most 100000 blocks: must be from the first 6 to 1000", []string{"quick", "--until", "5%", "--max-blocks", "100000"}},
		{"--for is the length of a soak", []string{"quick", "--for", "8h"}},
		{"--for 500ms: must be from 1s to 138h53m20s", []string{"plan", "--scenario", "soak", "--for", "0.5s"}},
		{"--for 200h0m0s: must be from 1s to 138h53m20s", []string{"plan", "--scenario", "soak", "--for", "200h"}},
		{"--for -1h0m0s: must be from 1s to 138h53m20s", []string{"plan", "--scenario", "soak", "--for", "-1h"}},
		{`--for "forever": ` + unit, []string{"plan", "--scenario", "soak", "--for", "forever"}},
		{verb, []string{"quick", "--broker-url", "hunter2"}},
		{verb, []string{"run", "--broker-url", "redis="}},
		{verb, []string{"quick", "--broker-url", "nats=nats://:hunter2@h"}},
		{"not on this machine but at 10.1.2.3: " + own, []string{"quick", "--broker-url", "redis=redis://:hunter2@10.1.2.3/0"}},
		{"at db.example.com: " + own, []string{"run", "--broker", "postgres", "--broker-url", "postgres=postgres://u:hunter2@localhost,db.example.com/db"}},
		{"at AWS in eu-west-1: " + own, []string{"quick", "--broker", "sqs", "--broker-url", "sqs=sqs://eu-west-1"}},
		{"at 10.1.2.3: " + own, []string{"selfcheck", "aa", "--broker-url", "redis=redis://10.1.2.3"}},
		{"percent-encode @ and / in the password (%40, %2F)", []string{"quick", "--broker", "postgres", "--broker-url", "postgres=postgresql://u:p@hunter2/w@127.0.0.1/db"}},
		{"percent-encode # in the password (%23)", []string{"quick", "--broker-url", "redis=redis://:password#hunter2@127.0.0.1/0"}},
		{"the Redis URL can't be read: write redis://", []string{"quick", "--broker-url", "redis=http://:hunter2@h"}},
		{"the PostgreSQL URL can't be read: write postgresql://", []string{"quick", "--broker", "postgres", "--broker-url", "postgres=postgres://u:hunter2@h:port/db"}},
		{"the MySQL URL can't be read: write mysql://", []string{"quick", "--broker", "mysql", "--broker-url", "mysql=mysql://u:hunter2@h"}},
		{"the RabbitMQ URL can't be read: write amqp://", []string{"quick", "--broker", "rabbitmq", "--broker-url", "rabbitmq=amqp://u:hunter2@h:1x"}},
		{"the SQS URL can't be read: write sqs://", []string{"quick", "--broker", "sqs", "--broker-url", "sqs=sqs://K:hunter2@h"}},
		{`unknown scenario "redis=redis://:***@127.0.0.1/0"`, []string{"quick", "redis=redis://:hunter2@127.0.0.1/0"}},
		{"--out" + empty, []string{"quick", "--out", ""}},
		{notDir, []string{"quick", "--out", "file"}},
		{notDir, []string{"quick", "--out", "file/x"}},
		{"too many levels of symbolic links", []string{"quick", "--out", "loop.yaml"}},
		{"file name too long", []string{"quick", "--out", long}},
		{"make the output folder: mkdir /proc/none", []string{"quick", "--out", "/proc/none"}},
		{notDir, []string{"plan", "--out", "file"}},
		{notDir, []string{"run", "--out", "file"}},
		{notDir, []string{"selfcheck", "aa", "--out", "file"}},
		{`unknown scenario "a"`, []string{"run", "a", "b"}},
		{"give scenarios with --scenario or as arguments, not both", []string{"run", "1", "--scenario", "2"}},
		{`unknown scenario "--blocks"`, []string{"run", "--", "--blocks"}},
		{"folder has no run to resume", []string{"run", "--resume", "--out", "folder"}},
		{"folder/plan.json: no such file", []string{"quick", "--resume", "--out", "folder"}},
		{before, []string{"analyze", "x"}},
		{notDir, []string{"analyze", "--out", "file"}},
		{"loop.yaml/plan.json: too many levels", []string{"analyze", "--out", "loop.yaml"}},
		{before, []string{"analyze", "--out", "folder"}},
		{"--pause-after 0s: write a time above zero", []string{"run", "--pause-after", "0"}},
		{"--pause-after -1s: write a time above zero", []string{"run", "--pause-after", "-1s"}},
		{before, []string{"report", "--out", "folder"}},
		{notDir, []string{"report", "--out", "file"}},
		{"tqbench compare takes OLD NEW: 0 given", []string{"compare"}},
		{"tqbench compare takes OLD NEW: 3 given", []string{"compare", "a", "b", "c"}},
		{"folder has no analysis.json: run tqbench analyze --out folder", []string{"compare", "folder", "folder"}},
		{"read file: not a usable file", []string{"compare", "file", "file"}},
		{"read bin.json: not a usable file", []string{"compare", "bin.json", "bin.json"}},
		{"none.json has no trials", []string{"compare", "none.json", "none.json"}},
		{"stat none: no such file", []string{"compare", "none", "none"}},
		{"--fail-if" + empty, []string{"compare", "a", "b", "--fail-if", ""}},
		{`"5%" has no sign`, []string{"compare", "a", "b", "--fail-if", "throughput < 5%"}},
		{`"-NaN%" is not a percentage`, []string{"compare", "a", "b", "--fail-if", "throughput < -NaN%"}},
		{`"\xff < -5%": it has a character that can't be printed`, []string{"compare", "a", "b", "--fail-if", "\xff < -5%"}},
		{"tqbench trend takes FOLDER: 0 given", []string{"trend"}},
		{"tqbench serve takes FOLDER: 0 given", []string{"serve"}},
		{"tqbench schema takes at most one NAME: 2 given", []string{"schema", "plan", "run"}},
		{"unknown schema \"plans\"", []string{"schema", "plans"}},
		{"file is not a folder", []string{"trend", "file"}},
		{"(bin.json: not a usable file", []string{"trend", "."}},
		{"no run below folder", []string{"trend", "folder"}},
		{`--new "x": ` + whole, []string{"trend", "folder", "--new", "x"}},
		{`--level "0,1": ` + number, []string{"trend", "folder", "--level", "0,1"}},
		{both, []string{"size"}},
		{both, []string{"size", "--rate", "NaN", "--p99", "1s"}},
		{both, []string{"size", "--rate", "1e9", "--p99", "1s"}},
		{both, []string{"size", "--rate", "5", "--p99", "-1s"}},
		{`--p99 "5": ` + unit, []string{"size", "--rate", "5", "--p99", "5"}},
		{before, []string{"size", "--rate", "5", "--p99", "1s", "--out", "folder"}},
		{"tqbench tasks takes at most one FILE: 2 given", []string{"tasks", "a", "b"}},
		{"tqbench show takes a folder or --out, not both", []string{"show", "a", "--out", "b"}},
		{"--json shows the whole answer, and --broker, --load and --rate ask for one sentence", []string{"show", "--rate", "5", "--json"}},
		{"--claims shows the whole answer", []string{"show", "--load", "io", "--claims"}},
		{"the folder is empty: leave it out", []string{"analyze", ""}},
		{"tqbench analyze takes a folder or --out, not both", []string{"analyze", "a", "--out", "b"}},
		{"tqbench report takes a folder or --out, not both", []string{"report", "a", "--out", "b"}},
		{notDir, []string{"tasks", "--out", "file"}},
		{"folder has no trials: the step before has not run there", []string{"tasks", "--out", "folder"}},
		{"tqbench trace takes FILE: 0 given", []string{"trace"}},
		{"tqbench trace takes FILE: 2 given", []string{"trace", "a", "b"}},
		{"none: no such file", []string{"trace", "none"}},
		{"folder: it is a directory", []string{"trace", "folder"}},
		{"empty.yaml: line 1: it is empty", []string{"trace", "empty.yaml"}},
		{"bin.yaml: line 1: no column has times", []string{"trace", "bin.yaml"}},
		{"at.csv: line 3: column at is \"x\"", []string{"trace", "at.csv"}},
		{`--format "log": choose from arrivals`, []string{"trace", "at.csv", "--format", "log"}},
		{"--time" + empty, []string{"trace", "at.csv", "--time", ""}},
		{`--speed "fast": write a factor such as 60x`, []string{"trace", "at.csv", "--speed", "fast"}},
		{`--speed "NaNx": write a factor`, []string{"trace", "at.csv", "--speed", "NaNx"}},
		{`--speed "-2x": write a factor`, []string{"trace", "at.csv", "--speed", "-2x"}},
		{"--rate-scale 2: must be above 0 and at most 1", []string{"trace", "at.csv", "--rate-scale", "2"}},
		{"--rate-scale NaN: must be above 0", []string{"trace", "at.csv", "--rate-scale", "NaN"}},
		{"--for 0s: write a time above zero", []string{"trace", "at.csv", "--for", "0"}},
		{"--bucket -1s: write a time such as 1m", []string{"trace", "at.csv", "--bucket", "-1s"}},
		{"--kinds 101: must be from 1 to 100", []string{"trace", "at.csv", "--kinds", "101"}},
		{"--out load.csv: name a file that ends with .yaml", []string{"trace", "at.csv", "--out", "load.csv"}},
		{`--from "noon": write a time after the first task`, []string{"trace", "good.csv", "--from", "noon"}},
		{`--from "2026-01-31": the trace has no dates`, []string{"trace", "good.csv", "--from", "2026-01-31"}},
		{"a part from 1h0m0s is outside it", []string{"trace", "good.csv", "--from", "1h"}},
		{"the load lasts 4000000 s, and a trace has at most 1000000", []string{"trace", "good.csv", "--speed", "0.000001", "--out", "load.yaml"}},
		{"open nowhere/load.csv: no such file", []string{"trace", "good.csv", "--out", "nowhere/load.yaml"}},
		{`unknown command "clean" for "tqbench workers"`, []string{"workers", "clean"}},
		{`unknown contender ""`, []string{"workers", "build", ""}},
		{`unknown command "clear" for "tqbench broker"`, []string{"broker", "clear"}},
		{"tqbench broker serve takes NAME: 0 given", []string{"broker", "serve"}},
		{"tqbench broker serve takes NAME: 2 given", []string{"broker", "serve", "redis", "mysql"}},
		{`unknown broker "nats"`, []string{"broker", "serve", "nats"}},
		{"--listen" + empty, []string{"broker", "serve", "redis", "--listen", ""}},
		{`can't listen on "localhost:1": write IP:PORT`, []string{"broker", "serve", "redis", "--listen", "localhost:1"}},
		{`can't listen on "127.0.0.1:99999": write IP:PORT`, []string{"broker", "serve", "redis", "--listen", "127.0.0.1:99999"}},
		{`unknown command "x" for "tqbench list"`, []string{"list", "x"}},
		{`unknown command "x" for "tqbench doctor"`, []string{"doctor", "x"}},
		{`--json "x": write true or false`, []string{"doctor", "--json=x"}},
		{`unknown broker "x"`, []string{"selfcheck", "--broker", "x"}},
		{"--broker" + empty, []string{"selfcheck", "--broker", ""}},
		{"unknown flag: --broker-url", []string{"selfcheck", "--broker-url", "redis=redis://:hunter2@h"}},
		{"unknown flag: --i-own-this-broker", []string{"selfcheck", "--i-own-this-broker"}},
		{"unknown flag: --markdown", []string{"selfcheck", "aa", "--markdown", "-"}},
		{"unknown flag: --results", []string{"selfcheck", "crash", "--results", "folder"}},
		{"folder/plan.json: no such file", []string{"selfcheck", "--results", "folder"}},
		{"0 blocks: must be from 1", []string{"selfcheck", "aa", "--blocks", "0"}},
		{"rate 0: must be from 1 to 1000000", append(app, "--rate", "0")},
		{"rate 99999999: must be from 1 to 1000000", append(app, "--rate", "99999999")},
		{"--calls bin.json: must be a JSON array of calls", append(app, "--calls", "bin.json")},
		{"--calls folder: it is a directory", append(app, "--calls", "folder")},
		{"--app-path file: no such folder", append(app, "--app-path", "file")},
		{"--app-python folder: no such program but a folder: name the program in it, such as folder/bin/python", append(app, "--app-python", "folder")},
		{"give --scenario or --app, not both", append(app, "--scenario", "2")},
		{`--app "celery=a b": write FRAMEWORK=MODULE`, []string{"plan", "--app", "celery=a b", "--task", "price"}},
		{`--app "celery=1a": write FRAMEWORK=MODULE`, []string{"plan", "--app", "celery=1a", "--task", "price"}},
		{"--task \"asynctasq=price\": there is no --app asynctasq=MODULE", []string{"plan", "--app", "celery=shop", "--task", "asynctasq=price"}},
		{"--task is missing: which task of asynctasq to run", []string{"plan", "--app", "celery=shop", "--app", "asynctasq=mail", "--task", "celery=price"}},
		{"celery has an application already, shop", []string{"plan", "--app", "celery=shop", "--app", "celery=mail", "--task", "price"}},
		{"write the module's name, celery=shop.queue", []string{"plan", "--app", "celery=shop/queue.py", "--task", "price"}},
		{`unknown framework "django": choose from `, []string{"plan", "--app", "django=shop", "--task", "price"}},
		{"no such program but a folder: name the program in it, such as /tmp/bin/python", []string{"plan", "--app", "celery=shop", "--task", "price", "--app-python", "/tmp"}},
		{"--rate is for your own task", []string{"plan", "--rate", "5"}},
		{"--app-path is for your own task", []string{"quick", "--app-path", "folder"}},
	} {
		name := strings.Join(tt.args, " ")
		t.Run(name[:min(len(name), 60)], func(t *testing.T) {
			dir := t.TempDir()
			for _, path := range []string{"folder", "dir.yaml"} {
				if err := os.Mkdir(filepath.Join(dir, path), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink("loop.yaml", filepath.Join(dir, "loop.yaml")); err != nil {
				t.Fatal(err)
			}
			for path, text := range map[string]string{"file": "x", "empty.yaml": "", "bin.yaml": "\x80\xff", "bin.json": "\x80\xff", "at.csv": "at\n1\nx\n", "good.csv": "at\n1\n5\n", "none.json": `{"version":1}`} {
				write(t, filepath.Join(dir, path), text)
			}
			refusedInOneLine(t, dir, tt.want, tt.args...)
		})
	}
}
