package broker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tqbench/tqbench/broker/brokername"
)

// choice is which server to start or to expect.
type choice struct {
	brokername.Name
	// bin is the folder of its programs, or "".
	bin string
}

// from makes a program one of the chosen folder.
func (c choice) from(p Program) Program {
	if c.bin == "" {
		return p
	}
	p.Hidden, p.VersionDirs = true, nil
	p.Dirs = []string{c.bin}
	for _, below := range []string{"bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin"} {
		p.Dirs = append(p.Dirs, filepath.Join(c.bin, below))
	}
	return p
}

// find finds the program of the chosen version, the first of those that there are.
func (c choice) find(ctx context.Context, p Program) (string, error) {
	if c.bin != "" {
		info, err := os.Stat(c.bin)
		if err != nil {
			return "", fmt.Errorf("%w: the folder with the programs of %s: %w", ErrSetup, c, err)
		}
		if !info.IsDir() {
			return "", fmt.Errorf("%w: the folder with the programs of %s: %s is a file: name the folder that it is in", ErrSetup, c, c.bin)
		}
	}
	p = c.from(p)
	all, err := p.all()
	if err != nil {
		return "", err
	}
	var others []string
	for _, exe := range all {
		v := p.version(ctx, exe)
		if v == "" || v == unknownVersion || c.Is(v) {
			return exe, nil
		}
		others = append(others, fmt.Sprintf("%s at %s", v, exe))
	}
	if len(others) > 0 {
		return "", fmt.Errorf("%w: %s is not installed, only %s: install it, name the folder of its programs with --broker-bin %s=FOLDER, "+
			"or give the URL of a running server", ErrSetup, c, strings.Join(others, ", "), c)
	}
	if c.bin != "" {
		return "", fmt.Errorf("%w: %s has no %s: --broker-bin names the folder with the programs of %s, or the one above", ErrSetup, c.bin, p.Name, c)
	}
	return "", p.missing()
}

// Server is the program that a broker's name and folder stand for, "" for one that comes with tqbench. It fails if one of the broker's
// programs is missing.
func Server(ctx context.Context, name, bin string) (string, error) {
	k, want, err := chosen(name, bin)
	if err != nil {
		return "", err
	}
	server := ""
	for i, p := range k.programs(want) {
		exe, err := want.find(ctx, p)
		if err != nil {
			return "", err
		}
		if i == 0 {
			server = exe
		}
	}
	return server, nil
}

// check refuses a server that is another product or version than the one that was asked for.
func (c choice) check(ctx context.Context, b Broker) error {
	if c.Version == "" && c.Product != brokername.Valkey && c.Product != brokername.MariaDB {
		return nil
	}
	d, err := b.Describe(ctx)
	if err != nil {
		return err
	}
	other := c.Product == brokername.Valkey && !strings.EqualFold(d.Product, "valkey") || c.Product == brokername.MariaDB && d.Product != MariaDB
	if other || !c.Is(d.Version) {
		return fmt.Errorf("%w: the server for %s is %s %s", ErrSetup, c, d.Product, d.Version)
	}
	return nil
}
