package broker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/results"
)

// choice is which server to start or to expect.
type choice struct {
	brokername.Name
	// bin is the folder of its programs, or "".
	bin string
}

// SettingsOf are the settings that a server of a product is started with as options, each with the reason. RabbitMQ has none.
func SettingsOf(product string) []results.Setting {
	switch product {
	case brokername.Redis, brokername.Valkey:
		return redisSettings()
	case brokername.Postgres:
		return postgresSettings()
	case brokername.MySQL, brokername.MariaDB:
		return mysqlSettings()
	}
	return nil
}

// root is the folder if it is a whole file system, such as that of a container image, or "". Its programs run with it as their root, as
// they find their libraries and files nowhere else.
func (c choice) root() string {
	if c.bin == "" {
		return ""
	}
	for _, file := range []string{"etc/passwd", "bin/sh"} {
		if _, err := os.Lstat(filepath.Join(c.bin, file)); err != nil {
			return ""
		}
	}
	return c.bin
}

// from makes a program one of the chosen folder.
func (c choice) from(p Program) Program {
	if c.bin == "" {
		return p
	}
	if root := c.root(); root != "" {
		usual := filepath.SplitList(usualPath)
		if p.Hidden {
			usual = nil
		}
		p.Hidden, p.root = true, root
		p.Dirs, p.VersionDirs = below(root, slices.Concat(usual, p.Dirs)), below(root, p.VersionDirs)
		return p
	}
	p.Hidden, p.VersionDirs = true, nil
	p.Dirs = []string{c.bin}
	for _, below := range []string{"bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin"} {
		p.Dirs = append(p.Dirs, filepath.Join(c.bin, below))
	}
	return p
}

// below are paths in another root.
func below(root string, paths []string) (out []string) {
	for _, p := range paths {
		out = append(out, filepath.Join(root, p))
	}
	return out
}

// inside is a path of the root as its programs see it.
func inside(root, path string) string {
	if root == "" {
		return path
	}
	return "/" + strings.TrimPrefix(strings.TrimPrefix(path, root), "/")
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
	if c.root() != "" && os.Getuid() != 0 {
		return "", fmt.Errorf("%w: %s is a whole file system, in which only root can start programs: run tqbench as root, or name the folder of the programs",
			ErrSetup, c.bin)
	}
	p = c.from(p)
	all, err := p.all()
	if err != nil {
		return "", err
	}
	var others []string
	seen := map[string]bool{}
	for _, exe := range all {
		real, err := filepath.EvalSymlinks(exe)
		if err != nil || seen[real] {
			continue
		}
		seen[real] = true
		if c.Version == "" {
			return inside(p.root, exe), nil
		}
		// One that doesn't say its version is asked once it runs.
		v := p.version(ctx, exe)
		if v == "" || v == unknownVersion || c.Is(v) {
			return inside(p.root, exe), nil
		}
		others = append(others, fmt.Sprintf("%s at %s", v, exe))
	}
	if len(others) > 0 && c.bin != "" {
		return "", fmt.Errorf("%w: the folder of %s has only %s: name another one with --broker-bin", ErrSetup, c, strings.Join(others, ", "))
	}
	if len(others) > 0 {
		return "", fmt.Errorf("%w: %s is not installed, only %s: install it, name the folder of its programs with --broker-bin %s=FOLDER, "+
			"or give the URL of a running server", ErrSetup, c, strings.Join(others, ", "), c)
	}
	if c.bin != "" {
		return "", fmt.Errorf("%w: %s has no %s: --broker-bin names the folder with the programs of %s, or the one above", ErrSetup, c.bin, p.Name, c)
	}
	return "", fmt.Errorf("%w, or name the folder of its programs with --broker-bin %s=FOLDER", p.missing(), c)
}

// findAll finds all of a broker's programs, the server first.
func (c choice) findAll(ctx context.Context, programs []Program) ([]string, error) {
	var paths []string
	for _, p := range programs {
		exe, err := c.find(ctx, p)
		if err != nil {
			return nil, err
		}
		paths = append(paths, exe)
	}
	return paths, nil
}

// Server is the program that a broker's name and folder stand for, "" for one that comes with tqbench. It fails if one of the broker's
// programs is missing.
func Server(ctx context.Context, name, bin string) (string, error) {
	k, want, err := chosen(name, bin)
	if err != nil {
		return "", err
	}
	paths, err := want.findAll(ctx, k.programs(want))
	if err != nil || len(paths) == 0 {
		return "", err
	}
	// Two names for one file are one server.
	server, err := filepath.EvalSymlinks(filepath.Join(want.root(), paths[0]))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSetup, err)
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
