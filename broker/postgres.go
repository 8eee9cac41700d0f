package broker

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tqbench/tqbench/internal/shell"
	"github.com/tqbench/tqbench/results"
)

const (
	postgresReady = 30 * time.Second
	// postgresPool is the harness's maximum of connections: further publishes wait for one.
	postgresPool = 20
)

// postgresSettings are a private server's, each with the reason. Others are PostgreSQL's defaults.
func postgresSettings() []results.Setting {
	return []results.Setting{
		{Name: "fsync", Value: "on", Default: "on", Why: "a queue must not forget its tasks in a crash"},
		{Name: "synchronous_commit", Value: "on", Default: "on", Why: "each commit waits for the disk, as installed"},
		{Name: "full_page_writes", Value: "on", Default: "on", Why: "as installed"},
		{Name: "shared_buffers", Value: "256MB", Default: "128MB", Why: "the whole queue fits, as on a dedicated server"},
		{Name: "max_wal_size", Value: "4GB", Default: "1GB", Why: "the volume of a trial causes no checkpoint"},
		{Name: "checkpoint_timeout", Value: "30min", Default: "5min", Why: "the length of a trial causes no checkpoint"},
		{Name: "max_connections", Value: "500", Default: "100", Why: "room for the pools of many workers"},
		{Name: "dynamic_shared_memory_type", Value: "mmap", Default: "posix", Why: "it is removed with the data folder when the server is killed; only parallel queries use it"},
	}
}

func postgresProgram(name string) Program {
	return Program{Name: name, Package: "postgresql", Version: []string{"--version"}, Dirs: []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin",
	}}
}

// postgresPrograms are the server's and the one that makes its folder; both must have the same version.
func postgresPrograms(choice) []Program {
	return []Program{postgresProgram("postgres"), postgresProgram("initdb")}
}

// postgres is a PostgreSQL server.
type postgres struct {
	*private
	url  string
	pool *pgxpool.Pool
}

