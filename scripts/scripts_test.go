// Package scripts has no code: it tests the scripts with fake programs instead of the ones they run.
package scripts

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/internal/testneeds"
)

// run runs a script of the repository with fake programs, given by their names and shell code. It returns what they append to $LOG, a line
// each, with the script's own output and its exit code.
func run(t *testing.T, fakes map[string]string, script string, args ...string) (log []string, said string, code int) {
	t.Helper()
	return runIn(t, []string{"PATH=" + fakesFolder + ":" + os.Getenv("PATH")}, fakes, script, args...)
}

// fakesFolder is in a variable's value where the folder with the fakes is meant.
const fakesFolder = "FAKES"

// runIn is run with further variables.
func runIn(t *testing.T, env []string, fakes map[string]string, script string, args ...string) (log []string, said string, code int) {
	t.Helper()
	testneeds.Real(t, "awk, sed and find")
	dir := t.TempDir()
	for name, body := range fakes {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "scripts/"+script, args...)
	cmd.Dir = ".."
	file := filepath.Join(dir, "log")
	cmd.Env = append(os.Environ(), "LOG="+file)
	for _, v := range env {
		cmd.Env = append(cmd.Env, strings.ReplaceAll(v, fakesFolder, dir))
	}
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n"), string(out), code
}

// fakeGo lists three targets in two packages, as go test does, and fails for the given ones.
func fakeGo(failing string) string {
	return `case "$*" in
"test -list ^Fuzz ./...")
	printf 'FuzzA\nFuzzB\nok  \texample.com/one\t0.01s\n?   \texample.com/none\t[no test files]\nok  \texample.com/bare\t0.01s\nFuzzC\nok  \texample.com/two\t0.02s\n' ;;
*)
	echo "$*" >>"$LOG"
	cat # what it reads is no target
	case "$5" in ` + failing + `) echo found something; exit 1 ;; esac ;;
esac`
}

func TestFuzzingGoesOnAfterAFailure(t *testing.T) {
	each := []string{
		"test -run ^$ -fuzz ^FuzzA$ -fuzztime 3s -fuzzminimizetime 5s example.com/one",
		"test -run ^$ -fuzz ^FuzzB$ -fuzztime 3s -fuzzminimizetime 5s example.com/one",
		"test -run ^$ -fuzz ^FuzzC$ -fuzztime 3s -fuzzminimizetime 5s example.com/two",
	}
	for _, c := range []struct {
		name, failing, says string
		code                int
	}{
		{"none fails", "none", "", 0},
		{"the first fails", `"^FuzzA$"`, "failed:\nexample.com/one FuzzA\n", 1},
		{"two fail", `"^FuzzA$"|"^FuzzC$"`, "failed:\nexample.com/one FuzzA\nexample.com/two FuzzC\n", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			log, said, code := run(t, map[string]string{"go": fakeGo(c.failing)}, "fuzz.sh", "3s")
			if !slices.Equal(log, each) {
				t.Errorf("it ran %q", log)
			}
			if code != c.code || !strings.HasSuffix(said, c.says) || c.code == 0 && strings.Contains(said, "failed") {
				t.Errorf("exit code %d: %s", code, said)
			}
		})
	}
}

func TestFuzzingOfNothingFails(t *testing.T) {
	for name, fake := range map[string]string{"no target": "echo 'ok  \texample.com/one\t0.01s'", "no build": "echo it does not compile; exit 1"} {
		if _, said, code := run(t, map[string]string{"go": fake}, "fuzz.sh"); code != 1 {
			t.Errorf("%s: exit code %d: %s", name, code, said)
		}
	}
}

// fakeAudit are the programs of an audit, which fails for the given paths.
func fakeAudit(failing string) map[string]string {
	judge := `case "$*" in "run ./scripts/gomodules "*) echo "$3/some"; exit ;; esac
echo "$0 $*" | sed 's,.*/bin/,,;s,.*/go ,go ,;s,.*/npm ,npm ,;s,[^ ]*/modules/,modules/,' >>"$LOG"; case "$*" in ` + failing + `) exit 1 ;; esac`
	return map[string]string{
		"go": judge, "npm": judge,
		"python3": `mkdir -p "$3/bin"
cat >"$3/bin/pip-audit" <<'SCRIPT'
#!/bin/sh
` + judge + `
SCRIPT
printf '#!/bin/sh\n' >"$3/bin/pip"
chmod +x "$3/bin/pip" "$3/bin/pip-audit"`,
	}
}

