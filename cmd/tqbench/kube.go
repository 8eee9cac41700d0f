package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/cluster/kube"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

func kubeCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "kube", Short: "Run a plan for many machines on Kubernetes", Args: cobra.NoArgs, RunE: help}
	cmd.AddCommand(manifestCmd(), kubeRunCmd())
	return cmd
}

// interruptedRun adds to the error of an interrupted run on a cluster what was fetched, and what wasn't.
func interruptedRun(cmd *cobra.Command, out string, err error) error {
	trials, rerr := keptTrials(out)
	if cmd.Context().Err() == nil || rerr != nil {
		return err
	}
	kept := trials + " in " + out
	if left := (*kube.LeftError)(nil); errors.As(err, &left) && left.Results != "" {
		kept += "; " + left.Results
	}
	return &interruption{kept + "; a run on a cluster can't be resumed", err}
}

// podsStart is how long pods may take to start and their broker to answer, with images to be pulled.
const podsStart = 15 * time.Minute

// inTime refuses a plan whose results would be lost: at their deadline, all pods end, and the collector's folder is gone.
func (o *kubeOptions) inTime(plan suite.Plan) error {
	takes := longest(plan)
	needs := takes + podsStart + o.Hold
	if needs <= o.Deadline {
		return nil
	}
	const steps = 10 * time.Minute
	return fmt.Errorf("%w: --deadline %s is too short: the trials of the plan may take %s, the start of the pods %s, and the results are held for %s: give --deadline %s",
		errUsage, o.Deadline, text.About(takes), podsStart, o.Hold, (needs + steps - 1).Truncate(steps))
}

// longest is how long the trials of a plan may take, if it grows as far as it may.
func longest(p suite.Plan) time.Duration {
	takes := expected(p)
	if p.Growth == nil {
		return takes
	}
	if p.Blocks > 0 {
		takes = time.Duration(float64(takes) * float64(max(p.Growth.Max, p.Blocks)) / float64(p.Blocks))
	}
	if within := time.Duration(p.Growth.Within); within > 0 {
		takes = min(takes, within)
	}
	return takes
}

// largestPlan is the maximum size of a plan's file, in bytes.
const largestPlan = 512 << 20

// kubeOptions are the flags that say how a run is placed on a cluster.
type kubeOptions struct {
	kube.Options
	images       map[string]string
	cpus         map[string]int
	memory       map[string]string
	tolerations  []string
	externalName []string
}

func (o *kubeOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.Name, "name", "tqbench", "name of the run: it begins the names of all objects")
	f.StringVar(&o.Image, "image", "", "image that has tqbench, best by digest")
	f.StringToStringVar(&o.images, "broker-image", nil, "another image of a broker, `NAME=IMAGE` (default: a pinned official one)")
	f.StringToIntVar(&o.cpus, "cpus", nil, "whole CPUs of each pod, `COMPONENT=N` (default collector=1,broker=2,worker=2,load=1, and swarm=2)")
	f.StringToStringVar(&o.memory, "memory", nil, "memory of each pod, `COMPONENT=SIZE`, such as worker=4Gi (default 2Gi)")
	f.DurationVar(&o.Deadline, "deadline", 4*time.Hour, "end every pod after this time; a plan that may take longer is refused")
	f.DurationVar(&o.Keep, "keep", time.Hour, "how long ended jobs stay")
	f.DurationVar(&o.Hold, "hold", 15*time.Minute, "how long the collector holds its results for fetching")
	f.BoolVar(&o.Together, "together", false, "allow pods of broker, collector, load and workers on one node: they then share its CPUs and its loopback")
	f.StringToStringVar(&o.NodeSelector, "node-selector", nil, "labels that nodes must have, `KEY=VALUE`")
	f.StringArrayVar(&o.tolerations, "toleration", nil, "taint that nodes may have, `KEY[=VALUE][:EFFECT]`")
	f.StringVar(&o.ServiceAccount, "service-account", "", "service account of the pods")
	f.StringSliceVar(&o.ImagePullSecrets, "image-pull-secret", nil, "secret for pulling images")
}

// of completes the options for a plan.
func (o *kubeOptions) of(data []byte, plan suite.Plan, external []string) (kube.Options, error) {
	out := o.Options
	if err := o.inTime(plan); err != nil {
		return out, err
	}
	out.Plan, out.Workers, out.Load, out.Swarm, out.Brokers, out.External = data, plan.Hosts.Workers, plan.Hosts.Load, plan.Hosts.Swarm, plan.Brokers, external
	out.CPUs, out.Memory = map[string]int{}, map[string]string{}
	for _, c := range out.Components() {
		out.CPUs[c], out.Memory[c] = usualCPUs(c), "2Gi"
	}
	maps.Copy(out.CPUs, o.cpus)
	maps.Copy(out.Memory, o.memory)
	for _, name := range slices.Concat(slices.Sorted(maps.Keys(o.cpus)), slices.Sorted(maps.Keys(o.memory))) {
		if !slices.Contains(out.Components(), name) {
			return out, fmt.Errorf("%w: --cpus and --memory are for %s, not for %s", errUsage, strings.Join(out.Components(), ", "), name)
		}
	}
	for _, name := range slices.Concat(slices.Sorted(maps.Keys(o.images)), external) {
		if !slices.Contains(plan.Brokers, name) {
			return out, fmt.Errorf("%w: the plan has no broker %s, only %s", errUsage, name, strings.Join(plan.Brokers, ", "))
		}
	}
	out.BrokerImages = o.images
	for _, t := range o.tolerations {
		taint, effect, _ := strings.Cut(t, ":")
		key, value, _ := strings.Cut(taint, "=")
		if key == "" {
			return out, fmt.Errorf("%w: --toleration %q: write KEY, KEY=VALUE or KEY=VALUE:EFFECT", errUsage, t)
		}
		out.Tolerations = append(out.Tolerations, kube.Toleration{Key: key, Value: value, Effect: effect})
	}
	return out, nil
}

