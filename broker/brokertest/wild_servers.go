package brokertest

import (
	"database/sql"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/process"
)

// hard is a password with each special character, which is the user's own from when it is first asked for.
const hard = "p@ss/w: !\"#$%&'()*+,-.;<=>?[\\]^_`{|}~"

// WildServer is a server with all that URLs in the wild ask for: TLS, a Unix socket, Sentinels, another virtual host.
type WildServer struct {
	name, admin  string
	certificates Certificates
	user         *url.Userinfo
	// plain and secure are HOST:PORT without and with TLS, which may be the same; socket is the path of its socket, or of its folder.
	plain, secure, socket, database string
	sentinel                        string
	// six is HOST:PORT at an IPv6 address.
	six string
	// changed says that the user has the hard password.
	changed bool
}

// wildPrograms start the programs with more arguments. SERVER, KEY and CA are certificates, TLS and PORT6 are free ports, SOCKET a path in FOLDER,
// LOOPBACK6 an address, and PROGRAM the program itself. A server refuses a key that others can read.
func wildPrograms(name string) map[string]string {
	const key = `install -m 600 KEY "$HOME/key.pem"; `
	switch name {
	case "redis":
		return map[string]string{"redis-server": `exec PROGRAM "$@" --tls-port TLS --tls-cert-file SERVER --tls-key-file KEY --tls-ca-cert-file CA ` +
			`--tls-auth-clients optional --unixsocket SOCKET --unixsocketperm 777 --bind 127.0.0.1 LOOPBACK6`}
	case "postgres":
		return map[string]string{"initdb": `exec PROGRAM "$@"`, "postgres": key + `exec PROGRAM "$@" -c ssl=on -c ssl_cert_file=SERVER ` +
			`-c ssl_key_file="$HOME/key.pem" -c ssl_ca_file=CA -c unix_socket_directories=FOLDER -c listen_addresses=127.0.0.1,LOOPBACK6`}
	case "mysql":
		return map[string]string{"mariadb-install-db": `exec PROGRAM "$@" --basedir=/usr`, "mariadbd": key + `exec PROGRAM "$@" --basedir=/usr ` +
			`--ssl-ca=CA --ssl-cert=SERVER --ssl-key="$HOME/key.pem" --socket=SOCKET --bind-address=127.0.0.1,LOOPBACK6`}
	case "rabbitmq":
		return map[string]string{"rabbitmq-server": key + `printf 'listeners.ssl.1 = 127.0.0.1:TLS\nlisteners.tcp.2 = LOOPBACK6:PORT6\nssl_options.cacertfile = CA\nssl_options.certfile = SERVER\n` +
			`ssl_options.keyfile = %s\nssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = false\n' "$HOME/key.pem" >> "$RABBITMQ_CONFIG_FILE.conf"
exec PROGRAM "$@"`}
	}
	return nil
}

