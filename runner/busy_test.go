package runner_test

import (
	"context"
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// A broker that is used by others may refuse what a trial asks outside its load. That costs the trial, which says why, and never the run:
// the next one removes what is left and runs.
func TestABusyBrokerCostsATrial(t *testing.T) {
	testneeds.Real(t, "brokers and workers")
	for name, tt := range map[string]struct {
		// prepare may be nil.
		prepare func(t *testing.T, at string)
		// disturb keeps a run from its tasks until calm is called.
		disturb func(t *testing.T, at string) (calm func())
		reason  string
	}{
		"redis":    {disturb: refuseToDelete, reason: "purge: NOPERM"},
		"postgres": {impatient, lockPostgres, "purge: ERROR: canceling statement due to lock timeout"},
		"mysql":    {disturb: lockMySQL, reason: "purge: Error 1205 (HY000): Lock wait timeout exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", brokertest.OpenDir(t))
			server, err := broker.Open(t.Context(), name, broker.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			if tt.prepare != nil {
				tt.prepare(t, server.URL())
			}
			out := t.TempDir()
			s := small(t)
			if name == "mysql" {
				s.Processes = 1 // two AsyncTasQ workers sometimes deadlock on it, which ends one of them
			}
			p, err := suite.NewPlan(suite.Options{Scenarios: []suite.Scenario{s}, Brokers: []string{name},
				Contenders: []string{"asynctasq/async"}, Blocks: 3, Scale: 1, Seed: 7})
			if err == nil {
				err = suite.WritePlan(out, p)
			}
			if err != nil {
				t.Fatal(err)
			}
			var calm func()
			err = runner.Run(t.Context(), runner.Options{Out: out, Builder: builder(t), URLs: map[string]string{name: server.URL()}, Progress: func(p runner.Progress) {
				switch {
				case p.Index == 2 && calm == nil && p.Stage == "stop":
					calm = tt.disturb(t, server.URL())
				case p.Index == 2 && p.Result != nil && calm != nil:
					calm()
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			trials, err := results.ReadTrials(out)
			if err != nil || len(trials) != 3 {
				t.Fatalf("%d trials (%v)", len(trials), err)
			}
			for _, x := range trials {
				if x.ID == 2 && !strings.Contains(x.Reason, tt.reason) || x.ID != 2 && !x.Done() {
					t.Errorf("trial %d: %q", x.ID, x.Reason)
				}
			}
		})
	}
}

// refuseToDelete takes the right to delete from the run's account. A task waits in its queue, as of a worker that was killed.
func refuseToDelete(t *testing.T, at string) func() {
	t.Helper()
	o, err := redis.ParseURL(at)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	ctx := context.WithoutCancel(t.Context())
	must := func(args ...any) {
		t.Helper()
		if err := c.Do(ctx, args...).Err(); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	keys, err := c.Keys(ctx, "queue:tqbench-*:stats:completed").Result()
	if err != nil || len(keys) != 1 {
		t.Fatalf("the run's keys: %v (%v)", keys, err)
	}
	must("LPUSH", strings.TrimSuffix(keys[0], ":stats:completed"), "a task")
	must("ACL", "SETUSER", "default", "-del", "-unlink")
	return func() {
		must("ACL", "SETUSER", "default", "+del", "+unlink")
		_ = c.Close()
	}
}

// impatient makes the run's account wait for a lock for a moment only.
func impatient(t *testing.T, at string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), "ALTER ROLE CURRENT_USER SET lock_timeout = '300ms'"); err != nil {
		t.Fatal(err)
	}
}

// lockPostgres holds the run's tables.
func lockPostgres(t *testing.T, at string) func() {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	c, err := pgx.Connect(ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	must := func(statement string) {
		t.Helper()
		if _, err := c.Exec(ctx, statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	rows, err := c.Query(ctx, "SELECT quote_ident(schemaname)||'.'||quote_ident(tablename) FROM pg_tables WHERE schemaname LIKE 'tqbench-%'")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) == 0 {
		t.Errorf("the run has no tables: %v", err)
	}
	must("BEGIN")
	must("LOCK TABLE " + strings.Join(tables, ", ") + " IN ACCESS EXCLUSIVE MODE")
	return func() {
		must("ROLLBACK")
		_ = c.Close(ctx)
	}
}

// lockMySQL holds the run's tables.
func lockMySQL(t *testing.T, at string) func() {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	login := mysql.NewConfig()
	login.User, login.Net, login.Addr, login.DBName = u.User.Username(), "tcp", u.Host, u.Path[1:]
	login.Passwd, _ = u.User.Password()
	db, err := sql.Open("mysql", login.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context())
	rows, err := db.QueryContext(ctx, "SELECT concat('`', table_schema, '`.`', table_name, '`') FROM information_schema.tables WHERE table_schema LIKE 'tqbench-%'")
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil || len(tables) == 0 {
		t.Errorf("the run has no tables: %v", err)
	}
	session, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.ExecContext(ctx, "LOCK TABLES "+strings.Join(tables, " WRITE, ")+" WRITE"); err != nil {
		t.Error(err)
	}
	return func() {
		_ = session.Close()
		_ = db.Close() // which ends the session and its locks
	}
}