// usualCPUs is how many CPUs a component's pods have by default.
func usualCPUs(component string) int {
	switch component {
	case kube.Collector, kube.Load:
		return 1
	}
	return 2
}

// readHostsPlan reads a plan that is for many machines, to run it.
func readHostsPlan(path string) ([]byte, suite.Plan, error) {
	data, err := regular.Read(path, regular.Limit{Kind: "a plan", Bytes: largestPlan})
	if err != nil {
		return nil, suite.Plan{}, fmt.Errorf("%w: %s: %w", errUsage, path, err)
	}
	plan, err := suite.DecodePlan(path, data)
	if err == nil && plan.Hosts == nil {
		err = fmt.Errorf("%w: %s is for one machine: plan again with --%s and --%s, or as a swarm", errUsage, path, workerHostsName, loadHostsName)
	}
	if err == nil {
		err = plan.CheckRun(path)
	}
	return data, plan, err
}

func manifestCmd() *cobra.Command {
	var o kubeOptions
	cmd := &cobra.Command{
		Use: "manifest PLAN", Short: "Print the objects of a run, for kubectl apply -f -", Args: takes("PLAN"),
		Long: "Print the objects of Kubernetes that run a plan of several machines: Jobs, a Service, a ConfigMap and NetworkPolicies.\n" +
			"The same plan and flags print the same objects. The namespace needs a Secret with the keys " + kube.TokenKey + " (what collector and agents share),\n" +
			kube.PasswordKey + " (of brokers in pods), and NAME-url for each --external-broker.",
		RunE: func(cmd *cobra.Command, args []string) error {
			data, plan, err := readHostsPlan(args[0])
			if err != nil {
				return err
			}
			of, err := o.of(data, plan, o.externalName)
			if err != nil {
				return err
			}
			manifest, err := kube.Manifest(of)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(manifest)
			return err
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.Secret, "secret", "tqbench", "name of the secret")
	cmd.Flags().StringSliceVar(&o.externalName, "external-broker", nil, "broker that is no pod of the run, by `NAME`: its URL is in the secret")
	return cmd
}

func kubeRunCmd() *cobra.Command {
	var o kubeOptions
	var out string
	var patience time.Duration
	var by kube.Kubectl
	at := urlFlag{}
	cmd := &cobra.Command{
		Use: "run PLAN", Short: "Run a plan on a cluster by kubectl, and fetch the results", Args: takes("PLAN"),
		Long: "Make the objects that tqbench kube manifest prints, and a secret, by the kubectl of PATH; follow the run; fetch its output folder; and delete the\n" +
			"objects. Ctrl-C fetches what was measured, and deletes them as well; during the last fetch, it leaves them for you to fetch the results.",
		RunE: func(cmd *cobra.Command, args []string) error {
			data, plan, err := readHostsPlan(args[0])
			if err != nil {
				return err
			}
			if err := only(at, urlFlagName, "URL", plan.Brokers); err != nil {
				return err
			}
			maps.DeleteFunc(at, func(name, _ string) bool { return !slices.Contains(plan.Brokers, name) })
			if err := runner.CheckURLs(plan.Brokers, at, owned(cmd)); err != nil {
				return err
			}
			if err := shared(plan.Brokers, at); err != nil {
				return err
			}
			of, err := o.of(data, plan, slices.Sorted(maps.Keys(at)))
			if err != nil {
				return err
			}
			of.Secret = of.Name + "-run"
			if _, err := kube.Manifest(of); err != nil {
				return err
			}
			lock, _, err := takePlan(plan, out, false, "a run on a cluster can't be resumed: choose another folder with --out")
			if err != nil {
				return err
			}
			defer lock.Release()
			values := map[string]string{kube.TokenKey: rand.Text(), kube.PasswordKey: rand.Text()}
			for name, url := range at {
				values[kube.URLKey(name)] = url
			}
			run := kube.Run{Options: of, Values: values, Out: out, Patience: patience, Log: cmd.ErrOrStderr(), Tell: logTo(cmd.ErrOrStderr()),
				Making: func(toDelete string) {
					leaves(cmd.Context(), "what is still in the cluster is not fetched; to delete the objects of the run: "+toDelete)
				}}
			if err := run.Do(cmd.Context(), by); err != nil {
				return interruptedRun(cmd, out, err)
			}
			leaves(cmd.Context(), "")
			a, err := resultsOf(cmd, out)
			if err != nil {
				return err
			}
			return valid(a, false)
		},
	}
	o.flags(cmd)
	outFlag(cmd, &out)
	fromEnv(at, "URL")
	cmd.Flags().Var(at, urlFlagName, "a broker that is no pod of the run, `NAME=URL` (safer: "+urlEnv("NAME")+", which process lists don't show)")
	ownFlag(cmd)
	cmd.Flags().StringVar(&by.Context, "context", "", "context of kubectl's configuration")
	cmd.Flags().StringVarP(&by.Namespace, "namespace", "n", "", "namespace of the run")
	cmd.Flags().DurationVar(&patience, "node-wait", 5*time.Minute, "how long a pod may wait for a node")
	return cmd
}
