package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/cluster"
	"github.com/tqbench/tqbench/cluster/wire"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

const (
	workerHostsName = "worker-hosts"
	loadHostsName   = "load-hosts"
	topologyName    = "topology"
	hostsName       = "hosts"
	// swarm is the only topology that has a name.
	swarm      = "swarm"
	planName   = "plan"
	listenName = "listen"
	tokenName  = "token-file"
	// indexEnv has the number of a pod of an Indexed Job of Kubernetes.
	indexEnv = "JOB_COMPLETION_INDEX"
)

// hostsFlags add the other machines of a plan.
func (o *planOptions) hostsFlags(cmd *cobra.Command) {
	cmd.Flags().IntVar(&o.hosts.Workers, workerHostsName, 0, "run the workers on this many other machines, each with the scenario's processes (see tqbench collect)")
	cmd.Flags().IntVar(&o.hosts.Load, loadHostsName, 0, "send the load from this many other machines, which share it")
	cmd.Flags().StringVar(&o.topology, topologyName, "", "`swarm`: each of --hosts machines runs workers and sends load, and latencies are those of tasks that ran where they were sent")
	cmd.Flags().IntVar(&o.swarm, hostsName, 0, "number of machines of a swarm")
}

// otherHosts are those that the flags ask for; nil for one machine.
func (o *planOptions) otherHosts() (*suite.Hosts, error) {
	switch workers, load := o.given(workerHostsName), o.given(loadHostsName); {
	case o.given(topologyName) && o.topology != swarm:
		return nil, fmt.Errorf("%w: --%s %q: write %s, or leave it out", errUsage, topologyName, o.topology, swarm)
	case o.given(topologyName) != o.given(hostsName):
		return nil, fmt.Errorf("%w: --%s %s and --%s belong together: give both", errUsage, topologyName, swarm, hostsName)
	case o.given(hostsName) && (workers || load):
		return nil, fmt.Errorf("%w: the machines of a swarm run workers and send load: leave out --%s and --%s", errUsage, workerHostsName, loadHostsName)
	case o.given(hostsName):
		return &suite.Hosts{Workers: o.swarm, Load: o.swarm, Swarm: true}, nil
	case workers && load:
		return &o.hosts, nil
	case workers || load:
		return nil, fmt.Errorf("%w: --%s and --%s belong together: give both", errUsage, workerHostsName, loadHostsName)
	}
	return nil, nil
}

func agentCmd() *cobra.Command {
	var collector, role, tokenFile string
	var index int
	var wait time.Duration
	cmd := &cobra.Command{
		Use: "agent", Short: "Run workers, or send load, for tqbench collect on another machine", Args: cobra.NoArgs,
		Long: "Do what tqbench collect on another machine asks for: run the workers of its trials, or send a share of their load. It ends with that run.\n" +
			"Without --index, the number comes from " + indexEnv + ", as in an Indexed Job of Kubernetes.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needed(cmd, "collector", "role", tokenName); err != nil {
				return err
			}
			token, err := readToken(tokenFile)
			if err != nil {
				return err
			}
			if !slices.Contains([]string{cluster.Worker, cluster.Load, cluster.Swarm}, role) {
				return fmt.Errorf("%w: --role %q: write %s, %s or %s", errUsage, role, cluster.Worker, cluster.Load, cluster.Swarm)
			}
			if !cmd.Flags().Changed("index") {
				if index, err = strconv.Atoi(os.Getenv(indexEnv)); err != nil {
					return fmt.Errorf("%w: --index is missing: write the agent's number among those of its role, from 0", errUsage)
				}
			}
			if index < 0 {
				return fmt.Errorf("%w: --index %d: write a number from 0", errUsage, index)
			}
			if wait <= 0 {
				return fmt.Errorf("%w: --wait %s: write a time above zero, such as 5m", errUsage, wait)
			}
			if _, _, err := net.SplitHostPort(collector); err != nil {
				return fmt.Errorf("%w: --collector %q: write HOST:PORT", errUsage, collector)
			}
			builder, err := newBuilder(cmd)
			if err != nil {
				return err
			}
			err = cluster.RunAgent(cmd.Context(), cluster.AgentOptions{Collector: collector, Token: token, Role: role, Index: index, First: wait,
				Build: runner.Version().Version, Node: cluster.NodeName(), Builder: builder, Tell: logTo(cmd.ErrOrStderr())})
			switch {
			case err == nil:
				return nil
			case errors.Is(err, cluster.ErrSpoils):
				return &interruption{"the trial under way doesn't count; the run goes on if the agent starts again within a minute", err}
			case cmd.Context().Err() != nil:
				return &interruption{"no trial was under way", err}
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&collector, "collector", "", "`HOST:PORT` of tqbench collect")
	f.StringVar(&role, "role", "", "what to do, `worker|load|swarm`: in a swarm, an agent does both")
	f.DurationVar(&wait, "wait", 10*time.Minute, "how long to wait for the collector at first")
	f.IntVar(&index, "index", 0, "this agent's number among those of its role, from 0 (default: "+indexEnv+")")
	tokenFlag(cmd, &tokenFile)
	return cmd
}

// needed refuses a command line without these flags.
func needed(cmd *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if !cmd.Flags().Changed(name) {
			return fmt.Errorf("%w: --%s is missing (see %s --help)", errUsage, name, cmd.CommandPath())
		}
	}
	return nil
}

func tokenFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, tokenName, "", "`FILE` with a secret that collector and agents share, of 16 characters or more")
}

// largestToken is the maximum size of a token's file, in bytes.
const largestToken = 4 << 10

// readToken reads the secret. No error shows it.
func readToken(path string) ([]byte, error) {
	data, err := regular.Read(path, regular.Limit{Kind: "a token", Bytes: largestToken})
	if err != nil {
		return nil, fmt.Errorf("%w: --token-file %s: %w", errUsage, path, err)
	}
	token := bytes.TrimSpace(data)
	if len(token) < wire.TokenLeast {
		return nil, fmt.Errorf("%w: --token-file %s: the token has %d characters: use %d or more, such as from: openssl rand -hex 32", errUsage, path,
			len(token), wire.TokenLeast)
	}
	return token, nil
}
