package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/cluster"
	"github.com/tqbench/tqbench/cluster/kube"
	"github.com/tqbench/tqbench/cluster/wire"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

const (
	workerHostsName = "worker-hosts"
	loadHostsName   = "load-hosts"
	tokenName       = "token-file"
	// indexEnv has the number of a pod of an Indexed Job of Kubernetes.
	indexEnv = "JOB_COMPLETION_INDEX"
)

// hostsFlags add the other machines of a plan.
func (o *planOptions) hostsFlags(cmd *cobra.Command) {
	cmd.Flags().IntVar(&o.hosts.Workers, workerHostsName, 0, "run the workers on this many other machines, each with the scenario's processes (see tqbench collect)")
	cmd.Flags().IntVar(&o.hosts.Load, loadHostsName, 0, "send the load from this many other machines, which share it")
}

// otherHosts are those that the flags ask for; nil for one machine.
func (o *planOptions) otherHosts() (*suite.Hosts, error) {
	switch workers, load := o.given(workerHostsName), o.given(loadHostsName); {
	case workers && load:
		return &o.hosts, nil
	case workers || load:
		return nil, fmt.Errorf("%w: --%s and --%s belong together: give both", errUsage, workerHostsName, loadHostsName)
	}
	return nil, nil
}

func collectCmd() *cobra.Command {
	var planPath, listen, tokenFile, out string
	var resume bool
	var brokerWait, hold time.Duration
	at := newServers()
	var watching watchOptions
	cmd := &cobra.Command{
		Use: "collect", Short: "Run a plan whose workers and load are on other machines", Args: cobra.NoArgs,
		Long: "Run the trials of a plan that was made with --worker-hosts and --load-hosts. Start tqbench agent on the other machines, before or\n" +
			"after. The broker is started here, unless you give its URL. The output folder is as that of tqbench run.",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := needed(cmd, "plan", "listen", tokenName); err != nil {
				return err
			}
			token, err := readToken(tokenFile)
			if err != nil {
				return err
			}
			_, plan, err := readHostsPlan(planPath)
			if err != nil {
				return err
			}
			lock, plan, err := takePlan(plan, out, resume)
			if err != nil {
				return err
			}
			defer lock.Release()
			host, err := reachable(listen, len(at.urls) < len(plan.Brokers))
			if err != nil {
				return err
			}
			w, err := watching.watch(cmd)
			if err != nil {
				return err
			}
			defer w.close(cmd.Context())
			builder, err := newBuilder(cmd)
			if err != nil {
				return err
			}
			clk, err := clock.New()
			if err != nil {
				return err
			}
			c, err := cluster.NewCollector(plan, token, runner.Version().Version, clk, logTo(cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			l, err := net.Listen("tcp", listen)
			if err != nil {
				return fmt.Errorf("%w: --listen: %w", errUsage, err)
			}
			serving, stop := context.WithCancel(context.WithoutCancel(cmd.Context()))
			served := make(chan error, 1)
			go func() { served <- c.Serve(serving, l) }()
			if err = awaitBrokers(cmd, plan.Brokers, at.urls, brokerWait); err == nil {
				err = runTrials(cmd, lock, builder, at, part{resume: resume, edit: func(o *runner.Options) { o.Hosts, o.BrokerHost = c, host }}, w)
			}
			why := "all trials have run"
			if err != nil {
				why = "the run did not end well"
			}
			c.Dismiss(why)
			stop()
			if err = errors.Join(err, <-served); err != nil {
				return err
			}
			a, err := resultsOf(cmd, out)
			if err != nil {
				return err
			}
			return errors.Join(holdResults(cmd, out, hold), valid(a, false))
		},
	}
	f := cmd.Flags()
	f.DurationVar(&brokerWait, "broker-wait", 0, "how long brokers of URLs may take to answer at first")
	f.DurationVar(&hold, "hold", 0, "stay for this time after the run, until the file held in the output folder is removed: for one who fetches it")
	f.StringVar(&planPath, "plan", "", "the `FILE` of the plan (plan.json), which is copied into the output folder")
	f.StringVar(&listen, "listen", "", "`IP:PORT` at which agents reach this machine")
	tokenFlag(cmd, &tokenFile)
	outFlag(cmd, &out)
	at.flags(cmd)
	watching.flags(cmd)
	f.BoolVar(&resume, "resume", false, "run the missing trials")
	return cmd
}

// awaitBrokers waits until the brokers of URLs answer: they may start at the same time as the collector.
func awaitBrokers(cmd *cobra.Command, names []string, urls map[string]string, limit time.Duration) error {
	if err := runner.CheckURLs(names, urls, owned(cmd)); err != nil || limit == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), limit)
	defer cancel()
	for _, name := range names {
		for urls[name] != "" {
			b, err := broker.Open(ctx, name, broker.Options{URL: urls[name]})
			if err == nil {
				_ = b.Close()
				break
			}
			select {
			case <-ctx.Done():
				return cmp.Or(cmd.Context().Err(), fmt.Errorf("%w within %s: %w", runner.ErrInput, limit, err))
			case <-time.After(time.Second):
			}
		}
	}
	return nil
}

