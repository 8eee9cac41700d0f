package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/cluster"
	"github.com/tqbench/tqbench/cluster/kube"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// collectOptions are the flags of a collector.
type collectOptions struct {
	plan, listen, token, out    string
	resume                      bool
	agentWait, brokerWait, hold time.Duration
	at                          servers
	watching                    watchOptions
}

func collectCmd() *cobra.Command {
	o := collectOptions{at: newServers()}
	cmd := &cobra.Command{
		Use: "collect", Short: "Run a plan whose workers and load are on other machines", Args: cobra.NoArgs,
		Long: "Run the trials of a plan of several machines (tqbench plan --worker-hosts, or --topology swarm). Start tqbench agent on the other machines, before or\n" +
			"after. The broker is started here, unless you give its URL. The output folder is as that of tqbench run.\n" +
			"With --resume, continue an interrupted run with its missing trials. Its agents have ended: start them again, too.",
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.DurationVar(&o.agentWait, "agent-wait", 10*time.Minute, "how long the agents may take to come at first")
	f.DurationVar(&o.brokerWait, "broker-wait", 0, "how long brokers of URLs may take to answer at first")
	f.DurationVar(&o.hold, "hold", 0, "stay for this time after the run, until the file held in the output folder is removed: for one who fetches it")
	f.StringVar(&o.plan, planName, "", "the `FILE` of the plan (plan.json), which is copied into the output folder; with --resume, that folder's")
	f.StringVar(&o.listen, listenName, "", "`IP:PORT` at which agents reach this machine")
	tokenFlag(cmd, &o.token)
	outFlag(cmd, &o.out)
	o.at.flags(cmd)
	o.watching.flags(cmd)
	f.BoolVar(&o.resume, "resume", false, "run the missing trials")
	return cmd
}

// collecting is a collector that is ready to take agents.
type collecting struct {
	*cluster.Collector
	listener net.Listener
	lock     *runner.Lock
	plan     suite.Plan
	// host is the IP at which brokers that are started here listen.
	host string
}

// prepare checks all that can be checked, and reserves the address and the output folder. Nothing is written before the last check.
func (o *collectOptions) prepare(cmd *cobra.Command) (_ *collecting, err error) {
	needs := []string{planName, listenName, tokenName}
	if o.resume && o.plan == "" {
		needs, o.plan = needs[1:], suite.PlanPath(o.out)
	}
	if err := needed(cmd, needs...); err != nil {
		return nil, err
	}
	if o.agentWait <= 0 {
		return nil, fmt.Errorf("%w: --agent-wait %s: write a time above zero, such as 5m", errUsage, o.agentWait)
	}
	token, err := readToken(o.token)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(suite.PlanPath(o.out)); o.resume && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s has no run to resume", runner.ErrInput, o.out)
	}
	_, plan, err := readHostsPlan(o.plan)
	if err != nil {
		return nil, err
	}
	if err := o.at.check(cmd)(plan); err != nil {
		return nil, err
	}
	host, err := reachable(o.listen, slices.ContainsFunc(plan.Brokers, func(name string) bool { return o.at.urls[name] == "" }))
	if err != nil {
		return nil, err
	}
	if !net.ParseIP(host).IsLoopback() {
		if err := shared(plan.Brokers, o.at.urls); err != nil {
			return nil, err
		}
	}
	clk, err := clock.New()
	if err != nil {
		return nil, err
	}
	c, err := cluster.NewCollector(plan, token, runner.Version().Version, clk, logTo(cmd.ErrOrStderr()))
	if err != nil {
		return nil, err
	}
	c.First = o.agentWait
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return nil, fmt.Errorf("%w: --listen: %w: give another IP:PORT of this machine", errUsage, err)
	}
	lock, plan, err := takePlan(plan, o.out, o.resume, "add --resume to run the rest, or choose another folder with --out")
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &collecting{Collector: c, listener: l, lock: lock, plan: plan, host: host}, nil
}

