package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/docs/schema"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/suite"
)

// initialFile is init's default scenario file.
const initialFile = "my-load.yaml"

// largestSchema is the maximum size of a schema that may be replaced, in bytes.
const largestSchema = 16 << 20

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
			if !isScenarioFile(path) {
				return fmt.Errorf("%w: %s: name a file that ends with .yaml", errUsage, path)
			}
			data, err := schema.Read("scenario")
			if err != nil {
				return err
			}
			at := filepath.Join(filepath.Dir(path), "scenario.schema.json")
			if err := checkSchema(at, data); err != nil {
				return err
			}
			if err := writeNew(path, suite.Initial()); err != nil {
				return err
			}
			if err := atomicfile.WriteBytes(at, data); err != nil {
				return fmt.Errorf("write %s: %w", at, err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is a load to start from. Change it, then: tqbench quick --scenario %s\n", path, path)
			return err
		},
	}
}

// checkSchema refuses to replace a file that isn't a scenario's schema, of this tqbench or another.
func checkSchema(path string, ours []byte) error {
	there, err := regular.Read(path, regular.Limit{Kind: "a schema", Bytes: largestSchema})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w: read %s: %w", errUsage, path, err)
	}
	id := func(data []byte) string {
		var of struct {
			ID string `json:"$id"`
		}
		_ = json.Unmarshal(data, &of) // what is no JSON has none
		return of.ID
	}
	if id(there) != id(ours) {
		return fmt.Errorf("%w: %s exists already, and is no schema of tqbench's: choose a file in another folder", errUsage, path)
	}
	return nil
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
