package broker

import (
	"testing"
)

// The server's list of transactions is a copy that asking too often keeps old: each answer must be of its own moment.
func TestQuietTellsOfThisMoment(t *testing.T) {
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