// holdResults stays until the output folder has been fetched, at most for a time.
func holdResults(cmd *cobra.Command, out string, limit time.Duration) error {
	if limit == 0 {
		return nil
	}
	held := filepath.Join(out, filepath.Base(kube.Held))
	if err := os.WriteFile(held, nil, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "the results are held for %s: remove %s once they are fetched\n", limit, held)
	ctx, cancel := context.WithTimeout(cmd.Context(), limit)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if _, err := os.Stat(held); err != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return os.Remove(held)
		case <-tick.C:
		}
	}
}

func agentCmd() *cobra.Command {
	var collector, role, tokenFile string
	var index int
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
			if role != cluster.Worker && role != cluster.Load {
				return fmt.Errorf("%w: --role %q: write %s or %s", errUsage, role, cluster.Worker, cluster.Load)
			}
			if !cmd.Flags().Changed("index") {
				if index, err = strconv.Atoi(os.Getenv(indexEnv)); err != nil {
					return fmt.Errorf("%w: --index is missing: write the agent's number among those of its role, from 0", errUsage)
				}
			}
			if index < 0 {
				return fmt.Errorf("%w: --index %d: write a number from 0", errUsage, index)
			}
			if _, _, err := net.SplitHostPort(collector); err != nil {
				return fmt.Errorf("%w: --collector %q: write HOST:PORT", errUsage, collector)
			}
			builder, err := newBuilder(cmd)
			if err != nil {
				return err
			}
			return cluster.RunAgent(cmd.Context(), cluster.AgentOptions{Collector: collector, Token: token, Role: role, Index: index,
				Build: runner.Version().Version, Node: cluster.NodeName(), Builder: builder, Tell: logTo(cmd.ErrOrStderr())})
		},
	}
	f := cmd.Flags()
	f.StringVar(&collector, "collector", "", "`HOST:PORT` of tqbench collect")
	f.StringVar(&role, "role", "", "what to do, `worker|load`")
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
		return nil, fmt.Errorf("%w: --token-file: %w", errUsage, err)
	}
	token := bytes.TrimSpace(data)
	if len(token) < wire.TokenLeast {
		return nil, fmt.Errorf("%w: --token-file %s: the token has %d characters: use %d or more, such as from: openssl rand -hex 32", errUsage, path,
			len(token), wire.TokenLeast)
	}
	return token, nil
}

// reachable is the IP of an address to listen on. A broker that is started here listens there as well, so it must be one that others can use.
func reachable(listen string, starts bool) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	ip := net.ParseIP(host)
	if number, nerr := strconv.ParseUint(port, 10, 16); err != nil || nerr != nil || number == 0 || ip == nil {
		return "", fmt.Errorf("%w: --listen %q: write IP:PORT, such as 10.0.0.1:7700", errUsage, listen)
	}
	if starts && ip.IsUnspecified() {
		return "", fmt.Errorf("%w: --listen %s: write the IP at which agents reach this machine, as the broker listens there, too; or give the broker's URL", errUsage, listen)
	}
	return host, nil
}

// takePlan copies a plan into an output folder and reserves that. To resume, the folder has to have the same plan.
func takePlan(plan suite.Plan, out string, resume bool) (_ *runner.Lock, _ suite.Plan, err error) {
	lock, err := reserve(out)
	if err != nil {
		return nil, plan, err
	}
	defer func() {
		if err != nil {
			lock.Release()
		}
	}()
	trials, err := results.ReadTrials(out)
	if err != nil {
		return nil, plan, err
	}
	if !resume {
		if len(trials) > 0 {
			return nil, plan, fmt.Errorf("%w: %s has %s: add --resume to run the rest, or choose another folder with --out", runner.ErrInput, out, plural(len(trials), "trial"))
		}
		return lock, plan, suite.WritePlan(out, plan)
	}
	begun, err := suite.ReadPlan(out)
	if err != nil {
		return nil, plan, notFound(err)
	}
	asked, err := plan.Hash()
	if err != nil {
		return nil, plan, err
	}
	if has, err := begun.Hash(); err != nil || has != asked {
		return nil, plan, errors.Join(err, fmt.Errorf("%w: %s was begun with another plan: choose another folder with --out", runner.ErrInput, out))
	}
	return lock, begun, nil
}
