package main

import (
	"fmt"
	"strconv"
	"strings"

	"dagger/tqbench/internal/dagger"
)

// Plan is the trials to run, in their order.
type Plan struct {
	// +private
	Bench *Tqbench
	// Inputs are the caller's files that the plan names.
	// +private
	Inputs *dagger.Directory
	// plan.json
	File *dagger.File
}

// inputs is where the caller's files are in containers.
const inputs = "/in"

// Plan lays out the trials: the same arguments give the same bytes.
func (m *Tqbench) Plan(
	// scenarios by number or name, or all (default: 1, or your own task)
	// +default=["1"]
	scenario []string,
	// brokers: redis, valkey, postgres, mysql, mariadb, rabbitmq, rabbitmq-quorum, sqs, or all (default: redis)
	// +default=["REDIS"]
	broker []BrokerName,
	// contenders, the baseline first; one named twice meets itself (default: each scenario's own)
	// +optional
	contender []string,
	// exact number of runs per contender; 0 is 6, and more while a verdict is open
	// +default=0
	blocks int,
	// how long the run may take
	// +default="2h0m0s"
	within string,
	// share of the scenarios' numbers of tasks and times; 0 is the largest that fits into the time
	// +default=0
	scale float64,
	// seed of the order of trials and of all random choices
	// +default=1
	seed int,
	// compare the frameworks as installed, not in the matched set-up
	// +default=false
	defaults bool,
	// maximum of blocks; 0 is the command's own
	// +default=0
	maxBlocks int,
	// add blocks until each deciding interval is within this distance of its estimate, such as 5%
	// +optional
	until string,
	// round-trip time to add between the broker and its clients, such as 2ms
	// +optional
	rtt string,
	// profile the workers: cpu, memory or none (default: none); such a run has no verdicts
	// +default="none"
	profile Profiling,
	// length of the soak, such as 8h
	// +optional
	soak string,
	// your own scenario file, in place of the scenarios
	// +optional
	scenarioFile *dagger.File,
	// folders of your own queues, each with a contender.yaml, after the named contenders
	// +optional
	queue []*dagger.Directory,
	// your own application in the app folder, FRAMEWORK=MODULE, such as celery=shop.queue:app
	// +optional
	module []string,
	// your own task, by its framework's name for it
	// +optional
	task []string,
	// your task's arguments: an array of argument lists
	// +optional
	calls *dagger.File,
	// tasks per second of the paced phase of your own task; 0 is the command's own
	// +default=0
	rate int,
	// largest number of workers of the scenario scaling; 0 is one for each CPU
	// +default=0
	upTo int,
	// run the workers on this many other machines, see kube-run; 0 is this one
	// +default=0
	workerHosts int,
	// send the load from this many other machines, which share it
	// +default=0
	loadHosts int,
	// swarm: each of hosts machines runs workers and sends load (default: workers and load are on different machines)
	// +optional
	topology string,
	// machines of a swarm
	// +default=0
	hosts int,
) *Plan {
	in := dag.Directory()
	if scenarioFile != nil {
		in = in.WithFile("scenario.yaml", scenarioFile)
		scenario = []string{inputs + "/scenario.yaml"}
	}
	for i, folder := range queue {
		name := fmt.Sprintf("queue-%d", i+1)
		in = in.WithDirectory(name, folder)
		contender = append(contender, inputs+"/"+name)
	}
	args := []string{"tqbench", "plan", "--out", "/out", "--broker", strings.Join(append(listed(broker), m.Servers...), ","), "--seed", strconv.Itoa(seed)}
	if calls != nil {
		in = in.WithFile("calls.json", calls)
		args = append(args, "--calls", inputs+"/calls.json")
	}
	add := func(given bool, flag, value string) {
		if given {
			args = append(args, flag+"="+value)
		}
	}
	if len(module) > 0 {
		args = append(args, "--app-path", appFolder)
	}
	add(len(module) == 0, "--scenario", strings.Join(scenario, ",")) // a task of one's own replaces it
	for _, s := range module {
		add(true, "--app", s)
	}
	for _, s := range task {
		add(true, "--task", s)
	}
	add(len(contender) > 0, "--contender", strings.Join(contender, ","))
	add(blocks > 0, "--blocks", strconv.Itoa(blocks))
	add(maxBlocks > 0, "--max-blocks", strconv.Itoa(maxBlocks))
	add(within != "", "--within", within)
	add(scale > 0, "--scale", fmt.Sprint(scale))
	add(until != "", "--until", until)
	add(rtt != "", "--rtt", rtt)
	add(profile == CPU || profile == Memory, "--profile", string(profile))
	add(soak != "", "--for", soak)
	add(rate > 0, "--rate", strconv.Itoa(rate))
	add(upTo > 0, "--up-to", strconv.Itoa(upTo))
	add(workerHosts > 0, "--worker-hosts", strconv.Itoa(workerHosts))
	add(loadHosts > 0, "--load-hosts", strconv.Itoa(loadHosts))
	add(topology != "", "--topology", topology)
	add(hosts > 0, "--hosts", strconv.Itoa(hosts))
	add(defaults, "--defaults", "true")
	return &Plan{Bench: m, Inputs: in, File: m.withInputs(m.tool(), in).WithExec(args).File("/out/plan.json")}
}

// withInputs gives a container the caller's files, where plans expect them.
func (m *Tqbench) withInputs(c *dagger.Container, in *dagger.Directory) *dagger.Container {
	c = c.WithDirectory(inputs, in)
	if m.App != nil {
		c = c.WithDirectory(appFolder, m.App)
	}
	return c
}