func TestEveryLockIsAudited(t *testing.T) {
	locks, err := filepath.Glob("../workers/locks/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob("../contenders/*/requirements.txt")
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	want := []string{"go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...", "go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 -C examples/go-queue ./...",
		"go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 -C modules/some ./..."}
	for _, l := range append(locks, folders...) {
		want = append(want, "pip-audit --strict --require-hashes --disable-pip --requirement "+strings.TrimPrefix(filepath.ToSlash(l), "../"))
	}
	want = append(want, "npm audit --package-lock-only --prefix broker/brokertest/testdata/postgres18", "npm audit --package-lock-only --prefix contenders/bullmq", "npm audit --package-lock-only --prefix examples/node-queue", "npm audit --package-lock-only --prefix report/testdata/axe", "npm audit --package-lock-only --prefix workers/emulator",
		"npm audit --package-lock-only --prefix workers/javascript")
	for _, c := range []struct{ failing, says string }{
		{"none", ""},
		{"*/axe", "to look at:\nreport/testdata/axe/package-lock.json\n"},
		{"run*|*celery*", "to look at:\nGo modules\nexamples/go-queue\ncontenders/some\ncontenders/celery/requirements.txt\n"},
	} {
		log, said, code := run(t, fakeAudit(c.failing), "audit.sh")
		if !slices.Equal(log, want) {
			t.Errorf("it ran %q, want %q", log, want)
		}
		if (code != 0) != (c.says != "") || !strings.HasSuffix(said, c.says) {
			t.Errorf("%s: exit code %d: %s", c.failing, code, said)
		}
	}
}

// A tag can move to other code; a commit can't.
func TestActionsArePinnedByCommit(t *testing.T) {
	files, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%q (%v)", files, err)
	}
	pinned := regexp.MustCompile(`^[a-z0-9-]+/[a-z0-9-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$`)
	uses := regexp.MustCompile(`(?m)^\s*(?:- )?uses:\s*(.*)$`)
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range uses.FindAllStringSubmatch(string(data), -1) {
			if !pinned.MatchString(m[1]) {
				t.Errorf("%s uses %s", f, m[1])
			}
		}
	}
}

// A release has lists of its parts, signed checksums, and an attestation of its build.
func TestAReleaseIsSignedListedAndAttested(t *testing.T) {
	for file, parts := range map[string][]string{
		"../.goreleaser.yaml": {"\nsboms:\n  - artifacts: archive\n", "\nsigns:\n  - artifacts: checksum\n    cmd: cosign\n"},
		"../.github/workflows/release.yml": {"id-token: write", "attestations: write", "cmd/syft@v", "cmd/cosign@v", "goreleaser release --clean",
			"actions/attest-build-provenance@", "subject-checksums: dist/SHA256SUMS"},
	} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			if !strings.Contains(string(data), p) {
				t.Errorf("%s lacks %q", file, p)
			}
		}
	}
}

// A program that starts processes is started again as their guard, so it must begin with that. Else it would do its own work once more.
func TestProgramsThatStartProcessesCanBeTheirGuard(t *testing.T) {
	const format = `{{if eq .Name "main"}}{{.Dir}} {{join .Deps " "}}{{end}}`
	cmd := exec.CommandContext(t.Context(), "go", "list", "-f", format, "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	begins := func(first string) *regexp.Regexp {
		return regexp.MustCompile(`(?m)^func main\(\) \{\n\t` + regexp.QuoteMeta(first) + `$`)
	}
	found := 0
	for line := range strings.Lines(string(out)) {
		program := strings.Fields(line)
		if !slices.Contains(program, "github.com/tqbench/tqbench/internal/process") {
			continue
		}
		found++
		first := "runner.MaybeHelper()"
		if !slices.Contains(program, "github.com/tqbench/tqbench/runner") { // it runs no trials
			first = "process.MaybeGuard()"
		}
		data, err := os.ReadFile(filepath.Join(program[0], "main.go"))
		if err != nil || !begins(first).Match(data) {
			t.Errorf("%s: main does not begin with %s (%v)", program[0], first, err)
		}
	}
	if found < 2 {
		t.Errorf("only %d programs were found", found)
	}
}