func startPostgres(ctx context.Context, at address, want choice) (Broker, error) {
	paths, err := want.findAll(ctx, postgresPrograms(want))
	if err != nil {
		return nil, err
	}
	exe, initdb := paths[0], paths[1]
	owner := secret()
	server, err := launch(ctx, "postgres", want.root(), func(dir string) (plan, error) {
		data := filepath.Join(dir, "data")
		argv := []string{exe, "-D", data, "-p", at.port, "-c", "listen_addresses=" + at.host, "-c", "unix_socket_directories="}
		if want.root() != "" {
			argv = append(argv, "-c", "dynamic_shared_memory_type=sysv") // there is no /dev/shm
		}
		for _, s := range postgresSettings() {
			argv = append(argv, "-c", s.Name+"="+s.Value)
		}
		return plan{
			product: "PostgreSQL", argv: argv, users: []string{"postgres"}, shared: true,
			// "C" sorts by bytes, as a machine without locales does.
			prepare: fmt.Sprintf("%s >/dev/null\nif [ %s != 127.0.0.1 ]; then echo 'host all all all scram-sha-256' >> %s; fi",
				shell.Join([]string{initdb, "--no-sync", "--encoding", "UTF8", "--locale", "C", "--username", postgresOwner, "--auth", "scram-sha-256",
					"--pwfile", "password", "-D", data}),
				shell.Join([]string{at.host}), shell.Join([]string{filepath.Join(data, "pg_hba.conf")})),
			files: map[string]string{"password": owner + "\n"},
		}, nil
	})
	if err != nil {
		return nil, err
	}
	u := url.URL{Scheme: "postgresql", Host: at.String(), User: url.UserPassword(account, at.password), Path: "/postgres"}
	p := &postgres{private: server, url: u.String()}
	u.User = url.UserPassword(postgresOwner, owner)
	if err := p.await(ctx, postgresReady, func(ctx context.Context) error { return postgresAccounts(ctx, u.String(), at.password) }); err != nil {
		p.stop(syscall.SIGQUIT)
		return nil, err
	}
	if p.pool, err = postgresConnect(ctx, p.url); err != nil {
		p.stop(syscall.SIGQUIT)
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	// Only our server knows our password.
	if err := p.await(ctx, postgresReady, p.pool.Ping); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// postgresOwner owns a private server until the run's account exists.
const postgresOwner = account + "_owner"

// postgresAccounts creates the run's account, which owns the database and is no superuser, as superusers run programs and read files. After
// that, no client can log in as the server's owner.
func postgresAccounts(ctx context.Context, ownerURL, password string) error {
	c, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	_, err = c.Exec(ctx, fmt.Sprintf("CREATE ROLE %[1]s LOGIN PASSWORD '%[2]s'; ALTER DATABASE postgres OWNER TO %[1]s; ALTER SCHEMA public OWNER TO %[1]s;"+
		"ALTER ROLE %[3]s NOLOGIN PASSWORD NULL", account, password, postgresOwner))
	return err
}

func postgresConnect(ctx context.Context, rawURL string) (*pgxpool.Pool, error) {
	p, err := parsePostgres(rawURL)
	if err != nil {
		return nil, err
	}
	return postgresPoolOf(ctx, p.config)
}

func postgresPoolOf(ctx context.Context, c *pgxpool.Config) (*pgxpool.Pool, error) {
	c.MaxConns = postgresPool
	c.ConnConfig.ConnectTimeout = dialLimit
	return pgxpool.NewWithConfig(ctx, c)
}

// URL is the address for workers.
func (p *postgres) URL() string { return p.url }

// Declare does nothing: the frameworks create their tables.
func (p *postgres) Declare(context.Context, []Place) error { return nil }

// Publish sends neighbours with one destination as one statement, which inserts all of them or none.
func (p *postgres) Publish(ctx context.Context, messages []Message) (int, error) {
	return publishRuns(messages, func(d Destination, bodies [][]byte) error {
		_, err := p.pool.Exec(ctx, d.Insert, bodies)
		return err
	})
}

// publishRuns publishes each run of messages with one destination.
func publishRuns(messages []Message, insert func(d Destination, bodies [][]byte) error) (int, error) {
	taken := 0
	for taken < len(messages) {
		d := messages[taken].Destination
		var bodies [][]byte
		for i := taken; i < len(messages) && messages[i].Destination == d; i++ {
			bodies = append(bodies, messages[i].Body)
		}
		if err := insert(d, bodies); err != nil {
			return taken, fmt.Errorf("insert: %w", err)
		}
		taken += len(bodies)
	}
	return taken, nil
}

// condition is a place's WHERE clause.
func condition(p Place) string {
	if p.Where == "" {
		return p.Key
	}
	return p.Key + " WHERE " + p.Where
}

// noTable is PostgreSQL's code for a missing table.
const noTable = "42P01"

// Depth counts the rows of the places.
func (p *postgres) Depth(ctx context.Context, places []Place) (int64, error) {
	var sum int64
	for _, pl := range places {
		var n int64
		err := p.pool.QueryRow(ctx, "SELECT count(*) FROM "+condition(pl)).Scan(&n)
		if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) && pe.Code == noTable {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("read the depth: %w", err)
		}
		sum += n
	}
	return sum, nil
}

// Purge deletes the rows of the places.
func (p *postgres) Purge(ctx context.Context, places []Place) error {
	for _, pl := range places {
		_, err := p.pool.Exec(ctx, "DELETE FROM "+condition(pl))
		if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) && pe.Code == noTable {
			continue
		}
		if err != nil {
			return fmt.Errorf("purge: %w", err)
		}
	}
	return nil
}

// Describe reads version and settings from the server itself.
func (p *postgres) Describe(ctx context.Context) (results.Broker, error) {
	b := results.Broker{Name: "postgres", Product: "PostgreSQL", Attached: p.running() == nil}
	if err := p.pool.QueryRow(ctx, "SELECT split_part(current_setting('server_version'), ' ', 1)").Scan(&b.Version); err != nil {
		return b, fmt.Errorf("ask PostgreSQL for its version: %w", err)
	}
	for _, s := range append(postgresSettings(), bindSetting("listen_addresses", "", "localhost")) {
		if err := p.pool.QueryRow(ctx, "SELECT current_setting($1)", s.Name).Scan(&s.Value); err != nil {
			return b, fmt.Errorf("ask PostgreSQL for its settings: %w", err)
		}
		if p.running() == nil {
			s.Why = "as the server reports it"
		}
		b.Settings = append(b.Settings, s)
	}
	return b, nil
}

// Restart restarts the killed server, which recovers from its log. Connections to the old one are dropped.
func (p *postgres) Restart(ctx context.Context) error {
	p.pool.Reset()
	return p.restart(ctx, p.url, postgresReady, p.pool.Ping)
}

// Close disconnects, and stops a private server and removes its data.
func (p *postgres) Close() error {
	p.pool.Close()
	p.stop(syscall.SIGINT) // PostgreSQL's fast shutdown: it ends sessions and writes data
	return nil
}
