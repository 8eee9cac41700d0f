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
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// dialLimit bounds a connection to a broker that isn't ours, stopLimit the stop of one that is.
const (
	dialLimit = 5 * time.Second
	stopLimit = 20 * time.Second
)

// account is the user, the database and the virtual host of private brokers that want one.
const account = "tqbench"

// address is where a private broker listens and what it lets in.
type address struct {
	host, port, password string
}

func (a address) String() string { return net.JoinHostPort(a.host, a.port) }

func (a address) loopback() bool { return net.ParseIP(a.host).IsLoopback() }

// freeAddress is a port of loopback that nobody listens on now, with a password that nobody else knows: on a machine
// with other users, a private broker stays private, and another program that took the port is told from ours.
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

// private is a broker's own processes; without a group the broker isn't ours.
type private struct {
	product string
	log     string
	// life is the context that the server was started in: at its end, the server is stopped without any grace.
	life context.Context
	// server is the command alone, without what prepared its data; forgets is as in the plan.
	server  process.Command
	forgets string

	// mu guards what a restart changes: group has the server that runs, before those that were killed.
	mu     sync.Mutex
	group  *process.Group
	before []*process.Group
}

// plan is how a private broker is started.
type plan struct {
	// product names it in errors.
	product string
	// prepare are the commands that come first, as a shell reads them; "" means none. The server takes their place.
	prepare string
	argv    []string
	env     []string
	// files are written into its folder, by name.
	files map[string]string
	// users are the accounts that root gives itself up for, the first that there is, or the user "nobody"; none means that the server needs
	// no account, and gets a user of its run alone.
	users []string
	// shared says that the server makes shared memory that would outlive it.
	shared bool
	// forgets says why nothing is left when the server is killed; "" means that its data are kept.
	forgets string
}

// launch starts a private broker in a new temporary folder, in which the plan that layout makes is carried out.
func launch(ctx context.Context, slug string, layout func(dir string) (plan, error)) (_ *private, err error) {
	// The group's guard removes the folder, even when we are killed.
	group, dir, err := process.Folder(ctx, "tqbench-"+slug+"-")
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", slug, err)
	}
	defer func() {
		if err != nil {
			group.Stop(syscall.SIGKILL, 0)
		}
	}()
	p, err := layout(dir)
	if err != nil {
		return nil, err
	}
	for name, text := range p.files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("start %s: %w", p.product, err)
		}
	}
	c := process.Command{
		Argv: p.argv, Dir: dir, Log: filepath.Join(dir, "log"), Shared: p.shared,
		Env: append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "HOME=" + dir, "TMPDIR=" + dir}, p.env...),
	}
	server := c
	if p.prepare != "" {
		c.Argv = append([]string{"/bin/sh", "-ec", p.prepare + "\nexec \"$@\"", "sh"}, p.argv...)
	}
	if os.Getuid() == 0 {
		if c.User, err = giveUpRoot(dir, p.users); err != nil {
			return nil, fmt.Errorf("start %s: %w", p.product, err)
		}
		server.User = c.User
	}
	if err := group.Run(ctx, []process.Command{c}); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.product, err)
	}
	return &private{product: p.product, life: ctx, group: group, log: c.Log, server: server, forgets: p.forgets}, nil
}

// giveUpRoot finds the first of the accounts and gives it the folder.
func giveUpRoot(dir string, names []string) (*process.User, error) {
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
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		shut, err := process.Shut(dir)
		if err != nil {
			return nil, err
		}
		if shut != "" {
			return nil, fmt.Errorf("%w: root doesn't run it as root, and user %s can't enter %s: set TMPDIR to a folder that all may enter",
				ErrSetup, name, shut)
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		owner := &process.User{UID: uint32(uid), GID: uint32(gid)}
		return owner, process.Give(dir, owner)
	}
	return nil, fmt.Errorf("%w: root doesn't run it as root, and none of the users %s is here", ErrSetup, strings.Join(names, ", "))
}

// await asks until the server answers, ends or takes too long. What the server said last is in the error.
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

// running is the group of the server that runs now, nil where the broker isn't ours.
func (p *private) running() *process.Group {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.group
}

// groups are all that the server has run in, the one that runs now first.
func (p *private) groups() []*process.Group {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.group == nil {
		return nil
	}
	return append([]*process.Group{p.group}, p.before...)
}

// Ended is closed when a private server has ended by itself, or was killed.
func (p *private) Ended() <-chan struct{} {
	group := p.running()
	if group == nil {
		return nil
	}
	_, changed := group.Exits()
	return changed
}

// Usage is what the private server used, before a restart too.
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

// bindSetting is the setting that every private server has.
func bindSetting(name, value, otherwise string) results.Setting {
	return results.Setting{Name: name, Value: value, Default: otherwise,
		Why: "nothing that is started here listens beyond loopback unless asked to"}
}

// Program is an executable that a broker needs.
type Program struct {
	// Name is looked for on PATH and then in Dirs, one after another. A pattern's last match, which is the newest
	// version, is taken.
	Name string
	Dirs []string
	// Package is Debian's package that has it.
	Package string
	// Version are the arguments that make it tell its version; VersionDirs are patterns of folders that have it in
	// their names, for a program that can't be asked without starting something.
	Version     []string
	VersionDirs []string
	// Hidden programs are only looked for in Dirs: what PATH has under their name is something else.
	Hidden bool
}

// Find finds the program.
func (p Program) Find() (string, error) {
	if exe, err := exec.LookPath(p.Name); err == nil && !p.Hidden {
		return filepath.Abs(exe)
	}
	for _, dir := range p.Dirs {
		found, err := filepath.Glob(filepath.Join(dir, p.Name))
		if err != nil {
			return "", fmt.Errorf("look for %s: %w", p.Name, err)
		}
		slices.SortFunc(found, func(a, b string) int {
			if len(a) != len(b) { // 9 before 15
				return len(a) - len(b)
			}
			return strings.Compare(a, b)
		})
		for _, exe := range slices.Backward(found) {
			if info, err := os.Stat(exe); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return exe, nil
			}
		}
	}
	return "", fmt.Errorf("%w: there is no %s here: install it (Debian: apt-get install %s), "+
		"or give the URL of a running server", ErrSetup, p.Name, p.Package)
}

// oneLine says an error of a client library in one line.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// refused explains the errors that all attached brokers have in common: an error that says in one line what is wrong
// and what to do. Its text never contains the URL, which may hold a password.
func refused(product, at string, err error, known map[string]string) error {
	why := ""
	var ne net.Error
	text := err.Error()
	for part, meaning := range known {
		if strings.Contains(text, part) {
			why = meaning
		}
	}
	switch {
	case why != "":
	case errors.Is(err, syscall.ECONNREFUSED):
		why = "connection refused: is it running there?"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &ne) && ne.Timeout():
		why = fmt.Sprintf("no answer within %s", dialLimit)
	default:
		why = oneLine(err)
	}
	return fmt.Errorf("%w: %s at %s: %s", ErrSetup, product, at, why)
}
