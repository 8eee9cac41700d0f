package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/internal/github"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/runner"
)

func gateGithubCmd() *cobra.Command {
	var out, name string
	var comment bool
	code := -1
	cmd := &cobra.Command{
		Use: "github [folder]", Short: "Show a finished gate on GitHub, from a step of a workflow", Args: mostOne("folder"),
		Long: "Show what a gate decided: a comment on the pull request, which later runs update, the step's summary, an annotation for each\n" +
			"threshold that doesn't pass, and the output outcome. The runner's variables say where. GITHUB_TOKEN must be set for the comment;\n" +
			"without permission to write it, as for a fork's pull request, the rest is shown anyway.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := finishedRun(cmd, args, &out); err != nil {
				return err
			}
			g, err := gate.Read(out)
			switch {
			case errors.Is(err, fs.ErrNotExist) && code >= 0:
				return showMarkdown(cmd, github.FromEnvironment(), name, comment, fmt.Sprintf("## Task queue benchmark: change against base\n\n"+
					"**No result: the gate ended with exit code %d.** The log of its step has the reason.\n", code))
			case errors.Is(err, fs.ErrNotExist):
				return fmt.Errorf("%w: %s has no gate: run tqbench gate --out %s first", runner.ErrInput, rel(out), rel(out))
			case err != nil:
				return err
			}
			return showOnGithub(cmd, github.FromEnvironment(), g, name, comment)
		},
	}
	cmd.Flags().StringVar(&out, "out", defaultGateOut, "output folder")
	cmd.Flags().StringVar(&name, "name", "gate", "name of the comment, if several gates comment on one pull request")
	cmd.Flags().BoolVar(&comment, "comment", true, "write the comment")
	cmd.Flags().IntVar(&code, "exit-code", code, "exit `code` of the gate: without a result, that is shown")
	return cmd
}

// showOnGithub shows a gate in a step of a workflow.
func showOnGithub(cmd *cobra.Command, step github.Step, g gate.Gate, name string, comment bool) error {
	var table bytes.Buffer
	if err := report.GateMarkdown(&table, g); err != nil {
		return err
	}
	if err := step.Set("outcome", g.Outcome); err != nil {
		return fmt.Errorf("show the gate: %w", err)
	}
	if err := annotate(cmd.OutOrStdout(), g); err != nil {
		return err
	}
	return showMarkdown(cmd, step, name, comment, table.String())
}

// showMarkdown shows Markdown in the step's summary, and in the comment on the pull request with what it is of.
func showMarkdown(cmd *cobra.Command, step github.Step, name string, comment bool, markdown string) error {
	if err := step.Summarise(markdown); err != nil {
		return fmt.Errorf("show the gate: %w", err)
	}
	if !comment {
		return nil
	}
	request, err := step.PullRequest()
	switch {
	case err != nil:
		return err
	case request.Number == 0:
		fmt.Fprintln(cmd.ErrOrStderr(), "no comment: the event is of no pull request")
		return nil
	}
	// A later push may be measured at the same time, or not at all.
	if request.Commit != "" {
		markdown += "\nMeasured for commit " + request.Commit
		if run := step.Run(); run != "" {
			markdown += " by [this run](" + run + ")"
		}
		markdown += ".\n"
	}
	err = step.Comment(cmd.Context(), request.Number, name, markdown)
	if errors.Is(err, github.ErrComment) && cmd.Context().Err() == nil {
		return github.Annotate(cmd.OutOrStdout(), "warning", "tqbench gate", oneLine(err))
	}
	return err
}

// annotate has an annotation for each threshold that doesn't pass.
func annotate(w io.Writer, g gate.Gate) error {
	levels := map[string]string{regress.Fails: "error", gate.Spoiled: "error", regress.CantTell: "notice"}
	for _, d := range g.Decisions {
		if level := levels[d.Outcome]; level != "" {
			if err := github.Annotate(w, level, "tqbench gate: "+d.Outcome, d.Threshold+": "+report.GateDecisionWords(d)); err != nil {
				return err
			}
		}
	}
	return nil
}
