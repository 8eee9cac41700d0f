package process_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/internal/process"
)

// harnessEnv makes the test binary a harness that starts a group and waits, to be killed.
const harnessEnv = "TQBENCH_TEST_HARNESS"

// foldersEnv makes it one that makes folders, to be killed.
const foldersEnv = "TQBENCH_TEST_FOLDERS"

func TestMain(m *testing.M) {
	process.MaybeGuard()
	if os.Getenv(foldersEnv) != "" {
		for { // until it is killed
			g, dir, err := process.Folder(context.Background(), "tqbench-test-")
			if err == nil {
				err = g.Run(context.Background(), []process.Command{{Argv: []string{"/bin/sleep", "1000"}, Dir: dir, Log: filepath.Join(dir, "log")}})
			}
			fmt.Println(dir, err)
		}
	}
	maybeShare()
	if dir := os.Getenv(harnessEnv); dir != "" {
		harness(dir)
		return
	}
	os.Exit(m.Run())
}

// family is a shell that starts a grandchild, reports it, and waits, like a Celery parent with its pool.
const family = `sleep 1000 & echo $! > "$0/grandchild"; echo up; wait`

func shell(t testing.TB, dir, script string, args ...string) process.Command {
	t.Helper()
	return process.Command{
		Argv: append([]string{"/bin/sh", "-c", script, dir}, args...),
		Env:  []string{"PATH=" + os.Getenv("PATH")}, Dir: dir, Log: filepath.Join(dir, "log"),
	}
}

func harness(dir string) {
	folder := filepath.Join(dir, "data")
	if err := os.Mkdir(folder, 0o755); err != nil {
		fmt.Println(err)
		return
	}
	cmd := process.Command{Argv: []string{"/bin/sh", "-c", family, dir},
		Env: []string{"PATH=" + os.Getenv("PATH")}, Dir: dir, Log: filepath.Join(dir, "log")}
	g, err := process.Start(context.Background(), []process.Command{cmd}, folder)
	if err != nil {
		fmt.Println(err)
		return
	}
	for len(g.Tree()) < 2 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(strings.Trim(fmt.Sprint(g.Tree()), "[]"))
	select {}
}

// waitFor polls until ok or the test's own deadline: a condition of the system, with no signal to wait on.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestKillingTheHarnessLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), harnessEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var parent, child int
	if _, err := fmt.Sscan(line, &parent, &child); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if !alive(parent) || !alive(child) {
		t.Fatal("the family isn't up")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	waitFor(t, "the family is gone", func() bool { return !alive(parent) && !alive(child) })
	waitFor(t, "the folder is gone", func() bool {
		_, err := os.Stat(filepath.Join(dir, "data"))
		return os.IsNotExist(err)
	})
}

