package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/bundle"
	"github.com/tqbench/tqbench/bundle/verify"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/site"
	"github.com/tqbench/tqbench/runner"
)

// errRefused: a bundle isn't verified.
var errRefused = errors.New("not verified")

func bundleCmd() *cobra.Command {
	o := bundle.Options{Out: defaultOut}
	cmd := &cobra.Command{
		Use: "bundle [folder]", Short: "Write a run into one file that others can check", Args: mostOne("folder"),
		Long: "Write plan, results and analysis of a run into one file, with the SHA-256 sum of each. The analysis is derived again from the\n" +
			"records. The same run gives the same bytes, and the file's name has its own sum. Check it with tqbench verify.\n" +
			"A run that was interrupted is refused unless --incomplete is given. A URL with a password and a private key are refused; paths of\n" +
			"your home folder are listed. docs/publishing.md has what each part is for.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Out = args[0]
			}
			w, err := bundle.Write(cmd.Context(), o)
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%w: %w: an earlier step has not run there (plan, run)", runner.ErrInput, err)
			}
			if err != nil {
				return err
			}
			out := text.NewWriter(cmd.OutOrStdout())
			fmt.Fprintf(out, "%s: %d of %d planned trials in %s, %d bytes\nSHA-256 %s\n", rel(w.Path), w.Kept, w.Planned, plural(len(w.Manifest.Files), "file"), w.Bytes, w.SHA256)
			if w.Signature != "" {
				fmt.Fprintf(out, "%s: its signature\n", rel(w.Signature))
			}
			if len(w.Places) > 0 {
				fmt.Fprintf(out, "It shows paths of this machine: %s\n", strings.Join(w.Places, ", "))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&o.To, "out", ".", "the `file`, or a folder that gets it under its own name")
	cmd.Flags().BoolVar(&o.Incomplete, "incomplete", false, "bundle a run that ended early, too: verify refuses it unless its time was up")
	cmd.Flags().StringVar(&o.Sign, "sign", "", "sign it with this SSH `key`, by ssh-keygen: the signature is FILE.sig")
	return cmd
}

func verifyCmd() *cobra.Command {
	var o verify.Options
	cmd := &cobra.Command{
		Use: "verify FILE", Short: "Check a bundle: derive its plan, counts and analysis again", Args: takes("FILE"),
		Long: "Check a file of tqbench bundle. Each line is one finding: ok, note, unchecked or refused.\n" +
			"The sums of all files, the plan from suite and seed, the trials of the plan, the count of each trial's tasks, the versions, and the\n" +
			"analysis, derived again from the records and compared bit for bit. FILE.sig is its signature, if there is one.\n" +
			"What another version of tqbench made otherwise is unchecked: check it with that version.\n\n" +
			"Exit codes: 0 verified, 1 refused or unchecked, 2 not a bundle.",
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := verify.File(cmd.Context(), args[0], o)
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			if err != nil {
				return err
			}
			return showVerified(cmd, r)
		},
	}
	cmd.Flags().StringVar(&o.Allowed, "allowed-signers", "", "`file` of allowed signers, as ssh-keygen reads it: the bundle must be signed by one of them")
	return cmd
}

// showVerified prints what was found in a bundle.
func showVerified(cmd *cobra.Command, r verify.Report) error {
	out := text.NewWriter(cmd.OutOrStdout())
	fmt.Fprintf(out, "SHA-256 %s, made by tqbench %s\n", r.Bundle.SHA256, r.Bundle.Manifest.Tqbench.Version)
	for _, f := range r.Findings {
		fmt.Fprintf(out, "%-9s  %-10s  %s\n", f.Outcome, f.Check, f.Text)
	}
	if !r.Verified() {
		why := append(r.Of(verify.Wrong), r.Of(verify.Unchecked)...)
		return fmt.Errorf("%w: %s: %s: %s", errRefused, plural(len(why), "reason"), why[0].Check, why[0].Text)
	}
	fmt.Fprintln(out, "verified")
	return nil
}

func siteCmd() *cobra.Command {
	var o site.Options
	var out string
	cmd := &cobra.Command{
		Use: "site FOLDER", Short: "Make a page of the bundles in a folder", Args: takes("FOLDER"),
		Long: "Verify every bundle (*.tar.gz) below a folder, and write a static page of their ratios by queue, broker and load, each with its interval\n" +
			"and how far it can be trusted: self-reported, verified, or reproduced by another signer. Refused bundles are listed with the reason.\n" +
			"docs/publishing.md has the rules.",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Folder = args[0]
			s, err := site.Write(cmd.Context(), o, out)
			if err != nil {
				return err
			}
			w := text.NewWriter(cmd.OutOrStdout())
			for _, l := range s.LeftOut {
				fmt.Fprintf(w, "left out: %s: %s\n", l.File, l.Why)
			}
			fmt.Fprintf(w, "%s: %s, %s\n", rel(filepath.Join(out, site.PageName)), plural(len(s.Entries), "bundle"), plural(len(s.Cells), "row"))
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "site", "the page's folder")
	cmd.Flags().StringVar(&o.Allowed, "allowed-signers", "", "`file` of allowed signers: only their bundles can reproduce each other's")
	return cmd
}
