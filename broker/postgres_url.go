package broker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tqbench/tqbench/internal/regular"
)

const postgresPort = "5432"

func postgresForm() urlForm {
	return urlForm{product: "PostgreSQL", example: "postgresql://user:password@host:port/database", schemes: []string{"postgresql"},
		parameters: []string{"host", "port", "user", "password", "dbname", "options", "application_name", "sslmode", "sslrootcert", "sslcert", "sslkey",
			"passfile", "service", "servicefile", "connect_timeout", "target_session_attrs", "channel_binding"}}
}

// postgresURL is what a PostgreSQL URL says, together with PostgreSQL's own variables and files.
type postgresURL struct {
	config *pgxpool.Config
	// query is what clients need of the URL's.
	query url.Values
	// wanted are the attributes of the session among several hosts.
	wanted string
}

// postgresAt is a server's address.
type postgresAt struct {
	host, port string
}

func (a postgresAt) socket() bool { return filepath.IsAbs(a.host) }

func (a postgresAt) String() string { return net.JoinHostPort(a.host, a.port) }

// parsePostgres reads a URL as libpq, SQLAlchemy and Django write it.
func parsePostgres(rawURL string) (postgresURL, error) {
	f := postgresForm()
	scheme, rest, _ := strings.Cut(rawURL, "://")
	product, driver, _ := strings.Cut(scheme, "+")
	if product != "postgresql" && product != "postgres" {
		return postgresURL{}, f.unreadable()
	}
	if err := f.checkEncoding(rawURL); err != nil {
		return postgresURL{}, err
	}
	rest, hosts := cutHosts(rest)
	if driver == "asyncpg" {
		rest = strings.Replace(strings.Replace(rest, "?ssl=", "?sslmode=", 1), "&ssl=", "&sslmode=", 1)
	}
	u, err := f.read("postgresql://" + rest)
	if err != nil {
		return postgresURL{}, err
	}
	q := u.Query()
	if !q.Has("host") && hosts != nil {
		names, ports, err := splitHosts(hosts, q.Get("port"))
		if err != nil {
			return postgresURL{}, f.unreadable()
		}
		q.Set("host", names)
		q.Set("port", ports)
	}
	p := postgresURL{query: q, wanted: q.Get("target_session_attrs")}
	q.Del("target_session_attrs")
	q.Del("channel_binding") // what the server and a client agree on without it is the same
	// Workers don't see these variables.
	for name, variable := range map[string]string{"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"} {
		if v := os.Getenv(variable); v != "" && !q.Has(name) {
			q.Set(name, v)
		}
	}
	for _, name := range []string{"sslrootcert", "sslcert", "sslkey"} {
		if path := q.Get(name); path != "" && path != "system" {
			if path, err = absolute(path); err != nil {
				return postgresURL{}, err
			}
			q.Set(name, path)
		}
	}
	if err := checkFiles(slices.Concat([]string{q.Get("sslkey"), q.Get("sslcert"), q.Get("sslrootcert"), q.Get("passfile"), q.Get("servicefile")},
		environFiles("PGPASSFILE", "PGSERVICEFILE"),
		homeFiles(".pgpass", ".pg_service.conf", ".postgresql/postgresql.key", ".postgresql/postgresql.crt", ".postgresql/root.crt"))...); err != nil {
		return postgresURL{}, err
	}
	u.RawQuery = q.Encode()
	if modes := []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}; q.Has("sslmode") && !slices.Contains(modes, q.Get("sslmode")) {
		return postgresURL{}, f.unread("sslmode is one of " + strings.Join(modes, ", "))
	}
	if p.config, err = pgxpool.ParseConfig(u.String()); err != nil {
		for _, name := range []string{"sslrootcert", "sslcert", "sslkey"} {
			if path := q.Get(name); path != "" && path != "system" {
				if _, err := os.Stat(path); err != nil {
					return postgresURL{}, f.unread("the file of " + name + ": " + regular.Bare(err).Error())
				}
			}
		}
		return postgresURL{}, f.unreadable()
	}
	return p, nil
}

// cutHosts takes the hosts out of a URL without its scheme. They may be several, which isn't a URL that the library reads.
func cutHosts(rest string) (without string, hosts []string) {
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	user := strings.LastIndexByte(rest[:end], '@') + 1
	if user < end {
		hosts = strings.Split(rest[user:end], ",")
	}
	return rest[:user] + rest[end:], hosts
}

