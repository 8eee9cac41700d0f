package trial

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
)

// A worker that is held with a lock, as after a late answer of the server, only blocks the producer until that is noticed.
func TestAHeldLockIsLetGo(t *testing.T) {
	testneeds.Real(t, "a broker")
	b, err := broker.Open(t.Context(), "mysql", broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	space, err := broker.Open(t.Context(), "mysql", broker.Options{URL: b.URL(), Space: "tqbench-held"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { space.Close() })
	for name, b := range map[string]broker.Broker{"private": b, "attached": space, "faulty": newAway(b, nil), "by lines": lineBroker{b, nil}} {
		t.Run(name, func(t *testing.T) { letsGo(t, b) })
	}
}

func letsGo(t *testing.T, b broker.Broker) {
	t.Helper()
	at, err := url.Parse(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	password, _ := at.User.Password()
	login := mysql.NewConfig()
	login.User, login.Passwd, login.Net, login.Addr, login.DBName = at.User.Username(), password, "tcp", at.Host, at.Path[1:]
	db, err := sql.Open("mysql", login.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	do := func(ctx context.Context, statement string) {
		t.Helper()
		if _, err := db.ExecContext(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	do(t.Context(), "DROP TABLE IF EXISTS locks")
	do(t.Context(), "CREATE TABLE locks (id INT PRIMARY KEY)")
	do(t.Context(), "INSERT INTO locks VALUES (1)")

	// The worker takes a lock, waits, and releases it.
	client, err := exec.LookPath("mariadb")
	if err != nil {
		t.Fatal(err)
	}
	group, err := process.Start(t.Context(), []process.Command{{
		Argv: []string{client, "--host", at.Hostname(), "--port", at.Port(), "--user", login.User, login.DBName, "--execute",
			"BEGIN; UPDATE locks SET id = 2; SELECT sleep(0.5); COMMIT; SELECT sleep(600)"},
		Env: []string{"MYSQL_PWD=" + password}, Dir: t.TempDir(), Log: filepath.Join(t.TempDir(), "log"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { group.Stop(syscall.SIGKILL, 0) })
	for taken := false; !taken; {
		if exits, _ := group.Exits(); len(exits) > 0 {
			t.Fatalf("the worker ended: %s", exits[0])
		}
		_, err := db.ExecContext(t.Context(), "SELECT id FROM locks FOR UPDATE NOWAIT")
		var refused *mysql.MySQLError
		if taken = errors.As(err, &refused); err != nil && !taken {
			t.Fatal(err)
		}
	}
	if err := group.Hold(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := &holder{broker: b, fleet: &fleet{group: group}, rec: &recorder{}}
	if err := h.unblocked(t.Context(), "drain", &tally{}, func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, "DELETE FROM locks")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if f := h.rec.result.Flags; len(f) != 1 || f[0].Code != results.FlagReleasedEarly || !f[0].Invalidates("throughput") || f[0].Invalidates("latency_p50") {
		t.Errorf("flags %+v", h.rec.result.Flags)
	}
	for _, pid := range group.Tree() {
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && !strings.Contains(string(stat), ") T ") {
			t.Errorf("a process is not held again: %s", stat)
		}
	}
}