// A harness that is killed at any point of a group's start leaves no folder.
func TestAFolderGoesWithItsGroupFromTheBeginning(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	for i := range 40 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), foldersEnv+"=1")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// It makes this many folders, and is then in the middle of the next one.
		for r := bufio.NewReader(out); i > 0; i-- {
			if _, err := r.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			if i > 3 {
				i = 3
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		for {
			left, err := os.ReadDir(tmp)
			if err != nil {
				t.Fatal(err)
			}
			if len(left) == 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
}

func TestStopKillsOrphansOfADeadParent(t *testing.T) {
	dir := t.TempDir()
	g, err := process.Start(t.Context(), []process.Command{shell(t, dir, family)})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the family is up", func() bool { return len(g.Tree()) == 2 })
	tree := g.Tree()
	if err := syscall.Kill(g.PIDs()[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the parent's end is reported", func() bool { e, _ := g.Exits(); return len(e) == 1 })
	exits, _ := g.Exits()
	if exits[0].Signal != int(syscall.SIGKILL) || exits[0].PID != g.PIDs()[0] {
		t.Errorf("exit = %+v, want signal 9 of %d", exits[0], g.PIDs()[0])
	}
	if killed := g.Stop(syscall.SIGTERM, time.Second); killed != 1 {
		t.Errorf("killed %d processes, want the orphan alone", killed)
	}
	for _, pid := range tree {
		if alive(pid) {
			t.Errorf("process %d is alive", pid)
		}
	}
}

func TestKillReturnsWhenTheWholeTreeIsGone(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "data")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	g, err := process.Start(t.Context(), []process.Command{shell(t, dir, family)}, folder)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Stop(syscall.SIGKILL, 0)
	waitFor(t, "the family is up", func() bool { return len(g.Tree()) == 2 })
	tree := g.Tree()
	g.Kill()
	for _, pid := range tree {
		if alive(pid) {
			t.Errorf("process %d is alive", pid)
		}
	}
	if _, err := os.Stat(folder); err != nil {
		t.Errorf("the folder did not stay: %v", err)
	}
}

// AsyncTasQ's pool processes outlive their worker by a moment on a busy machine, but end without help.
func TestStopLeavesAnOrphanItsTimeToEnd(t *testing.T) {
	g, err := process.Start(t.Context(), []process.Command{shell(t, t.TempDir(), "sleep 0.3 & exit 0")})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the parent's end is reported", func() bool { e, _ := g.Exits(); return len(e) == 1 })
	defer g.Stop(syscall.SIGKILL, 0)
	if killed := g.StopCommands(syscall.SIGTERM, time.Minute); killed != 0 {
		t.Errorf("killed %d processes that were about to end", killed)
	}
}

func TestHoldStopsTheWholeTreeAndReleaseLetsItGo(t *testing.T) {
	dir := t.TempDir()
	script := `(while :; do :; done) & while :; do :; done`
	g, err := process.Start(t.Context(), []process.Command{shell(t, dir, script)})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Stop(syscall.SIGKILL, time.Second)
	waitFor(t, "both spin", func() bool { return len(g.Tree()) == 2 })
	if err := g.Hold(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := g.Usage().CPU
	end := time.Now().Add(100 * time.Millisecond)
	for time.Now().Before(end) {
		// A process is stopped a moment before it leaves its CPU; both would use ten times as much.
		if now := g.Usage().CPU; now > before+20*time.Millisecond {
			t.Fatalf("held processes used CPU: %v, then %v", before, now)
		}
	}
	g.Release()
	waitFor(t, "the tree runs again", func() bool { return g.Usage().CPU > before })
}

func TestUsageCountsChildrenThatEnded(t *testing.T) {
	dir := t.TempDir()
	script := `(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done); echo done > "$0/done"; sleep 1000`
	g, err := process.Start(t.Context(), []process.Command{shell(t, dir, script)})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Stop(syscall.SIGKILL, time.Second)
	var used time.Duration
	waitFor(t, "the child ended", func() bool {
		now := g.Usage().CPU
		if now < used {
			t.Errorf("%s were used, and then %s", used, now)
		}
		used = now
		_, err := os.Stat(filepath.Join(dir, "done"))
		return err == nil
	})
	if cpu := g.Usage().CPU; cpu < 20*time.Millisecond {
		t.Errorf("CPU = %v: the ended child's time is missing", cpu)
	}
	if g.PSS() <= 0 {
		t.Error("PSS is not above zero")
	}
}

func TestStartNamesTheProgram(t *testing.T) {
	dir := t.TempDir()
	good := shell(t, dir, "exec sleep 1000")
	bad := process.Command{Argv: []string{"/nonexistent/worker"}, Dir: dir, Log: filepath.Join(dir, "log")}
	_, err := process.Start(t.Context(), []process.Command{good, bad})
	if err == nil || !strings.Contains(err.Error(), "/nonexistent/worker") {
		t.Errorf("err = %v, want one that names the program", err)
	}
}

func TestStopEndsAHeldGroup(t *testing.T) {
	dir := t.TempDir()
	g, err := process.Start(t.Context(), []process.Command{shell(t, dir, "exec sleep 1000")})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Hold(t.Context()); err != nil {
		t.Fatal(err)
	}
	pid := g.PIDs()[0]
	if killed := g.Stop(syscall.SIGTERM, 10*time.Millisecond); killed != 1 {
		t.Errorf("killed = %d, want 1", killed)
	}
	if alive(pid) {
		t.Error("the held process is alive")
	}
	if again := g.Stop(syscall.SIGTERM, 0); again != 0 {
		t.Errorf("a second Stop killed %d", again)
	}
}

// A group whose run is interrupted has no grace left, whether it begins after that or is under way.
func TestAnInterruptionEndsEveryGrace(t *testing.T) {
	const grace = time.Hour
	for how, stop := range map[string]func(g *process.Group) int{
		"Stop":         func(g *process.Group) int { return g.Stop(syscall.SIGTERM, grace) },
		"StopCommands": func(g *process.Group) int { return g.StopCommands(syscall.SIGTERM, grace) },
	} {
		for _, before := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, interrupted before: %v", how, before), func(t *testing.T) {
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				dir := t.TempDir()
				g, err := process.Start(ctx, []process.Command{shell(t, dir, "trap '' TERM; touch deaf; while :; do sleep 1; done")})
				if err != nil {
					t.Fatal(err)
				}
				defer g.Stop(syscall.SIGKILL, 0)
				waitFor(t, "it hears no signal", func() bool {
					_, err := os.Stat(filepath.Join(dir, "deaf"))
					return err == nil
				})
				if before {
					interrupt()
				}
				killed := make(chan int)
				go func() { killed <- stop(g) }()
				if !before {
					select {
					case <-killed:
						t.Fatal("there was no grace")
					case <-time.After(50 * time.Millisecond):
					}
					interrupt()
				}
				if n := <-killed; n == 0 { // not an hour later
					t.Error("nothing was killed")
				}
				waitFor(t, "the tree is gone", func() bool { return len(g.Tree()) == 0 })
			})
		}
	}
}
