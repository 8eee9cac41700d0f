package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

func workersCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "workers", Short: "Make the Python environments of workers", Args: cobra.NoArgs, RunE: help}
	build := &cobra.Command{
		Use: "build [framework ...]", Short: "Install a framework's locked packages, once",
		Long: "Install the locked packages of each framework for one pinned interpreter, the ORMs of the payload scenario,\n" +
			"and the SQS emulator, in the user's cache folder.\n" +
			"It keeps what is already installed.",
		RunE: func(cmd *cobra.Command, args []string) error {
			o := planOptions{contenders: args}
			if err := o.open(); err != nil {
				return err
			}
			catalog, args := o.catalog, o.contenders
			all := len(args) == 0
			if all {
				for _, c := range catalog.Frameworks() {
					args = append(args, c.Framework())
				}
			}
			b, err := newBuilder(cmd)
			if err != nil {
				return err
			}
			built, err := buildAll(cmd.Context(), b, catalog, args, all)
			switch {
			case err != nil:
				return err
			case asJSON:
				return printJSON(cmd.OutOrStdout(), built)
			}
			for _, e := range built {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), e); err != nil {
					return err
				}
			}
			return nil
		},
	}
	jsonFlag(build, &asJSON)
	cmd.AddCommand(build)
	return cmd
}

// built is a finished environment or program.
type built struct {
	Name     string             `json:"name"`
	Versions []results.Software `json:"versions"`
	// Seconds is how long it took.
	Seconds float64 `json:"seconds"`
}

func (b built) String() string {
	var versions []string
	for _, v := range b.Versions {
		versions = append(versions, v.Name+" "+v.Version)
	}
	return fmt.Sprintf("%s: %s, ready in %s", b.Name, strings.Join(versions, ", "), time.Duration(b.Seconds*1e9).Round(time.Millisecond))
}

// buildAll builds the frameworks' environments; with all, also what scenarios and brokers need.
func buildAll(ctx context.Context, b *workers.Builder, catalog *contender.Catalog, names []string, all bool) ([]built, error) {
	var out []built
	add := func(name string, began time.Time, versions ...results.Software) {
		out = append(out, built{name, versions, time.Since(began).Seconds()})
	}
	of := func(env workers.Env, names ...string) (versions []results.Software) {
		for _, name := range names {
			versions = append(versions, results.Software{Name: name, Version: env.Version(name)})
		}
		return versions
	}
	for _, name := range names {
		c, err := catalog.Find(name)
		if err != nil {
			return nil, err
		}
		if r, chosen := contender.Release(c); chosen {
			return nil, fmt.Errorf("%w: %s: a run locks and builds another release itself: leave out %s%s", errUsage, name, suite.ReleaseMark, r.Version)
		}
		began := time.Now()
		build := func() (workers.Env, error) { return b.Build(ctx, c.Framework()) }
		if folder, outside := contender.Outside(c); outside {
			build = func() (workers.Env, error) { return b.BuildFolder(ctx, folder) }
		}
		env, err := build()
		if err != nil {
			return nil, err
		}
		interpreter := "cpython"
		for _, other := range []string{"nodejs", "go command"} {
			if env.Version(other) != "" {
				interpreter = other
			}
		}
		add(c.Framework(), began, of(env, c.Framework(), interpreter)...)
	}
	if !all {
		return out, nil
	}
	began := time.Now()
	orms, err := b.Build(ctx, "orm")
	if err != nil {
		return nil, err
	}
	add("ORMs", began, of(orms, "sqlalchemy", "django", "tortoise-orm")...)
	began = time.Now()
	emulator, err := b.BuildEmulator(ctx)
	if err != nil {
		return nil, err
	}
	add("SQS emulator", began, results.Software{Name: workers.EmulatorPackage, Version: emulator.Version})
	return out, nil
}
