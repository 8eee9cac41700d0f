package crash

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/internal/shell"
	"github.com/tqbench/tqbench/suite"
)

// firstRun precedes the exit code of the disturbed run.
const firstRun = "first run: exit code "

// Root gives the run its own small disk, in a mount namespace that ends with it. A script does everything that must happen inside, as only
// it sees the disk, and copies the results out at the end.
const (
	// fullDisk fills all but $leave KiB of the disk.
	fullDisk = `mount -t tmpfs -o size=16m tqbench "$out"
cp "$plan" "$out"/
head -c $((16 * 1024 * 1024)) /dev/zero > "$out/ballast" 2>/dev/null || true
truncate -s -${leave}K "$out/ballast"
status=0
"$program" run --out "$out" || status=$?
echo "` + firstRun + `$status"
rm "$out/ballast"
status=0
"$program" run --resume --out "$out" || status=$?
cp -a "$out/results" "$copy"
exit $status`
	// readOnly makes the disk read-only after $wait seconds. It is refused as long as a file is being
	// written.
	readOnly = `mount -t tmpfs -o size=16m tqbench "$out"
cp "$plan" "$out"/
"$program" run --out "$out" & run=$!
sleep $wait
until mount -o remount,ro "$out" 2>/dev/null; do sleep 0.005; done
status=0
wait $run || status=$?
echo "` + firstRun + `$status"
mount -o remount,rw "$out"
status=0
"$program" run --resume --out "$out" || status=$?
cp -a "$out/results" "$copy"
exit $status`
	// noFile is what a user who isn't root can have instead of a full disk: no file may be longer than $leave KiB.
	noFile = `status=0
(trap '' XFSZ; ulimit -f $((2 * leave)); exec "$program" run --out "$out") || status=$?
echo "` + firstRun + `$status"
exec "$program" run --resume --out "$out"`
	// noEntry is what such a user can have instead of a disk that can't be written to.
	noEntry = `"$program" run --out "$out" & run=$!
sleep $wait
mkdir -p "$out/results/trials"
chmod a-w "$out" "$out/results" "$out/results/trials"
status=0
wait $run || status=$?
echo "` + firstRun + `$status"
chmod u+w "$out" "$out/results" "$out/results/trials"
exec "$program" run --resume --out "$out"`
)

// strikes lists all faults, with the reason for those that can't be had here.
func strikes() []strike {
	full, closed := "a full disk", "a folder that can't be written to"
	out := []strike{signalled("SIGKILL", syscall.SIGKILL), signalled("SIGINT", syscall.SIGINT)}
	if os.Getuid() != 0 {
		return append(out, scripted(full+" (RLIMIT_FSIZE)", noFile, nil), scripted(closed+" (modes)", noEntry, nil))
	}
	missing := noNamespace()
	inside := []string{"unshare", "--mount"}
	full, closed = full+" (tmpfs)", closed+" (tmpfs)"
	if missing != "" {
		return append(out, strike{name: full, missing: missing}, strike{name: closed, missing: missing})
	}
	return append(out, scripted(full, fullDisk, inside), scripted(closed, readOnly, inside))
}

// noNamespace is why root can't have its own disk here, or "".
func noNamespace() string {
	dir, err := os.MkdirTemp("", "tqbench-crash-")
	if err != nil {
		return err.Error()
	}
	defer os.Remove(dir)
	try := exec.Command("unshare", "--mount", "/bin/sh", "-ec", `mount -t tmpfs -o size=1m tqbench "$0" && mount -o remount,ro "$0"`, dir)
	if said, err := try.CombinedOutput(); err != nil {
		return fmt.Sprintf("this root may not mount: %v: %s", err, lastOf(string(said)))
	}
	return ""
}

// scripted is a strike by a script of a shell, which also resumes the run. wrap stands before the shell.
func scripted(name, script string, wrap []string) strike {
	return strike{name: name, run: func(ctx context.Context, b *bench, out string) (attempt, string, error) {
		// Less than all results need, and at least a page.
		leave := 4 + b.rng.Int64N(max(b.size*9/10>>10-4, 1))
		wait := time.Duration(b.rng.Int64N(int64(b.whole)))
		where := fmt.Sprintf("%s, %d KiB left, after %s", name, leave, wait.Round(time.Microsecond))
		copied := filepath.Join(filepath.Dir(out), filepath.Base(out)+"-results")
		set := ""
		for _, v := range [][2]string{{"program", b.Program}, {"out", out}, {"plan", suite.PlanPath(b.dir)}, {"copy", copied},
			{"leave", strconv.FormatInt(leave, 10)}, {"wait", strconv.FormatFloat(wait.Seconds(), 'f', 3, 64)}} {
			set += v[0] + "=" + shell.Join([]string{v[1]}) + "\n"
		}
		argv := append(append([]string{}, wrap...), "/bin/sh", "-ec", set+script)
		var err error
		if argv[0], err = exec.LookPath(argv[0]); err != nil {
			return attempt{}, where, err
		}
		a, err := b.start(ctx, argv)
		if err != nil {
			return a, where, err
		}
		if err := a.end(ctx); err != nil || wrap == nil {
			return a, where, err
		}
		if err := os.Rename(copied, filepath.Join(out, "results")); err != nil {
			return a, where, fmt.Errorf("take the results of %s: %w: %s", where, err, lastOf(a.said()))
		}
		return a, where, nil
	}}
}
