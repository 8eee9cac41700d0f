package analysis

import (
	"strings"
	"testing"

	"github.com/tqbench/tqbench/suite"
)

// A run in an image is repeated in that image, unless it had files that only its user has.
func TestTheDaggerCommandNamesTheImage(t *testing.T) {
	t.Parallel()
	const image = "debian:trixie-slim@sha256:00"
	arms := []suite.Arm{{Name: "celery/prefork", Contender: "celery/prefork"}}
	plan := suite.Plan{Seed: 3, Scale: 0.5, Blocks: 6, Brokers: []string{"redis", "valkey", "postgres@18"}, Arms: arms, Profile: "cpu",
		Scenarios: []suite.Scenario{{Name: "throughput", Arms: []string{"celery/prefork"}}}}
	want := "dagger call --base-image debian:trixie-slim@sha256:00 with-server --name postgres@18 plan --scenario throughput " +
		"--broker REDIS,VALKEY --contender celery/prefork --blocks 6 --scale 0.5 --seed 3 --profile CPU run report export --path report"
	if got := daggerCommand(plan, image); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	soak := plan
	soak.Scenarios = []suite.Scenario{{Name: "soak", Measure: suite.Soak, Phases: []suite.Phase{{Rate: 200}, {Rate: 200, Tasks: 18_000, Fixed: true}}}}
	if got := daggerCommand(soak, image); !strings.Contains(got, " --soak 1m30s ") || strings.Contains(got, "--for") {
		t.Errorf("a soak of 90 seconds: %s", got)
	}
	if got := daggerCommand(plan, ""); got != "" {
		t.Errorf("outside of an image: %s", got)
	}
	plan.Folders = []suite.Folder{{Framework: "mine", Path: "./mine"}}
	if got := daggerCommand(plan, image); got != "" {
		t.Errorf("with a folder of the user: %s", got)
	}
	plan.Folders, plan.Scenarios[0].Own = nil, &suite.Own{}
	if got := daggerCommand(plan, image); got != "" {
		t.Errorf("with an application of the user: %s", got)
	}
}

// A release from a repository or a wheel is named by that, as its own name has a hash that nothing finds.
func TestTheCommandNamesWhereAReleaseComesFrom(t *testing.T) {
	t.Parallel()
	plan := suite.Plan{
		Seed: 1, Scale: 0.1, Blocks: 8, Brokers: []string{"redis"}, Scenarios: []suite.Scenario{{Name: "throughput"}},
		Arms:   []suite.Arm{{Name: suite.Base, Contender: "rq/worker@git-ab"}, {Name: suite.Change, Contender: "rq/worker@whl-cd"}},
		Growth: &suite.Growth{First: 8, Max: 40}, Gate: &suite.Gate{FailIf: []string{"throughput < -5%"}},
		Sources: []suite.Source{
			{Framework: "rq", Release: "git-ab", From: "file:///src/rq", Revision: "main", Commit: "abcd"},
			{Framework: "rq", Release: "whl-cd", From: "/dist/rq.whl", SHA256: "cd"},
		},
	}
	const want = "tqbench gate --scenario throughput --broker redis --contender rq/worker --base git+file:///src/rq@abcd --change /dist/rq.whl " +
		"--fail-if 'throughput < -5%' --scale 0.1 --seed 1 --max-blocks 40 --within 0s"
	if got := command(plan, nil); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := daggerCommand(plan, "debian:trixie-slim@sha256:00"); got != "" {
		t.Errorf("the module has no gate: %s", got)
	}
}
