package broker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// dialLimit bounds a connection to a shared broker, stopLimit the stop of a private one.
const (
	dialLimit = 5 * time.Second
	stopLimit = 20 * time.Second
)

// account is the user, database and virtual host of private brokers that need one.
const account = "tqbench"

// address is where a private broker listens, and its password.
type address struct {
	host, port, password string
}

func (a address) String() string { return net.JoinHostPort(a.host, a.port) }

func (a address) loopback() bool { return net.ParseIP(a.host).IsLoopback() }

// freeAddress is a free port of loopback with a new random password: on a machine with other users, a private broker stays private, and
// another program that took the port can be recognised.
func freeAddress() (address, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return address{}, err
	}
	defer l.Close()
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return address{}, err
	}
	return address{host: host, port: port, password: secret()}, nil
}

// secret makes a random password.
func secret() string {
	word := make([]byte, 16)
	_, _ = rand.Read(word) // never fails
	return hex.EncodeToString(word)
}

// private is a broker's own processes; without a group the broker is shared.
type private struct {
	product string
	log     string
	// life is the context that the server was started in: when it ends, the server is stopped without any grace.
	life context.Context
	// server is the command alone, without the preparation of its data; forgets is as in the plan.
	server process.Command
	// folder has its data.
	folder  string
	forgets string

	// mu guards what a restart changes: group has the running server, before the killed ones.
	mu     sync.Mutex
	group  *process.Group
	before []*process.Group
}

// plan is how to start a private broker.
type plan struct {
	// product is its name in errors.
	product string
	// prepare are the first commands, for a shell; "" means none. The server then replaces the shell.
	prepare string
	argv    []string
	env     []string
	// path are further folders of its PATH in a root, or "".
	path string
	// files are written into its folder, by name.
	files map[string]string
	// users are the accounts to run as instead of root: the first that exists, or "nobody". None means that the server needs no account,
	// and gets a user for its run.
	users []string
	// shared says that the server makes shared memory that would outlive it.
	shared bool
	// forgets says why nothing is left when the server is killed; "" means that its data are kept.
	forgets string
}

// usualPath is the PATH of servers.
const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// launch starts a private broker in a new temporary folder, by the plan that layout makes.
// Its paths are those of root, the file system that its programs are in, or of the machine's own, "".
func launch(ctx context.Context, slug, root string, layout func(dir string) (plan, error)) (_ *private, err error) {
	parent := os.TempDir()
	if root != "" {
		if parent, err = habitable(root); err != nil {
			return nil, fmt.Errorf("start %s: %w", slug, err)
		}
	}
	// The group's guard removes the folder, even when we are killed.
	group, folder, err := process.FolderIn(ctx, parent, "tqbench-"+slug+"-")
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", slug, err)
	}
	defer func() {
		if err != nil {
			group.Stop(syscall.SIGKILL, 0)
		}
	}()
	dir := inside(root, folder)
	path := usualPath
	p, err := layout(dir)
	if err != nil {
		return nil, err
	}
	if root != "" && p.path != "" {
		path += ":" + p.path
	}
	for name, text := range p.files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("start %s: %w", p.product, err)
		}
	}
	c := process.Command{
		Argv: p.argv, Dir: dir, Root: root, Log: filepath.Join(folder, "log"), Shared: p.shared,
		Env: append([]string{"PATH=" + path, "LANG=C.UTF-8", "HOME=" + dir, "TMPDIR=" + dir}, p.env...),
	}
	server := c
	if p.prepare != "" {
		c.Argv = append([]string{"/bin/sh", "-ec", p.prepare + "\nexec \"$@\"", "sh"}, p.argv...)
	}
	if os.Getuid() == 0 {
		if c.User, err = giveUpRoot(root, folder, p.users); err != nil {
			return nil, fmt.Errorf("start %s: %w", p.product, err)
		}
		shut, err := process.Shut(filepath.Join(root, p.argv[0]))
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", p.product, err)
		}
		if shut != "" {
			return nil, fmt.Errorf("%w: tqbench doesn't run %s as root, and other users can't enter %s: move the programs to a folder that all users may enter",
				ErrSetup, p.product, shut)
		}
		server.User = c.User
	}
	if err := group.Run(ctx, []process.Command{c}); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.product, err)
	}
	return &private{product: p.product, life: ctx, group: group, log: c.Log, server: server, folder: folder, forgets: p.forgets}, nil
}

// giveUpRoot finds the first existing account of the root and gives it the folder.
func giveUpRoot(root, dir string, names []string) (*process.User, error) {
	if len(names) == 0 {
		apart, err := process.Apart()
		if err == nil {
			err = process.Give(dir, apart)
		}
		if errors.Is(err, process.ErrShut) {
			err = fmt.Errorf("%w: %w", ErrSetup, err)
		}
		return apart, err
	}
	for _, name := range append(slices.Clone(names), "nobody") {
		owner, err := userOf(root, name)
		if err != nil {
			continue
		}
		shut, err := process.Shut(dir)
		if err != nil {
			return nil, err
		}
		if shut != "" {
			advice := "set TMPDIR to a folder that all users may enter"
			if root != "" {
				advice = "move " + root + " to where all users may enter, or let them with chmod"
			}
			return nil, fmt.Errorf("%w: tqbench doesn't run it as root, and user %s can't enter %s: %s", ErrSetup, name, shut, advice)
		}
		return owner, process.Give(dir, owner)
	}
	return nil, fmt.Errorf("%w: tqbench doesn't run it as root, and %s has none of the users %s", ErrSetup,
		filepath.Join("/", root, "etc", "passwd"), strings.Join(append(slices.Clone(names), "nobody"), ", "))
}