// splitHosts is libpq's list of hosts and that of their ports. A port in the URL's query is for all that have none.
func splitHosts(hosts []string, usual string) (names, ports string, err error) {
	var n, p []string
	for _, h := range hosts {
		name, port := h, usual
		if strings.HasPrefix(strings.ToUpper(h), "%2F") { // a socket's folder
			name, err = url.PathUnescape(h)
		} else {
			var u *url.URL
			if u, err = url.Parse("postgresql://" + h); err == nil {
				name = u.Hostname()
				port, err = portOf(u, usual)
			}
		}
		if err != nil || name == "" {
			return "", "", errors.New("no host")
		}
		port = cmp.Or(port, postgresPort)
		n, p = append(n, name), append(p, port)
	}
	return strings.Join(n, ","), strings.Join(p, ","), nil
}

// servers are the addresses in the order of the URL, each once.
func (p postgresURL) servers() []postgresAt {
	c := p.config.ConnConfig
	all := []postgresAt{{c.Host, strconv.Itoa(int(c.Port))}}
	for _, f := range c.Fallbacks {
		if at := (postgresAt{f.Host, strconv.Itoa(int(f.Port))}); !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	return all
}

// on is the URL for clients of one server. User, password and database are written out: workers don't see where the library found them.
func (p postgresURL) on(at postgresAt) string {
	c := p.config.ConnConfig
	user := url.User(c.User)
	if c.Password != "" {
		user = url.UserPassword(c.User, c.Password)
	}
	var query [][2]string
	host := at.String()
	if at.socket() {
		host = ""
		query = append(query, [2]string{"host", at.host}, [2]string{"port", at.port})
	}
	for _, name := range []string{"sslmode", "sslrootcert", "sslcert", "sslkey", "application_name", "options"} {
		query = append(query, [2]string{name, p.query.Get(name)})
	}
	return "postgresql://" + userinfo(user) + host + "/" + percent(c.Database) + parameters(query...)
}

// postgresHosts are all hosts of a URL. A folder means a Unix socket.
func postgresHosts(rawURL string) ([]string, error) {
	p, err := parsePostgres(rawURL)
	if err != nil {
		return nil, err
	}
	var hosts []string
	for _, at := range p.servers() {
		if !at.socket() {
			hosts = append(hosts, at.host)
		}
	}
	return hosts, nil
}

// withOption is a client's URL with another of the server's options, after those that it has: of two options parameters, clients take one.
func withOption(rawURL, option string) (string, error) {
	p, err := parsePostgres(rawURL)
	if err != nil {
		return "", err
	}
	if have := p.query.Get("options"); have != "" {
		option = have + " " + option
	}
	p.query.Set("options", option)
	return p.on(p.servers()[0]), nil
}

// attachPostgres attaches to the first server of the URL that answers, and everyone uses that one.
func attachPostgres(ctx context.Context, rawURL string) (Broker, error) {
	p, err := parsePostgres(rawURL)
	if err != nil {
		return nil, err
	}
	if p.query.Get("sslkey") != "" && os.Getuid() == 0 {
		return nil, fmt.Errorf("%w: PostgreSQL's library takes a key from its owner alone, and workers run as another user than root: run tqbench as the key's owner", ErrURL)
	}
	authority := p.query.Get("sslrootcert")
	if authority == "system" {
		authority = ""
	}
	if err := readable(authority); err != nil {
		return nil, err
	}
	for _, at := range p.servers() {
		var b Broker
		if b, err = attachOnePostgres(ctx, p.on(at), p.wanted, at); err == nil || ctx.Err() != nil {
			return b, err
		}
	}
	return nil, err
}

func attachOnePostgres(ctx context.Context, clients, wanted string, at postgresAt) (Broker, error) {
	own := clients
	if wanted != "" {
		u, err := url.Parse(clients)
		if err != nil {
			return nil, postgresForm().unreadable()
		}
		q := u.Query()
		q.Set("target_session_attrs", wanted)
		u.RawQuery = q.Encode()
		own = u.String()
	}
	c, err := pgxpool.ParseConfig(own)
	if err != nil {
		return nil, postgresForm().unreadable()
	}
	pool, err := postgresPoolOf(ctx, c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		where := at.String()
		if at.socket() {
			where = at.host
		}
		return nil, refused("PostgreSQL", where, err, map[string]string{
			unknownAuthority: authority("sslrootcert"),
			"SQLSTATE 28P01": "it refuses the user or password of the URL",
			"SQLSTATE 28000": "it refuses the user or password of the URL",
			"SQLSTATE 3D000": "it has no database of the URL's name",
		})
	}
	return &postgres{private: &private{}, url: clients, pool: pool}, nil
}
