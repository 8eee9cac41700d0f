package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/docs/schema"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/suite"
)

// initialFile is init's default scenario file.
const initialFile = "my-load.yaml"

// initCmd writes a scenario file to start from, and its schema, which its first line names.
func initCmd() *cobra.Command {
	return &cobra.Command{
		Use: "init [FILE]", Short: "Write a scenario file to start from", Args: mostOne("FILE"),
		Long: "Write a scenario file with comments (by default " + initialFile + "), and its JSON Schema next to it, with\n" +
			"which editors complete and check it. Existing files are kept.",
		RunE: func(cmd *cobra.Command, args []string) error {
			path := initialFile
			if len(args) > 0 {
				path = args[0]
			}
			if err := writeNew(path, suite.Initial()); err != nil {
				return err
			}
			data, err := schema.Read("scenario")
			if err != nil {
				return err
			}
			schema := filepath.Join(filepath.Dir(path), "scenario.schema.json")
			write := func(w io.Writer) error { _, err := w.Write(data); return err }
			if err := atomicfile.Write(schema, write); err != nil {
				return fmt.Errorf("write %s: %w", schema, err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is a load to start from. Change it, then: tqbench quick --scenario %s\n", path, path)
			return err
		},
	}
}

// writeNew writes a file that doesn't exist yet.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w: %s exists already: choose another file", errUsage, path)
	case err != nil:
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(path))
	}
	return nil
}
