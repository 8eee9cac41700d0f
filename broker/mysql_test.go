package broker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
)

// The server's list of transactions is a copy that frequent reads keep old: each answer must be current.
func TestQuietIsCurrent(t *testing.T) {
	testneeds.Real(t, "a broker")
	b, err := Open(t.Context(), "mysql", Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	m := b.(*mysqlBroker)
	if _, err := m.db.ExecContext(t.Context(), "CREATE TABLE moments (id INT)"); err != nil {
		t.Fatal(err)
	}
	quiet := func(want bool, when string) {
		t.Helper()
		if got, err := m.Quiet(t.Context()); err != nil || got != want {
			t.Fatalf("%s: quiet = %t, %v", when, got, err)
		}
	}
	for range 3 {
		quiet(true, "before a transaction")
		tx, err := m.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("INSERT INTO moments VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		quiet(false, "in a transaction")
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	quiet(true, "after the last")
}

// A session that waits for a lock is reported, and one that merely has one is not.
func TestBlockedReportsWaitingSessions(t *testing.T) {
	testneeds.Real(t, "a broker")
	b, err := Open(t.Context(), "mysql", Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	m := b.(*mysqlBroker)
	for _, s := range []string{"CREATE TABLE locks (id INT PRIMARY KEY)", "INSERT INTO locks VALUES (1)"} {
		if _, err := m.db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	held, err := m.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := held.Exec("UPDATE locks SET id = 2"); err != nil {
		t.Fatal(err)
	}
	if blocked, err := m.Blocked(t.Context()); err != nil || blocked {
		t.Fatalf("a lock that nobody waits for: blocked = %t, %v", blocked, err)
	}
	waited := make(chan error, 1)
	go func() {
		_, err := m.db.ExecContext(t.Context(), "DELETE FROM locks")
		waited <- err
	}()
	for {
		blocked, err := m.Blocked(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if blocked {
			break
		}
	}
	if err := errors.Join(held.Rollback(), <-waited); err != nil {
		t.Fatal(err)
	}
	if blocked, err := m.Blocked(t.Context()); err != nil || blocked {
		t.Fatalf("after the wait: blocked = %t, %v", blocked, err)
	}
}

// Others' transactions on a shared server don't count, and a user who may not see transactions still gets an answer.
func TestQuietAndBlockedOnASharedServer(t *testing.T) {
	testneeds.Real(t, "a broker")
	server, err := Open(t.Context(), "mysql", Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	others := server.(*mysqlBroker)
	if _, err := others.db.ExecContext(t.Context(), "CREATE TABLE theirs (id INT)"); err != nil {
		t.Fatal(err)
	}
	states := func(quiet, blocked bool, when string) {
		t.Helper()
		b, err := Open(t.Context(), "mysql", Options{URL: server.URL(), Space: "tqbench-shared"})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		ours, ok := As[interface {
			Quiet(ctx context.Context) (bool, error)
			Blocked(ctx context.Context) (bool, error)
		}](b)
		if !ok {
			t.Fatal("a space hides what its server can do")
		}
		if got, err := ours.Quiet(t.Context()); err != nil || got != quiet {
			t.Errorf("%s: quiet = %t, %v", when, got, err)
		}
		if got, err := ours.Blocked(t.Context()); err != nil || got != blocked {
			t.Errorf("%s: blocked = %t, %v", when, got, err)
		}
	}
	tx, err := others.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT INTO theirs VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	states(true, false, "in another's transaction")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}

	start := filepath.Join(others.folder, "init.sql")
	f, err := os.OpenFile(start, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("REVOKE PROCESS ON *.* FROM 'tqbench'@'%';\n"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Close(), others.Kill(), others.Restart(t.Context())); err != nil {
		t.Fatal(err)
	}
	states(true, true, "without the right to see transactions")
}
