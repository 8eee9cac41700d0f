// Command dagger-go runs a plan in tqbench's own containers and prints the deciding verdicts, one per line.
//
// It connects to a Dagger engine, loads tqbench's module, and asks it for the analysis of a run. Progress goes to the standard error.
//
//	go run . MODULE --scenario throughput --broker redis --within 3m
//
// MODULE is the path or the address of tqbench's repository.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"dagger.io/dagger"
)

func main() {
	flags := flag.NewFlagSet("dagger-go", flag.ExitOnError)
	scenario := flags.String("scenario", "1", "scenario by number or name")
	broker := flags.String("broker", "redis", "broker")
	within := flags.String("within", "3m", "how long the run may take")
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: dagger-go MODULE [--scenario NAME] [--broker NAME] [--within TIME]")
		os.Exit(2)
	}
	_ = flags.Parse(os.Args[2:]) // it exits by itself
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Stdout, os.Args[1], map[string]any{"scenario": []string{*scenario}, "broker": []string{strings.ToUpper(*broker)}, "within": *within})
	if err != nil {
		fmt.Fprintln(os.Stderr, "dagger-go:", err)
		os.Exit(1)
	}
}

// query asks for the analysis of a run of a plan. The engine does each step when something asks for what it makes.
const query = `query ($scenario: [String!], $broker: [TqbenchBrokerName!], $within: String) {
	tqbench { plan(scenario: $scenario, broker: $broker, within: $within) { run { analysis { file { contents } } } } }
}`

func run(ctx context.Context, w io.Writer, module string, options map[string]any) error {
	client, err := dagger.Connect(ctx, dagger.WithLogOutput(os.Stderr))
	if err != nil {
		return fmt.Errorf("connect to an engine: %w", err)
	}
	defer client.Close()
	if err := client.ModuleSource(module).AsModule().Serve(ctx); err != nil {
		return fmt.Errorf("load the module %s: %w", module, err)
	}
	var answer struct {
		Tqbench struct {
			Plan struct {
				Run struct {
					Analysis struct {
						File struct{ Contents string }
					}
				}
			}
		}
	}
	if err := client.Do(ctx, &dagger.Request{Query: query, Variables: options}, &dagger.Response{Data: &answer}); err != nil {
		return fmt.Errorf("run the plan: %w", err)
	}
	return write(w, []byte(answer.Tqbench.Plan.Run.Analysis.File.Contents))
}

// side is one side of a comparison.
type side struct {
	Arm string `json:"arm"`
}

// ratio is candidate over baseline. Without blocks it is zero, and with one block it has no interval, which Confidence 0 says.
type ratio struct {
	Estimate   float64 `json:"estimate"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"`
}

func (r ratio) String() string {
	switch {
	case r.Estimate == 0:
		return ""
	case r.Confidence == 0:
		return fmt.Sprintf(": ratio %.2f, no interval", r.Estimate)
	}
	return fmt.Sprintf(": ratio %.2f (%.2f to %.2f)", r.Estimate, r.Low, r.High)
}

// write prints the verdicts that decide.
func write(w io.Writer, analysis []byte) error {
	var a struct {
		Comparisons []struct {
			Scenario  string `json:"scenario"`
			Broker    string `json:"broker"`
			Metric    string `json:"metric"`
			Deciding  bool   `json:"deciding"`
			Verdict   string `json:"verdict"`
			Baseline  side   `json:"baseline"`
			Candidate side   `json:"candidate"`
			Ratio     ratio  `json:"ratio"`
		} `json:"comparisons"`
	}
	if err := json.Unmarshal(analysis, &a); err != nil {
		return fmt.Errorf("read the analysis: %w", err)
	}
	for _, c := range a.Comparisons {
		if !c.Deciding {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s on %s, %s: %s against %s is %s%s\n", c.Scenario, c.Broker, c.Metric,
			c.Candidate.Arm, c.Baseline.Arm, c.Verdict, c.Ratio); err != nil {
			return err
		}
	}
	return nil
}
