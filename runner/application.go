package runner

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
	"github.com/tqbench/tqbench/workers"
)

// CheckApps loads each of a plan's own applications in its interpreter, and refuses one that can't be loaded, an unknown task, and arguments
// that the task doesn't take. It takes a second, and the run would fail later for the same reason.
func CheckApps(ctx context.Context, plan suite.Plan, builder *workers.Builder, env map[string]string, sides map[string]map[string]string) error {
	catalog, err := contender.NewCatalog(plan.Paths()...)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInput, err)
	}
	s := &session{Options: Options{Builder: builder, AppEnv: env, SideEnv: sides}, plan: plan, catalog: catalog, envs: map[string]workers.Env{}}
	return s.inspectApps(ctx)
}

// appKey names the application of an arm: all arms of a framework share one, unless it is a gate's.
func (s *session) appKey(c contender.Contender, arm suite.Arm) string {
	if s.plan.Gate != nil {
		return arm.Name
	}
	return c.Framework()
}

// envOf are the variables of an arm's application.
func (s *session) envOf(arm string) map[string]string {
	out := maps.Clone(s.AppEnv)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, s.SideEnv[arm])
	return out
}

// envNames are the names of all variables of the applications, sorted.
func (s *session) envNames() []string {
	all := map[string]bool{}
	for _, arm := range s.plan.Arms {
		for name := range s.envOf(arm.Name) {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// sideNames are the names of the variables that single sides have in addition, sorted. One may be a variable of both sides with another
// value, so envNames doesn't show whether a side still has it.
func (s *session) sideNames() map[string][]string {
	var out map[string][]string
	for arm, env := range s.SideEnv {
		if len(env) == 0 {
			continue
		}
		if out == nil {
			out = map[string][]string{}
		}
		out[arm] = slices.Sorted(maps.Keys(env))
	}
	return out
}

// inspectApps loads each application of the plan, once.
func (s *session) inspectApps(ctx context.Context) error {
	s.apps = map[string]trial.Application{}
	for _, sc := range s.plan.Scenarios {
		if sc.Own == nil {
			continue
		}
		for _, arm := range s.plan.Arms {
			c, err := s.catalog.Find(arm.Contender)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrInput, err)
			}
			if _, done := s.apps[s.appKey(c, arm)]; done {
				continue
			}
			for _, b := range s.plan.Brokers {
				if err := s.inspectApp(ctx, c, arm, sc, b); err != nil {
					if s.plan.Gate != nil {
						err = fmt.Errorf("%s: %w", arm.Name, err)
					}
					return err
				}
			}
		}
	}
	return nil
}

// inspectApp loads an application as it is on a broker: its interpreter may lack the client of one.
func (s *session) inspectApp(ctx context.Context, c contender.Contender, arm suite.Arm, sc suite.Scenario, b string) error {
	if contender.Supports(c, b) != nil {
		return nil // the plan has no such trial
	}
	env, err := s.env(ctx, c)
	if err != nil {
		return err
	}
	app, err := trial.Inspect(ctx, c, s.target(env, sc, arm.Name, b, contender.Nowhere(brokername.Family(b)), 0), sc.Own.Tasks[c.Framework()], sc.Own.Calls)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrInput, err)
	}
	s.apps[s.appKey(c, arm)] = app
	if app.Unlike != "" && s.byClient == "" {
		s.byClient = app.Unlike
		if len(sc.Own.Apps) > 1 {
			s.byClient = c.Title() + ": " + app.Unlike
		}
	}
	return nil
}

// sending is a scenario as it is sent: by the frameworks' own clients where the wire producer can't make one application's messages.
func (s *session) sending(sc suite.Scenario) suite.Scenario {
	if sc.Own == nil || s.byClient == "" {
		return sc
	}
	sc.Phases = slices.Clone(sc.Phases)
	for i := range sc.Phases {
		sc.Phases[i].Producer = suite.Client
	}
	return sc
}

// appSettings are the settings that an application's set-up has in addition.
func (s *session) appSettings(app trial.Application, arm suite.Arm) []results.Setting {
	out := []results.Setting{{Name: "interpreter", Value: "CPython " + app.Python, Why: "the application's (--app-python), or tqbench's own"}}
	if names := slices.Sorted(maps.Keys(s.envOf(arm.Name))); len(names) > 0 {
		out = append(out, results.Setting{Name: "variables of the application", Value: strings.Join(names, ", "), Default: "none", Why: "given by --app-env and --app-env-file"})
	}
	if s.byClient != "" {
		out = append(out, results.Setting{Name: "producer", Value: "the framework's own client", Default: "tqbench's wire producer", Why: s.byClient})
	}
	return append(out, app.Settings...)
}

// software is what runs a contender's tasks in a scenario: the packages of its environment, or those of the interpreter of the user's own
// application.
func (s *session) software(c contender.Contender, arm suite.Arm, sc suite.Scenario, env workers.Env) []results.Software {
	app, own := s.apps[s.appKey(c, arm)]
	if !own || sc.Own == nil || sc.Own.Of(arm.Name).Python == "" {
		return env.Versions
	}
	return append([]results.Software{{Name: "cpython", Version: app.Python}}, app.Packages...)
}
