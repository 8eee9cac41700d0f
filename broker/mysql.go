package broker

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/internal/shell"
	"github.com/tqbench/tqbench/results"
)

const (
	mysqlReady = 60 * time.Second
	mysqlPool  = 20
	// mysqlRetries is how often to resend an insert that was the victim of a deadlock: the server has rolled it back, so nothing is queued
	// twice. The server's limit for a lock is 50 s as installed: after mysqlPatience, an insert is not resent.
	mysqlRetries  = 100
	mysqlPatience = time.Minute
)

// The possible products of this broker.
const (
	MariaDB = "MariaDB"
	MySQL   = "MySQL"
)

// mysqlSettings are a private server's, each with the reason. Others are the server's defaults.
func mysqlSettings() []results.Setting {
	return []results.Setting{
		{Name: "innodb_flush_log_at_trx_commit", Value: "1", Default: "1", Why: "each commit waits for the disk, as installed"},
		{Name: "sync_binlog", Value: "1", Default: "0 on MariaDB, 1 on MySQL", Why: "if there is a binary log, a commit is in it"},
		{Name: "innodb_doublewrite", Value: "ON", Default: "ON", Why: "as installed"},
		{Name: "innodb_buffer_pool_size", Value: "268435456", Default: "134217728", Why: "the whole queue fits, as on a dedicated server"},
		{Name: "max_connections", Value: "1000", Default: "151", Why: "room for the pools of many workers"},
		{Name: "transaction_isolation", Value: "REPEATABLE-READ", Default: "REPEATABLE-READ", Why: "as installed"},
	}
}

func mysqlProgram(name string) Program {
	return Program{Name: name, Package: "mariadb-server", Version: []string{"--no-defaults", "--version"},
		Dirs: []string{"/usr/sbin", "/usr/local/mysql/bin", "/opt/homebrew/opt/mysql/bin", "/usr/bin"}}
}

// mysqlBroker is a MySQL or MariaDB server.
type mysqlBroker struct {
	*private
	url string
	db  *sql.DB
}

// mysqlPrograms are MySQL's if installed and MariaDB wasn't asked for, otherwise MariaDB's.
func mysqlPrograms(want choice) []Program {
	// Debian's MariaDB brings a mysqld that is a link to its own server.
	if exe, err := want.from(mysqlProgram("mysqld")).Find(); err == nil && want.Product != brokername.MariaDB {
		if real, err := filepath.EvalSymlinks(exe); err == nil && filepath.Base(real) == "mysqld" {
			return []Program{mysqlProgram("mysqld")}
		}
	}
	install := mysqlProgram("mariadb-install-db")
	install.Version = nil
	return []Program{mysqlProgram("mariadbd"), install}
}

