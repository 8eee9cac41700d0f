package selfcheck

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/broker"
)

const (
	// sqlClients is how many connections the databases' tools insert on: a commit waits for the disk, and those of
	// several connections share one wait.
	sqlClients = 8
	// pipelined is how many rows a pipeline of pgbench inserts in one transaction.
	pipelined = 50
)

// access is where a database is and how to get in.
type access struct {
	host, port, user, password, database string
}

func (p *pair) access() (access, error) {
	u, err := url.Parse(p.target.URL)
	if err != nil {
		return access{}, errors.New("the broker's URL can't be read")
	}
	password, _ := u.User.Password()
	return access{host: u.Hostname(), port: u.Port(), user: u.User.Username(), password: password, database: strings.TrimPrefix(u.Path, "/")}, nil
}

// payload is a body of a message's size that each database takes for each type of column.
func (p *pair) payload() string { return strings.Repeat("x", len(p.sample.Body)) }

// pgbench inserts one row a transaction.
func pgbench(_ context.Context, p *pair) (tool, error) {
	return newPgbench(p, "insert.sql", 1, p.load.tool)
}

// pgbenchPipeline inserts many rows a transaction without waiting for each.
func pgbenchPipeline(_ context.Context, p *pair) (tool, error) {
	return newPgbench(p, "pipeline.sql", pipelined, p.load.batched)
}

// newPgbench makes PostgreSQL's own load tool insert n rows as the contender's table has them, some of them in each
// transaction. The payload is a parameter, as it is in a client.
func newPgbench(p *pair, file string, rows, n int) (tool, error) {
	exe, err := find(broker.Program{Name: "pgbench", Package: "postgresql", Dirs: []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"}})
	if err != nil {
		return tool{}, err
	}
	at, err := p.access()
	if err != nil {
		return tool{}, err
	}
	const bodies = "$1::bytea[]"
	if !strings.Contains(p.sample.Destination.Insert, bodies) {
		return tool{}, fmt.Errorf("the contender's INSERT has no %s to be filled", bodies)
	}
	statement := strings.ReplaceAll(p.sample.Destination.Insert, bodies, "ARRAY[:payload::bytea]") + ";\n"
	script := statement
	if rows > 1 {
		script = "\\startpipeline\n" + strings.Repeat(statement, rows) + "\\endpipeline\n"
	}
	args := []string{"-n", "-M", "prepared", "-c", strconv.Itoa(sqlClients), "-j", "2", "-t", strconv.Itoa(max(1, n/rows/sqlClients)), "-f", file}
	c := command{
		argv:  append([]string{exe, "-D", "payload=" + p.payload()}, args...),
		env:   []string{"PGHOST=" + at.host, "PGPORT=" + at.port, "PGUSER=" + at.user, "PGPASSWORD=" + at.password, "PGDATABASE=" + at.database},
		files: map[string]string{file: script},
	}
	t := tool{shown: "pgbench " + strings.Join(args, " "), input: strings.TrimSpace(statement)}
	if rows > 1 {
		t.shown += fmt.Sprintf(" (%d rows a transaction)", rows)
	}
	t.rate = func(ctx context.Context) (float64, error) {
		out, err := c.output(ctx)
		if err != nil {
			return 0, err
		}
		tps, err := pgbenchTPS(out)
		return tps * float64(rows), err
	}
	return t, nil
}

// pgbenchTPS reads the transactions per second, the connections' start not counted.
func pgbenchTPS(out string) (float64, error) {
	return figure(out, `tps = ([0-9.]+) \((?:without|excluding)`)
}

// mysqlSlap is MariaDB's own load tool, or MySQL's.
func mysqlSlap(_ context.Context, p *pair) (tool, error) {
	name := "mariadb-slap"
	exe, err := find(broker.Program{Name: name, Package: "mariadb-client"})
	if err != nil {
		name = "mysqlslap"
		var older error
		if exe, older = find(broker.Program{Name: name, Dirs: []string{"/usr/local/mysql/bin"}}); older != nil {
			return tool{}, err
		}
	}
	at, err := p.access()
	if err != nil {
		return tool{}, err
	}
	n := max(1, p.load.tool/sqlClients) * sqlClients
	d := p.sample.Destination
	statement := d.Insert + " " + strings.ReplaceAll(d.Row, "?", "'"+p.payload()+"'")
	args := []string{"--create-schema=" + at.database, "--no-drop", "--query=insert.sql",
		"--concurrency=" + strconv.Itoa(sqlClients), "--number-of-queries=" + strconv.Itoa(n)}
	c := command{
		argv: append([]string{exe, "--defaults-file=client.cnf"}, args...),
		files: map[string]string{"insert.sql": statement, "client.cnf": fmt.Sprintf(
			"[client]\nprotocol=tcp\nhost=%s\nport=%s\nuser=%s\npassword=%s\n", at.host, at.port, at.user, at.password)},
	}
	return tool{
		shown: name + " " + strings.Join(args, " "), input: d.Insert + " " + d.Row,
		rate: func(ctx context.Context) (float64, error) {
			out, err := c.output(ctx)
			if err != nil {
				return 0, err
			}
			seconds, err := slapSeconds(out)
			if err != nil {
				return 0, err
			}
			return float64(n) / seconds, nil
		},
	}, nil
}

// slapSeconds reads how long all queries took.
func slapSeconds(out string) (float64, error) {
	return figure(out, `Average number of seconds to run all queries: ([0-9.]+) seconds`)
}