// StartWild starts a broker's server for the test.
func StartWild(t *testing.T, name string, certificates Certificates) *WildServer {
	t.Helper()
	w := &WildServer{name: name, certificates: certificates}
	folder, bin := OpenDir(t), ""
	w.socket = filepath.Join(folder, "socket")
	if name == "postgres" {
		w.socket = folder
	}
	port, port6 := freePort(t), freePort(t)
	host6, is6 := loopback6()
	for program, script := range wildPrograms(name) {
		if bin == "" {
			bin = OpenDir(t)
		}
		script = strings.NewReplacer("PROGRAM", programOf(t, program), "SERVER", certificates.Server, "KEY", certificates.ServerKey, "CA", certificates.CA,
			"TLS", port, "LOOPBACK6", host6, "PORT6", port6, "SOCKET", w.socket, "FOLDER", folder).Replace(script)
		if err := os.WriteFile(filepath.Join(bin, program), []byte("#!/bin/sh\nset -e\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	b, err := broker.Open(t.Context(), name, broker.Options{Bin: bin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	u, err := url.Parse(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	w.admin, w.user, w.plain, w.secure, w.database = b.URL(), u.User, u.Host, u.Host, strings.Trim(u.Path, "/")
	if name == "redis" || name == "rabbitmq" {
		w.secure = net.JoinHostPort("127.0.0.1", port)
	}
	if name != "rabbitmq" {
		port6 = u.Port()
	}
	if is6 {
		w.six = net.JoinHostPort(host6, port6)
	}
	if name == "redis" {
		w.watch(t)
	}
	return w
}

// loopback6 is the IPv6 loopback address. Where the machine has none, as in many containers, it is another IPv4 one, and there is no URL with it.
func loopback6() (host string, is6 bool) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return "127.0.0.2", false
	}
	_ = l.Close()
	return "::1", true
}

// programOf is a server's real program.
func programOf(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range []string{"/usr/lib/rabbitmq/bin", "/usr/lib/postgresql/*/bin", "/usr/sbin", "/usr/bin"} {
		found, err := filepath.Glob(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			return found[len(found)-1]
		}
	}
	t.Fatalf("there is no %s: run make brokers", name)
	return ""
}

// URL fills in a case's template. It is "" for one with an IPv6 address on a machine without any.
func (w *WildServer) URL(t *testing.T, c WildURL) string {
	t.Helper()
	template := c.URL
	if template == "" {
		template = c.Form
	}
	if strings.Contains(template, "HOST6") && w.six == "" {
		return ""
	}
	user := w.user.String()
	if strings.Contains(template, "HARD") {
		user = w.harden(t)
	}
	_, port, err := net.SplitHostPort(w.plain)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("USER", user, "HARD", user, "DATABASE", w.database, "HOST6", w.six, "HOST", w.plain, "SECURE", w.secure, "SOCKET", w.socket, "SENTINEL", w.sentinel,
		"PORT", port, "CERT_REQUIRED", "CERT_REQUIRED", "VERIFY_CA", "VERIFY_CA", "OTHER", w.certificates.Other, "CA", w.certificates.CA, "CERT", w.certificates.Client, "KEY", w.certificates.ClientKey).Replace(template)
}

// CA is the file of the server's authority.
func (w *WildServer) CA() string { return w.certificates.CA }

// AssumeWithCode makes AWS's tools assume a role that asks for a code, until the test's end.
func AssumeWithCode(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	const role = "[profile load]\nrole_arn = arn:aws:iam::123456789012:role/load\nsource_profile = me\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n" +
		"[profile me]\naws_access_key_id = K\naws_secret_access_key = S\n"
	if err := os.WriteFile(file, []byte(role), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_PROFILE", "load")
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
}

// harden makes a user with the hard password, or gives it to the one that is there, and returns user and password as in a URL.
func (w *WildServer) harden(t *testing.T) string {
	t.Helper()
	user := w.user.Username()
	if !w.changed {
		switch w.name {
		case "redis":
			user = "orders"
			c := redisClient(t, w.admin)
			if err := c.Do(t.Context(), "ACL", "SETUSER", user, "on", ">"+hard, "~*", "&*", "+@all").Err(); err != nil {
				t.Fatal(err)
			}
		case "postgres":
			withPostgres(t, w.admin, func(c *pgx.Conn) error {
				_, err := c.Exec(t.Context(), "ALTER ROLE "+user+" PASSWORD '"+strings.ReplaceAll(hard, "'", "''")+"'")
				return err
			})
		case "mysql":
			withMySQL(t, w.admin, func(db *sql.DB) error {
				_, err := db.ExecContext(t.Context(), "SET PASSWORD = PASSWORD('"+strings.NewReplacer("'", "''", `\`, `\\`).Replace(hard)+"')")
				return err
			})
		case "rabbitmq":
			user = "orders"
			Rabbitmqctl(t.Context(), t, w.admin, "add_user", user, hard)
			Rabbitmqctl(t.Context(), t, w.admin, "add_vhost", WildVhost)
			Rabbitmqctl(t.Context(), t, w.admin, "set_permissions", "-p", WildVhost, user, ".*", ".*", ".*")
		}
		w.changed = true
	}
	return user + ":" + strings.ReplaceAll(url.QueryEscape(hard), "+", "%20")
}

func redisClient(t *testing.T, at string) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(at)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// watch starts a Sentinel for the server.
func (w *WildServer) watch(t *testing.T) {
	t.Helper()
	port := freePort(t)
	w.sentinel = net.JoinHostPort("127.0.0.1", port)
	password, _ := w.user.Password()
	host, master, err := net.SplitHostPort(w.plain)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "sentinel.conf")
	conf := "port " + port + "\nbind 127.0.0.1\ndir " + dir + "\nsentinel monitor orders " + host + " " + master + " 1\nsentinel auth-pass orders " + password + "\n"
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, "log")
	group, err := process.Start(t.Context(), []process.Command{{Argv: []string{programOf(t, "redis-server"), file, "--sentinel"}, Dir: dir, Log: log}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { group.Stop(syscall.SIGTERM, time.Second) })
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", w.sentinel)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("the Sentinel doesn't answer: %v: %s", err, process.LastWords(log))
		}
	}
}