// await asks until the server answers, ends or takes too long. The error has the server's last words.
func (p *private) await(ctx context.Context, limit time.Duration, answers func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := answers(ctx)
		if err == nil {
			return nil
		}
		exits, changed := p.running().Exits()
		if len(exits) > 0 {
			return fmt.Errorf("start %s: it ended at once (%s): %s", p.product, exits[0], process.LastWords(p.log))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("start %s: it did not answer: %w: %w: %s", p.product, ctx.Err(), err, process.LastWords(p.log))
		case <-changed:
		case <-tick.C:
		}
	}
}

// running is the group of the running server, nil for a shared broker.
func (p *private) running() *process.Group {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.group
}

// groups are all groups that the server has run in, the running one first.
func (p *private) groups() []*process.Group {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.group == nil {
		return nil
	}
	return append([]*process.Group{p.group}, p.before...)
}

// Ended is closed when a private server has ended unexpectedly, or was killed.
func (p *private) Ended() <-chan struct{} {
	group := p.running()
	if group == nil {
		return nil
	}
	_, changed := group.Exits()
	return changed
}

// Usage is the private server's use, including before a restart.
func (p *private) Usage() (process.Usage, bool) {
	var sum process.Usage
	groups := p.groups()
	for _, g := range groups {
		sum = sum.Plus(g.Usage())
	}
	return sum, len(groups) > 0
}

// PSS is the private server's memory.
func (p *private) PSS() int64 {
	group := p.running()
	if group == nil {
		return 0
	}
	return group.PSS()
}

// stop stops a private server and removes its data.
func (p *private) stop(s syscall.Signal) {
	for _, g := range p.groups() {
		g.Stop(s, stopLimit)
	}
}

// bindSetting is a setting of every private server.
func bindSetting(name, value, otherwise string) results.Setting {
	return results.Setting{Name: name, Value: value, Default: otherwise,
		Why: "a private server only listens on loopback unless asked otherwise"}
}

// Program is an executable that a broker needs.
type Program struct {
	// Name is looked up on PATH and then in Dirs, in order. A pattern's last match, the newest version, is taken.
	Name string
	Dirs []string
	// Package is Debian's package for it.
	Package string
	// Version are the arguments that print its version. VersionDirs are patterns of folders with the version in their names, for a program
	// that would start something if asked.
	Version     []string
	VersionDirs []string
	// Hidden programs are only looked up in Dirs: PATH has something else under their name.
	Hidden bool
	// root is the file system that Dirs are in, "" for the machine's own.
	root string
}

// Find finds the program.
func (p Program) Find() (string, error) {
	all, err := p.all()
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", p.missing()
	}
	return all[0], nil
}

// all finds the program wherever it is, in the order of preference.
func (p Program) all() ([]string, error) {
	var all []string
	if exe, err := exec.LookPath(p.Name); err == nil && !p.Hidden {
		exe, err := filepath.Abs(exe)
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", p.Name, err)
		}
		all = append(all, exe)
	}
	for _, dir := range p.Dirs {
		found, err := filepath.Glob(filepath.Join(dir, p.Name))
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", p.Name, err)
		}
		slices.SortFunc(found, func(a, b string) int {
			if len(a) != len(b) { // 9 before 15
				return len(a) - len(b)
			}
			return strings.Compare(a, b)
		})
		for _, exe := range slices.Backward(found) {
			info, err := os.Stat(exe)
			if p.root != "" && within(p.root, exe) || p.root == "" && err == nil && program(info) {
				if !slices.Contains(all, exe) {
					all = append(all, exe)
				}
			}
		}
	}
	return all, nil
}

func (p Program) missing() error {
	return fmt.Errorf("%w: %s is not installed: install it (Debian: apt-get install %s), "+
		"or give the URL of a running server", ErrSetup, p.Name, p.Package)
}

// oneLine turns a client library's error into one line.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// unknownAuthority is a client's error about a certificate.
const unknownAuthority = "certificate signed by unknown authority"

// authority says how to name a certificate's authority in a URL.
func authority(parameter string) string {
	return unknownAuthority + ": name the authority's file in the URL, " + parameter + "=FILE"
}

// refused explains the errors that all attached brokers have in common, in one line that says what is wrong and what to do. Its text never
// contains the URL, which may hold a password.
func refused(product, at string, err error, known map[string]string) error {
	why, kind := "", ErrURL
	var ne net.Error
	text := err.Error()
	for part, meaning := range known {
		if strings.Contains(text, part) {
			why = meaning
		}
	}
	switch {
	case why != "":
	case strings.Contains(text, "first record does not look like a TLS handshake"):
		why = "it doesn't speak TLS there: write the port for TLS, or a URL without TLS"
	case errors.Is(err, syscall.ECONNREFUSED):
		why = "connection refused: is it running there?"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &ne) && ne.Timeout():
		why = fmt.Sprintf("no answer within %s", dialLimit)
	default:
		why, kind = oneLine(err), ErrSetup
	}
	return fmt.Errorf("%w: %s at %s: %s", kind, product, at, why)
}