func (o *collectOptions) run(cmd *cobra.Command) error {
	w, err := o.watching.watch(cmd)
	if err != nil {
		return err
	}
	defer w.close(cmd.Context())
	builder, err := newBuilder(cmd)
	if err != nil {
		return err
	}
	c, err := o.prepare(cmd)
	if err != nil {
		return err
	}
	defer c.lock.Release()
	serving, stop := context.WithCancel(context.WithoutCancel(cmd.Context()))
	served := make(chan error, 1)
	go func() { served <- c.Serve(serving, c.listener) }()
	err = o.trials(cmd, c, builder, w)
	why := "all trials have run"
	switch {
	case cmd.Context().Err() != nil:
		why = "it was interrupted; tqbench collect --resume needs new agents"
	case err != nil:
		why = "it did not end well"
	}
	c.Dismiss(why)
	stop()
	var a analysis.Analysis
	if err = errors.Join(err, <-served); err == nil {
		a, err = resultsOf(cmd, o.out)
	}
	if err != nil {
		return errors.Join(err, o.holdRest(cmd, err))
	}
	return errors.Join(holdResults(cmd, o.out, o.hold, kube.EndedWell), valid(a, false))
}

// holdRest holds what a run measured that failed: the folder of a container that ended can't be read.
func (o *collectOptions) holdRest(cmd *cobra.Command, why error) error {
	trials, err := results.CountTrials(o.out)
	if cmd.Context().Err() != nil || err == nil && trials == 0 {
		return nil
	}
	return holdResults(cmd, o.out, o.hold, oneLine(why))
}

// trials runs the trials once all agents and brokers are there.
func (o *collectOptions) trials(cmd *cobra.Command, c *collecting, builder *workers.Builder, w *watcher) error {
	if _, err := c.Gather(cmd.Context()); err != nil {
		return keeping(cmd, o.out, fmt.Errorf("%w: %w", cluster.ErrInput, err))
	}
	if err := awaitBrokers(cmd, c.plan.Brokers, o.at.urls, o.brokerWait); err != nil {
		return keeping(cmd, o.out, err)
	}
	return runTrials(cmd, c.lock, builder, o.at, part{resume: o.resume, edit: func(r *runner.Options) { r.Hosts, r.BrokerHost = c, c.host }}, w)
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

// holdResults stays until the output folder has been fetched, at most for a time. The file that it leaves there says how the run ended.
func holdResults(cmd *cobra.Command, out string, limit time.Duration, how string) error {
	if limit == 0 {
		return nil
	}
	if how != kube.EndedWell {
		fmt.Fprintf(cmd.ErrOrStderr(), "the run failed: %s\n", how)
	}
	held := filepath.Join(out, filepath.Base(kube.Held))
	if err := os.WriteFile(held, []byte(how), 0o644); err != nil {
		// On a full disk, there is an empty file, and results that can be fetched.
		if _, serr := os.Stat(held); serr != nil {
			return err
		}
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

// shared refuses brokers at an address that leads each machine to itself: the others would load another server.
func shared(brokers []string, urls map[string]string) error {
	return runner.EachURL(brokers, urls, func(name, host string) error {
		if host == "" {
			return fmt.Errorf("%w: the %s of the URL is on the loopback or a socket of each machine: give an address that all machines reach", runner.ErrInput, name)
		}
		return nil
	})
}

// takePlan copies a plan into an output folder and reserves that. To resume, the folder has to have the same plan. begun says what to do with one that
// has trials.
func takePlan(plan suite.Plan, out string, resume bool, begun string) (_ *runner.Lock, _ suite.Plan, err error) {
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
	there, err := suite.ReadPlan(out)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !resume:
		return lock, plan, suite.WritePlan(out, plan)
	case err != nil:
		return nil, plan, notFound(err)
	}
	asked, err := plan.Hash()
	if err != nil {
		return nil, plan, err
	}
	if has, err := there.Hash(); err != nil || has != asked {
		return nil, plan, errors.Join(err, fmt.Errorf("%w: %s has another plan: choose another folder with --out", runner.ErrInput, out))
	}
	if len(trials) > 0 && !resume {
		return nil, plan, fmt.Errorf("%w: %s has %s: %s", runner.ErrInput, out, plural(len(trials), "trial"), begun)
	}
	return lock, there, nil
}
