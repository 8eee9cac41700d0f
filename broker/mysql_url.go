package broker

import (
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

const mysqlPort = "3306"

func mysqlForm() urlForm {
	return urlForm{product: "MySQL", example: "mysql://user:password@host:port/database", schemes: []string{"mysql"},
		parameters: []string{"host", "unix_socket", "socket", "charset", "ssl", "tls", "ssl_mode", "ssl-mode", "sslmode", "ssl_ca", "ssl-ca", "ssl_cert", "ssl-cert",
			"ssl_key", "ssl-key", "ssl_check_hostname", "ssl_verify_identity", "ssl_verify_cert"}}
}

// mysqlURL is what a MySQL URL says.
type mysqlURL struct {
	user *url.Userinfo
	// host is HOST:PORT, "" with a socket.
	host, socket, database string
	tls                    *TLS
}

// parseMySQL reads a URL as SQLAlchemy, Go's driver and MySQL's own tools write it.
func parseMySQL(rawURL string) (m mysqlURL, err error) {
	f := mysqlForm()
	scheme, rest, _ := strings.Cut(rawURL, "://")
	// A driver, as in mysql+pymysql, is SQLAlchemy's affair.
	if product, _, _ := strings.Cut(scheme, "+"); product != "mysql" && product != "mariadb" {
		return m, f.unreadable()
	}
	u, err := f.read("mysql://" + rest)
	if err != nil {
		return m, err
	}
	q := u.Query()
	port, err := portOf(u, mysqlPort)
	m.user, m.socket, m.database = u.User, firstOf(q, "unix_socket", "socket"), strings.TrimPrefix(u.Path, "/")
	// SQLAlchemy prefers a host in the query.
	host := hostOr(u, "")
	if q.Has("host") {
		host = q.Get("host")
	}
	if err != nil || m.database == "" || m.socket == "" && host == "" {
		return m, f.unreadable()
	}
	if m.socket == "" {
		m.host = net.JoinHostPort(host, port)
	} else if m.socket, err = absolute(m.socket); err != nil {
		return m, err
	}
	m.tls, err = mysqlTLS(f, q)
	return m, err
}

// mysqlTLS reads the parameters for TLS. As with PyMySQL, an authority means that the server's certificate is checked against it.
func mysqlTLS(f urlForm, q url.Values) (*TLS, error) {
	t := &TLS{CA: firstOf(q, "ssl_ca", "ssl-ca"), Cert: firstOf(q, "ssl_cert", "ssl-cert"), Key: firstOf(q, "ssl_key", "ssl-key")}
	t.Verify = t.CA != ""
	t.Name = t.Verify
	on, check := t.CA != "" || t.Cert != "", false
	switch strings.ToLower(strings.ReplaceAll(firstOf(q, "ssl_mode", "ssl-mode", "sslmode", "tls", "ssl"), "-", "_")) {
	case "", "preferred":
	case "disabled", "false", "0":
		on = false
	case "required", "skip_verify":
		on = true
	case "verify_ca":
		on, check, t.Name = true, true, false
	case "verify_identity", "true", "1":
		on, check = true, true
	default:
		return nil, f.unread("ssl_mode is one of DISABLED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY")
	}
	for _, name := range []string{"ssl_check_hostname", "ssl_verify_identity", "ssl_verify_cert"} {
		switch strings.ToLower(q.Get(name)) {
		case "":
		case "true", "1":
			on, check = true, true
		case "false", "0":
			on, t.Name = true, false
			t.Verify = t.Verify && name != "ssl_verify_cert"
		default:
			return nil, f.unread(name + " is true or false")
		}
	}
	if check && t.CA == "" {
		return nil, f.unread("to check the server's certificate, name the authority's file with ssl_ca; to encrypt alone, write ssl_mode=REQUIRED")
	}
	if !on {
		return nil, nil
	}
	return t, t.files()
}

// url is the URL for clients, as SQLAlchemy and PyMySQL read it.
func (m mysqlURL) url() string {
	host, query := m.host, [][2]string{{"unix_socket", m.socket}}
	if m.socket != "" {
		host = "localhost"
	}
	if t := m.tls; t != nil {
		ca, name := "", "false"
		if t.Verify {
			ca = t.CA
		}
		if t.Name {
			name = "true"
		}
		query = append(query, [2]string{"ssl_ca", ca}, [2]string{"ssl_cert", t.Cert}, [2]string{"ssl_key", t.Key}, [2]string{"ssl_check_hostname", name})
	}
	return "mysql://" + userinfo(m.user) + host + "/" + percent(m.database) + parameters(query...)
}

func (m mysqlURL) endpoint() Endpoint {
	e := Endpoint{URL: m.url(), User: userinfo(m.user), Socket: m.socket, TLS: m.tls}
	e.Host, _, _ = net.SplitHostPort(m.host) // "" with a socket
	return e
}

func mysqlHosts(rawURL string) ([]string, error) {
	m, err := parseMySQL(rawURL)
	if err != nil || m.socket != "" {
		return nil, err
	}
	host, _, err := net.SplitHostPort(m.host)
	if err != nil {
		return nil, mysqlForm().unreadable()
	}
	return []string{host}, nil
}

func (m mysqlURL) connect() (*sql.DB, error) {
	c := mysql.NewConfig()
	c.User = m.user.Username()
	c.Passwd, _ = m.user.Password()
	c.Net, c.Addr, c.DBName = "tcp", m.host, m.database
	if m.socket != "" {
		c.Net, c.Addr = "unix", m.socket
	}
	if m.tls != nil {
		host, _, _ := net.SplitHostPort(m.host) // "" with a socket
		var err error
		if c.TLS, err = m.tls.config("MySQL", host); err != nil {
			return nil, err
		}
	}
	c.Timeout = dialLimit
	// A statement that contains its values is one round trip; a prepared one would be three.
	c.InterpolateParams = true
	// The server's own limit is a day or a year, and a statement that we no longer wait for would still be executed then.
	c.Params = map[string]string{"lock_wait_timeout": strconv.Itoa(int(spaceLimit / time.Second))}
	// The library's lines would interleave with ours; errors reach us anyway.
	c.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, fmt.Errorf("%w: the MySQL URL can't be used: write %s", ErrURL, mysqlForm().example)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(mysqlPool)
	db.SetMaxIdleConns(mysqlPool)
	return db, nil
}