func startMySQL(ctx context.Context, at address, want choice) (Broker, error) {
	paths, err := want.findAll(ctx, mysqlPrograms(want))
	if err != nil {
		return nil, err
	}
	exe, product := paths[0], MySQL
	if len(paths) > 1 {
		product = MariaDB
	}
	server, err := launch(ctx, "mysql", want.root(), func(dir string) (plan, error) {
		data := filepath.Join(dir, "data")
		argv := []string{exe, "--no-defaults", "--datadir=" + data, "--bind-address=" + at.host, "--port=" + at.port,
			"--socket=" + filepath.Join(dir, "socket"), "--pid-file=" + filepath.Join(dir, "pid"), "--init-file=" + filepath.Join(dir, "init.sql"),
			"--skip-name-resolve", "--tmpdir=" + dir}
		install := []string{exe, "--no-defaults"}
		if product == MariaDB {
			install[0] = paths[1]
		}
		if want.bin != "" && want.root() == "" {
			// It looks for its messages and scripts below this folder.
			base := "--basedir=" + filepath.Dir(filepath.Dir(exe))
			argv, install = append(argv, base), append(install, base)
		}
		install = append(install, "--datadir="+data)
		if product == MariaDB {
			install = append(install, "--auth-root-authentication-method=normal", "--skip-test-db")
		} else {
			install = append(install, "--initialize-insecure")
			argv = append(argv, "--mysqlx=OFF", "--secure-file-priv=NULL")
		}
		prepare := shell.Join(install) + " >/dev/null"
		for _, s := range mysqlSettings() {
			argv = append(argv, "--"+strings.ReplaceAll(s.Name, "_", "-")+"="+s.Value)
		}
		return plan{
			product: product, argv: argv, users: []string{"mysql"}, prepare: prepare,
			files: map[string]string{"init.sql": mysqlAccounts(product, at.password)},
		}, nil
	})
	if err != nil {
		return nil, err
	}
	u := mysqlURL{host: at.String(), user: url.UserPassword(account, at.password), database: account}
	m := &mysqlBroker{private: server, url: u.url()}
	if m.db, err = u.connect(); err != nil {
		m.stop(syscall.SIGKILL)
		return nil, fmt.Errorf("start %s: %w", product, err)
	}
	if err := m.await(ctx, mysqlReady, m.db.PingContext); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// mysqlAccounts leaves the server with one account for logins: the run's, for its own databases. The server runs this before it accepts
// clients, after a restart too.
func mysqlAccounts(product, password string) string {
	others := "DROP USER IF EXISTS 'root'@'localhost';\n"
	if product == MariaDB {
		// The installation has a root for each name of this machine, and nameless accounts. The one that stays owns the system's views, and
		// no client can log in as it.
		others = fmt.Sprintf("DELETE FROM mysql.global_priv WHERE User NOT IN ('mariadb.sys', '%s') AND JSON_VALUE(Priv, '$.is_role') IS NULL;\n"+
			"DELETE FROM mysql.proxies_priv;\nFLUSH PRIVILEGES;\n", account)
	}
	return others + fmt.Sprintf("CREATE DATABASE IF NOT EXISTS %[1]s CHARACTER SET utf8mb4;\nCREATE USER IF NOT EXISTS '%[1]s'@'%%' IDENTIFIED BY '%[2]s';\n"+
		// A run's spaces are named after the account, see Options.Space. Only those who may see all sessions see open transactions.
		"GRANT ALL ON `%[1]s%%`.* TO '%[1]s'@'%%';\nGRANT PROCESS ON *.* TO '%[1]s'@'%%';\n", account, password)
}

func attachMySQL(ctx context.Context, rawURL string) (Broker, error) {
	u, err := parseMySQL(rawURL)
	if err != nil {
		return nil, err
	}
	db, err := u.connect()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		return nil, refused("MySQL", cmp.Or(u.host, u.socket), err, map[string]string{
			unknownAuthority: authority("ssl_ca"),
			"Error 1045":     "it refuses the user or password of the URL",
			"Error 1049":     "it has no database of the URL's name",
		})
	}
	return &mysqlBroker{private: &private{}, url: u.url(), db: db}, nil
}

// URL is the address for workers.
func (m *mysqlBroker) URL() string { return m.url }

// Declare does nothing: the frameworks create their tables.
func (m *mysqlBroker) Declare(context.Context, []Place) error { return nil }

// Publish sends neighbours with one destination as one statement of many rows, which inserts all of them or none.
func (m *mysqlBroker) Publish(ctx context.Context, messages []Message) (int, error) {
	return publishRuns(messages, func(d Destination, bodies [][]byte) error {
		values := make([]any, len(bodies))
		for i, b := range bodies {
			values[i] = b
		}
		statement := d.Insert + " " + strings.TrimSuffix(strings.Repeat(d.Row+", ", len(bodies)), ", ")
		return m.retry(ctx, statement, values...)
	})
}

// retry executes a statement, again if the server has undone it.
func (m *mysqlBroker) retry(ctx context.Context, statement string, values ...any) error {
	began := time.Now()
	for attempt := 1; ; attempt++ {
		_, err := m.db.ExecContext(ctx, statement, values...)
		if attempt == mysqlRetries || time.Since(began) > mysqlPatience || !undone(err) {
			return err
		}
	}
}

// undone reports whether the server rolled back a statement after a conflict with another: a deadlock, or the limit for a lock
// (innodb_lock_wait_timeout). A statement that is its own transaction then left nothing.
func undone(err error) bool {
	var me *mysql.MySQLError
	return errors.As(err, &me) && (me.Number == 1213 || me.Number == 1205)
}

// absent reports whether a table is missing.
func absent(err error) bool {
	var me *mysql.MySQLError
	return errors.As(err, &me) && me.Number == 1146
}

// Depth counts the rows of the places.
func (m *mysqlBroker) Depth(ctx context.Context, places []Place) (int64, error) {
	var sum int64
	for _, p := range places {
		var n int64
		err := m.db.QueryRowContext(ctx, "SELECT count(*) FROM "+condition(p)).Scan(&n)
		if err != nil && !absent(err) {
			return 0, fmt.Errorf("read the depth: %w", err)
		}
		sum += n
	}
	return sum, nil
}

