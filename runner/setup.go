package runner

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/machine"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// prepareArm builds what an arm needs and notes its set-up.
func (s *session) prepareArm(ctx context.Context, arm suite.Arm, urls map[string]string, info *results.Run) error {
	c, err := s.catalog.Find(arm.Contender)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInput, err)
	}
	env, err := s.env(ctx, c)
	if err != nil {
		return err
	}
	for _, b := range s.plan.Brokers {
		for _, sc := range s.plan.Scenarios {
			if !slices.Contains(s.plan.Sides(sc, b), arm) {
				continue
			}
			addSoftware(info, s.software(c, arm, sc, env)...)
			setup, err := c.Setup(s.target(env, sc, arm.Name, b, urls[b], 0))
			if err != nil {
				return fmt.Errorf("%w: %w", ErrInput, err)
			}
			app, own := s.apps[s.appKey(c, arm)]
			version := env.Version(c.Framework())
			if own {
				version = app.Version
				setup.Settings = append(setup.Settings, s.appSettings(app, arm)...)
			}
			ofRelease, err := s.releaseSettings(c, sc)
			if err != nil {
				return err
			}
			setup.Settings = append(setup.Settings, ofRelease...)
			if s.plan.RTT > 0 {
				setup.Settings = append(setup.Settings, rttSetting(time.Duration(s.plan.RTT)))
			} else if sc.Linked() {
				setup.Settings = append(setup.Settings, linkSetting())
			}
			language, licence := contender.Terms(c)
			row := results.Setup{Arm: arm.Name, Contender: arm.Contender, Broker: b, Scenario: sc.Name, Framework: c.Framework(), Version: version,
				Language: language, Licence: licence, Delivery: setup.Delivery, Guarantee: setup.Guarantee, Caveat: setup.Caveat, Recovery: sc.Said(setup.Recovery),
				Settings: setup.Settings,
				Command:  contender.Shown(setup.Commands[0], env), Instances: len(setup.Commands)}
			info.Contenders = append(info.Contenders, row)
		}
	}
	return nil
}

// env builds a contender's environment, once.
func (s *session) env(ctx context.Context, c contender.Contender) (env workers.Env, err error) {
	if env, ok := s.envs[environment(c)]; ok {
		return env, nil
	}
	if dir, outside := contender.Outside(c); outside {
		env, err = s.Builder.BuildFolder(ctx, dir)
	} else if r, chosen := contender.Release(c); chosen {
		env, err = s.release(ctx, r)
	} else {
		env, err = s.Builder.Build(ctx, c.Framework())
	}
	if err == nil {
		s.envs[environment(c)] = env
	}
	return env, err
}

// target is where a trial runs; its number is 0 where only the settings are asked for.
func (s *session) target(env workers.Env, sc suite.Scenario, arm, brokerName, url string, trial int) contender.Target {
	queue, apart := "tqbench", ""
	if s.URLs[brokerName] != "" {
		// On a shared broker, no two runs share a queue.
		apart = space(s.info.ID)
		queue = apart
		if brokername.Family(brokerName) == "sqs" && trial > 0 {
			// AWS keeps a deleted queue's name, and may lose what is sent to it, for a minute.
			queue = fmt.Sprintf("%s-%04d", apart, trial)
		}
	}
	var own *contender.Own
	if sc.Own != nil {
		here := sc.Own.Of(arm)
		own = &contender.Own{App: here.Apps[env.Name], Path: here.Path, Python: here.Python, Env: s.envOf(arm)}
		if own.Python != "" {
			env.Python = own.Python
		}
	}
	var queues []string
	for _, q := range sc.Queues() {
		queues = append(queues, queue+"-"+q)
	}
	if len(queues) > 0 {
		queue = queues[0]
	}
	return contender.Target{Own: own, Env: env, Broker: brokername.Family(brokerName), Quorum: brokername.Quorum(brokerName), Product: s.product(brokerName), URL: url, Queue: queue, Queues: queues, Space: apart,
		Processes: sc.Processes, Concurrency: sc.Concurrency, Defaults: s.plan.Defaults, Events: sc.Events, CPUs: machine.Online(), WorkerCPUs: cmp.Or(len(s.cpus), runtime.NumCPU())}
}

// product is the broker's real product.
func (s *session) product(name string) string {
	for _, b := range s.info.Brokers {
		if b.Name == name {
			return b.Product
		}
	}
	return ""
}