// A change of contenders alone needs their tests alone; anything else needs all.
func TestAChangeOfContendersIsTestedByThem(t *testing.T) {
	for files, want := range map[string]string{
		"contenders/arq/app.py\ncontenders/arq/golden/async-redis.txt":                          "arq",
		"contenders/arq/app.py\ndocs/contenders.md\nCHANGELOG.md\ncontenders/rq/contender.yaml": "arq rq",
		"contenders/arq/app.py\ntrial/run.go":                                                   "all",
		"contenders/README.md":                                                                  "all",
		"contenders/contenders.go":                                                              "all",
		"docs/contenders.md":                                                                    "all",
		"contenders/gone/app.py\ncontenders/arq/app.py":                                         "all",
		"": "all",
	} {
		_, said, code := run(t, map[string]string{"git": "[ \"$*\" = 'diff --name-only --no-renames main --' ] && printf '%s\\n' '" + files + "'"}, "changed.sh", "main")
		if got := strings.Join(strings.Fields(said), " "); got != want || code != 0 {
			t.Errorf("%q: %q (exit code %d), want %q", files, got, code, want)
		}
	}
}

func TestAContendersTestsNeedItsName(t *testing.T) {
	fake := map[string]string{"go": `echo "$*" >>"$LOG"`}
	for _, args := range [][]string{nil, {"nothing"}, {".."}} {
		if log, said, code := run(t, fake, "contender.sh", args...); code != 2 || !strings.Contains(said, "make contender NAME=celery") || len(log) != 1 || log[0] != "" {
			t.Errorf("%q: exit code %d, %q, ran %q", args, code, said, log)
		}
	}
	log, said, code := run(t, fake, "contender.sh", "arq")
	if code != 0 || len(log) != 2 || !strings.HasSuffix(log[1], "$/^arq$") {
		t.Errorf("exit code %d, %q, ran %q", code, said, log)
	}
}

// Every broker that a run can start has its programs installed, if need be.
func TestTheServersOfEachBrokerAreKnown(t *testing.T) {
	t.Parallel()
	fakes := map[string]string{}
	for _, name := range []string{"redis-server", "redis-benchmark", "valkey-server", "postgres", "pgbench", "mysqld", "mariadbd", "mariadb-slap", "rabbitmq-server"} {
		fakes[name] = "exit 0"
	}
	for _, name := range brokername.Products() {
		if _, said, code := run(t, fakes, "brokers.sh", name); code != 0 {
			t.Errorf("%s: exit code %d: %s", name, code, said)
		}
	}
	if _, said, code := run(t, fakes, "brokers.sh", "nosuch"); code != 2 || !strings.Contains(said, "unknown broker nosuch") {
		t.Errorf("an unknown one: exit code %d: %s", code, said)
	}
}

// What is installed is found where Debian puts it, also by users whose PATH lacks that, and nothing is installed in its place. What is
// missing is installed without removing anything, and starts neither now nor with the machine.
func TestOnlyMissingServersAreInstalled(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, path := range []string{"usr/sbin/mysqld", "usr/sbin/rabbitmq-server", "usr/lib/postgresql/15/bin/postgres", "usr/lib/postgresql/15/bin/pgbench"} {
		path = filepath.Join(root, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	logs := `echo "${0##*/} $*" >>"$LOG"`
	fakes := map[string]string{"apt-get": logs, "systemctl": logs, "id": "echo 0", "env": `shift; exec "$@"`, "tee": "exit 0", "chmod": "exit 0", "rm": "exit 0"}
	for broker, want := range map[string][]string{
		"mysql": {""}, "rabbitmq": {""}, "postgres": {""},
		"valkey":  {"apt-get update -qq", "apt-get install -qq -y --no-install-recommends --no-remove valkey-server", "systemctl disable --quiet valkey-server.service"},
		"mariadb": {"apt-get update -qq", "apt-get install -qq -y --no-install-recommends --no-remove mariadb-server", "systemctl disable --quiet mariadb.service"},
	} {
		log, said, code := runIn(t, []string{"PATH=" + fakesFolder, "ROOT=" + root}, fakes, "brokers.sh", broker)
		if code != 0 || !slices.Equal(log, want) {
			t.Errorf("%s: exit code %d: %s: it ran %q, want %q", broker, code, said, log, want)
		}
	}
}