// Purge deletes the rows of the places.
func (m *mysqlBroker) Purge(ctx context.Context, places []Place) error {
	for _, p := range places {
		if err := m.retry(ctx, "DELETE FROM "+condition(p)); err != nil && !absent(err) {
			return fmt.Errorf("purge: %w", err)
		}
	}
	return nil
}

// trxIdle exceeds the time without reads after which the server refreshes its table of transactions, which is 0.1 s: asked more often, it
// returns the same old answer forever. Source: CACHE_MIN_IDLE_TIME_NS in storage/innobase/trx/trx0i_s.cc of MariaDB 10.11,
// CACHE_MIN_IDLE_TIME_US in MySQL's.
const trxIdle = 120 * time.Millisecond

// Quiet reports whether no session of the database has an open transaction: a worker that is held in the middle of one keeps its locks,
// and inserts would wait for it. The answer is yes to a user who may not see transactions.
func (m *mysqlBroker) Quiet(ctx context.Context) (bool, error) {
	n, err := m.transactions(ctx, "")
	if unseen(err) {
		return true, nil
	}
	return err == nil && n == 0, err
}

// Blocked reports whether a session of the database waits for a lock. The answer is yes to a user who may not see
// transactions: a producer that asks has waited for long.
func (m *mysqlBroker) Blocked(ctx context.Context) (bool, error) {
	n, err := m.transactions(ctx, " AND trx_state = 'LOCK WAIT'")
	if unseen(err) {
		return true, nil
	}
	return n > 0, err
}

// unseen reports whether the user lacks the right to see transactions (PROCESS).
func unseen(err error) bool {
	var me *mysql.MySQLError
	return errors.As(err, &me) && me.Number == 1227
}

// transactions counts the open ones of our database: others of a shared server have their own.
func (m *mysqlBroker) transactions(ctx context.Context, where string) (n int64, err error) {
	select {
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-time.After(trxIdle):
	}
	if err := m.db.QueryRowContext(ctx, "SELECT count(*) FROM information_schema.innodb_trx JOIN information_schema.processlist ON id = trx_mysql_thread_id"+
		" WHERE db = database()"+where).Scan(&n); err != nil {
		return 0, fmt.Errorf("look for open transactions: %w", err)
	}
	return n, nil
}

// Describe reads product, version and settings from the server itself.
func (m *mysqlBroker) Describe(ctx context.Context) (results.Broker, error) {
	b := results.Broker{Name: "mysql", Product: MySQL, Attached: m.running() == nil}
	if err := m.db.QueryRowContext(ctx, "SELECT version()").Scan(&b.Version); err != nil {
		return b, fmt.Errorf("ask the server for its version: %w", err)
	}
	if strings.Contains(b.Version, MariaDB) {
		b.Product = MariaDB
	}
	b.Version, _, _ = strings.Cut(b.Version, "-")
	for _, s := range append(mysqlSettings(), bindSetting("bind_address", "", "*")) {
		var name string
		err := m.db.QueryRowContext(ctx, "SHOW GLOBAL VARIABLES LIKE '"+s.Name+"'").Scan(&name, &s.Value)
		if errors.Is(err, sql.ErrNoRows) && s.Name == "transaction_isolation" { // MariaDB's older name
			err = m.db.QueryRowContext(ctx, "SHOW GLOBAL VARIABLES LIKE 'tx_isolation'").Scan(&name, &s.Value)
		}
		if errors.Is(err, sql.ErrNoRows) {
			s.Value, err = "unknown to this server", nil
		}
		if err != nil {
			return b, fmt.Errorf("ask the server for its settings: %w", err)
		}
		if m.running() == nil {
			s.Why = "as the server reports it"
		}
		b.Settings = append(b.Settings, s)
	}
	return b, nil
}

// Restart restarts the killed server, which recovers from its log.
func (m *mysqlBroker) Restart(ctx context.Context) error {
	return m.restart(ctx, m.url, mysqlReady, m.db.PingContext)
}

// Close disconnects, and stops a private server and removes its data.
func (m *mysqlBroker) Close() error {
	err := m.db.Close()
	m.stop(syscall.SIGTERM)
	return err
}
