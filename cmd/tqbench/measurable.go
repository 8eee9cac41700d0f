package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// measuring are the commands that measure, or start or make what measuring needs.
func measuring() []string {
	return []string{"quick", "run", "gate", "bisect", "selfcheck", "selfcheck aa", "selfcheck crash", "broker serve", "workers build", "collect", "agent"}
}

// measures reports whether a command is one of them.
func measures(cmd *cobra.Command) bool {
	_, name, _ := strings.Cut(cmd.CommandPath(), " ")
	return slices.Contains(measuring(), name)
}

// measurable refuses a system that can't measure.
func measurable(goos string) error {
	if goos == "linux" {
		return nil
	}
	return fmt.Errorf("measuring on %s: %w: it needs Linux's /proc: use Dagger (dagger call quick) or a Linux VM; "+
		"plan, analyze, report, compare, trend and serve work here", goos, errors.ErrUnsupported)
}
